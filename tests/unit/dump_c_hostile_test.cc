// What a C header of a spoiled or hostile BTF comes to: an end, soon, and with a reason.
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "emit/c/dump_c.h"
#include "emit/c/odd_strings.h"
#include "support/btf_samples.h"

namespace btfx {

TEST_CASE("Chains of references that lead nowhere are cycles") {
  for (const Kind kind : {Kind::typedef_, Kind::const_, Kind::ptr, Kind::type_tag}) {
    BtfBuilder b;
    b.add(kind, kind == Kind::ptr || kind == Kind::const_ ? "" : "a", 2);
    b.add(kind, kind == Kind::ptr || kind == Kind::const_ ? "" : "b", 1);
    StringOutput out;
    Diagnostics diagnostics;
    for (const bool sorted : {false, true}) {
      const auto caught = test::error_of([&] { dump_c(*b.build(), {.sorted = sorted}, out, diagnostics); });
      CHECK(caught.sentence == "unsatisfiable type cycle");
    }
  }
}

TEST_CASE("Chains that are too long to follow are refused before the stack ends") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  for (std::uint32_t i = 1; i < 100000; ++i) b.add(Kind::const_, {}, i);
  b.add_composite(Kind::struct_, "s", 4);
  b.add_member("m", TypeId{100000}, 0);
  StringOutput out;
  Diagnostics diagnostics;
  const auto caught =
      test::error_of([&] { dump_c(*b.build(), {.roots = std::vector{TypeId{100001}}}, out, diagnostics); });
  CHECK(caught.sentence == "types are nested too deeply");
}

TEST_CASE("Declarators of any depth are written whole") {
  constexpr std::uint32_t depth = 2000;
  const auto member_of = [](Kind kind) {
    BtfBuilder b;
    TypeId inner = b.add_int("int", 4, 1);
    for (std::uint32_t i = 0; i < depth; ++i) {
      inner = kind == Kind::array ? b.add(kind, {}, 0, {raw(inner), 1, 1}) : b.add_ptr(b.add(kind, {}, raw(inner)));
    }
    const TypeId top = b.add_composite(Kind::struct_, "s", 8);
    b.add_member("m", inner, 0);
    StringOutput out;
    Diagnostics diagnostics;
    dump_c(*b.build(), {.roots = std::vector{top}}, out, diagnostics);
    const std::size_t begin = out.text().find("int ");
    return out.text().substr(begin, out.text().find(';', begin) - begin);
  };
  const auto repeated = [](std::string_view text) {
    std::string all;
    for (std::uint32_t i = 0; i < depth; ++i) all += text;
    return all;
  };
  CHECK(member_of(Kind::array) == "int m" + repeated("[1]"));
  CHECK(member_of(Kind::func_proto) == "int" + repeated(" (*") + "m" + repeated(")(void)"));
}

TEST_CASE("Types that would take forever to write out are refused") {
  BtfBuilder b;
  TypeId inner = b.add_int("int", 4, 1);
  for (int i = 0; i < 60; ++i) {  // each level holds the one below twice: 2^60 members
    const TypeId level = b.add_composite(Kind::struct_, {}, 8);
    b.add_member("a", inner, 0);
    b.add_member("b", inner, 0);
    inner = level;
  }
  b.add_composite(Kind::struct_, "top", 8);
  b.add_member("m", inner, 0);
  class Sink : public Output {
   public:
    void write(std::string_view) override {}
  } out;
  Diagnostics diagnostics;
  const auto caught = test::error_of([&] { dump_c(*b.build(), {}, out, diagnostics); });
  CHECK(caught.sentence == "the types refer to each other in too many ways to write them out");
}

TEST_CASE("What cannot be part of a declaration is reported") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId var = b.add(Kind::var, "v", raw(int_id), {0});
  b.add_composite(Kind::struct_, "s", 4);
  b.add_member("m", var, 0);
  StringOutput out;
  Diagnostics diagnostics;
  dump_c(*b.build(), {.sorted = false}, out, diagnostics);
  CHECK(out.text().find("struct s {\n\t;\n};\n") != std::string::npos);
  REQUIRE(diagnostics.size() == 2);
  CHECK(diagnostics[0].text == "a VAR cannot be part of a declaration");
  CHECK(diagnostics[0].place.type_id == raw(var));
}

TEST_CASE("Kinds that nobody knows are refused before anything is written") {
  if constexpr (native_order == ByteOrder::big) return;
  std::vector<std::uint32_t> words{
      BtfHeader::magic | 1U << 16, 32, 0, 16, 16 + 84, 6, 16, 84, 1, 20U << 24, 99, 0xffff};
  for (std::uint32_t kind = 0; kind <= 20; ++kind) words.push_back(kind == 20 ? 4 : 0);
  std::string blob(reinterpret_cast<const char*>(words.data()), words.size() * 4);
  blob += std::string("\0name\0", 6);
  StringOutput out;
  Diagnostics diagnostics;
  const auto caught = test::error_of([&] { dump_c(*Btf::parse(Bytes::copy_of(blob)), {}, out, diagnostics); });
  CHECK(caught.code == ErrorCode::unsupported);
  CHECK(caught.message == "type 1: kind 20 is unknown, so it cannot be written as C");
  CHECK(out.text().empty());
}

TEST_CASE("No string with an odd character is missed, wherever it begins and however long it is") {
  std::mt19937 random(1);
  for (unsigned round = 0; round < 40; ++round) {
    BtfPtr base;
    for (unsigned part = 0; part < 2; ++part) {
      BtfBuilder b = base ? BtfBuilder(base) : BtfBuilder();
      for (unsigned i = 0; i < 40; ++i) {
        std::string name(random() % (i % 8 == 0 ? 1500 : 60) + 1, static_cast<char>('a' + i % 26));
        name += std::to_string(i * 2 + part);
        if (random() % 8 == 0) name[random() % name.size()] = '.';
        b.add(Kind::fwd, name, 0);
      }
      base = b.build();
      const OddStrings odd(*base);
      std::uint32_t missed = 0;
      bool holds = false;
      for (std::uint32_t at = base->string_end(); at-- != 0;) {
        const char c = *base->c_string(StringOffset(at));
        holds = c != '\0' && (holds || !is_identifier_character(c));
        missed += holds && !odd.may_hold(StringOffset(at));
      }
      CHECK(missed == 0);
    }
  }
}

TEST_CASE("Names far from odd strings are not looked at") {
  BtfBuilder b;
  for (unsigned i = 0; i < 200; ++i) b.add(Kind::fwd, "plain_" + std::to_string(i), 0);
  b.add(Kind::fwd, "odd.one", 0);
  for (unsigned i = 200; i < 400; ++i) b.add(Kind::fwd, "plain_" + std::to_string(i), 0);
  const BtfPtr btf = b.build();
  const OddStrings odd(*btf);
  std::uint32_t may = 0;
  for (TypeId id = btf->first_id(); id != btf->end_id(); ++id) may += odd.may_hold(btf->type(id).name_offset());
  CHECK(may >= 1);
  CHECK(may < 60);
}

}  // namespace btfx

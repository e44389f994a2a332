// What a C header of a spoiled or hostile BTF comes to: an end, soon, and with a reason.
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "emit/c/dump_c.h"
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

}  // namespace btfx

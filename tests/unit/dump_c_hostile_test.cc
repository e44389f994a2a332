// What a C header of a spoiled or hostile BTF comes to: an end, soon, and with a reason; and of types made at random:
// the same from several threads as from one.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "emit/c/draft.h"
#include "emit/c/dump_c.h"
#include "emit/c/shared_names.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

/// Makes thousands of types at random: many share their names or hold each other by value, some cannot be laid out in
/// C, and enums and composites without names are held by several.
class RandomTypes {
 public:
  /// Which names are no identifiers now and then.
  enum class Odd { none, of_members, all };

  explicit RandomTypes(unsigned seed, Odd odd = Odd::none) : odd_(odd), random_(seed) {
    for (const unsigned size : {1U, 2U, 4U, 8U}) remember(builder_.add_int("u" + std::to_string(8 * size), size), size);
    while (builder_.end_id() < TypeId{4000}) add_one();
  }
  [[nodiscard]] BtfPtr build() const { return builder_.build(); }

 private:
  struct Value {
    TypeId id;
    std::uint32_t size;
  };

  std::uint32_t below(std::uint32_t count) { return static_cast<std::uint32_t>(random_() % count); }
  std::string name(bool of_member = false) {
    static const std::vector<std::string> odd{"foo.bar", "foo_bar", "9lives", "_9lives", "foo bar"};
    if ((odd_ == Odd::all || (of_member && odd_ == Odd::of_members)) && below(100) == 0) return odd[below(5)];
    static const std::vector<std::string> shared{"foo", "bar", "class", "class_", "new", "size_t", "bool", "this"};
    if (below(12) == 0) return shared[below(static_cast<std::uint32_t>(shared.size()))];
    return "name" + std::to_string(below(10) == 0 ? below(4000) : raw(builder_.end_id()) * 100 + counter_++ % 100);
  }
  Value value() { return values_[below(static_cast<std::uint32_t>(values_.size()))]; }
  void remember(TypeId id, std::uint32_t size) { values_.push_back({id, size}); }

  void add_enum() {
    const bool is_named = below(2) == 0;
    const std::uint32_t size = below(20) == 0 ? 2 : 4;
    const TypeId id = builder_.add(Kind::enum_, is_named ? name() : "", size);
    for (std::uint32_t i = 0, n = 1 + below(3); i < n; ++i) builder_.add_enumerator(name(), i);
    remember(id, size);
  }
  void add_composite() {
    const bool is_union = below(4) == 0;
    std::vector<Value> members;
    for (std::uint32_t i = 0, n = below(5); i < n; ++i) members.push_back(value());
    std::uint32_t size = 0, end = 0;
    std::vector<std::uint32_t> places;
    for (const Value& member : members) {
      const std::uint32_t hole = below(10) == 0 ? 8 : below(40) == 0 ? 1 : 0;
      places.push_back(is_union ? 0 : (end + 7) / 8 * 8 + hole);
      end = is_union ? 0 : places.back() + member.size;
      size = std::max(size, places.back() + member.size);
    }
    size = below(30) == 0 ? size + 1 : (size + 7) / 8 * 8;
    if (size > 4096) return;
    const TypeId id =
        builder_.add_composite(is_union ? Kind::union_ : Kind::struct_, below(4) == 0 ? "" : name(), size);
    for (std::size_t i = 0; i < members.size(); ++i) {
      builder_.add_member(below(5) == 0 ? "" : name(true), members[i].id, 8 * places[i]);
    }
    remember(id, size);
  }
  void add_function() {
    const TypeId prototype = builder_.add(Kind::func_proto, "", raw(value().id));
    for (std::uint32_t i = 0, n = below(3); i < n; ++i) builder_.add_param("", value().id);
    remember(builder_.add_ptr(prototype), 8);
    if (below(3) != 0) return;
    const TypeId function = builder_.add(Kind::func, name(), raw(prototype), {}, 1);
    builder_.add(Kind::decl_tag, "bpf_kfunc", raw(function), {UINT32_MAX});
  }
  void add_one() {
    switch (below(8)) {
      case 0:
        return add_enum();
      case 1:
        return add_function();
      case 2: {
        const Value target = value();
        return remember(builder_.add(Kind::typedef_, name(), raw(target.id)), target.size);
      }
      case 3:
        return remember(builder_.add_ptr(value().id), 8);
      case 4: {
        const TypeId declared = builder_.add(Kind::fwd, name(), 0, {}, 0, below(2) == 0);
        return remember(builder_.add_ptr(declared), 8);
      }
      default:
        return add_composite();
    }
  }

  Odd odd_;
  std::mt19937 random_;
  BtfBuilder builder_;
  std::vector<Value> values_;
  std::uint32_t counter_ = 0;
};

/// The header and all messages.
std::string everything(const Btf& btf, const DumpCOptions& options, unsigned jobs) {
  StringOutput out;
  Diagnostics diagnostics;
  dump_c(btf, options, out, diagnostics, jobs);
  std::string text = out.text();
  for (const Diagnostic& diagnostic : diagnostics)
    text += fmt::format("{} {} {}\n", diagnostic.code.word(), diagnostic.text, diagnostic.place.type_id.value_or(0));
  return text;
}

}  // namespace

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

TEST_CASE("Types that would take forever to write out are refused", "[slow]") {
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

TEST_CASE("A header that several threads write has the bytes of one", "[threads]") {
  for (unsigned seed = 0; seed < 8; ++seed) {
    const BtfPtr btf = RandomTypes(seed, seed < 4   ? RandomTypes::Odd::none
                                         : seed < 6 ? RandomTypes::Odd::of_members
                                                    : RandomTypes::Odd::all)
                           .build();
    for (const bool sorted : {true, false}) {
      for (const bool cplusplus : {false, true}) {
        CAPTURE(seed, sorted, cplusplus);
        const DumpCOptions options{.sorted = sorted, .cplusplus = cplusplus};
        const std::string one = everything(*btf, options, 1);
        CHECK(one.find("foo___2") != std::string::npos);
        CHECK(everything(*btf, options, 2) == one);
        CHECK(everything(*btf, options, 4) == one);
      }
    }
  }
}

TEST_CASE("Numbers that get a definition are called the same by several threads as by one", "[threads]") {
  BtfBuilder b;
  b.add_int("__Poly8_t", 1);
  b.add_int("__Poly8_t", 1, 1);
  b.add_composite(Kind::struct_, "s", 2);
  b.add_member("a", TypeId{1}, 0);
  b.add_member("b", TypeId{2}, 8);
  const BtfPtr btf = b.build();
  for (const bool sorted : {true, false}) {
    const std::string one = everything(*btf, {.sorted = sorted}, 1);
    CHECK(one.find("__Poly8_t___2 b;") != std::string::npos);
    CHECK(everything(*btf, {.sorted = sorted}, 4) == one);
  }
}

TEST_CASE("What is too long to be written ahead is soon not tried any more") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "s", 4 * 4000);
  for (std::uint32_t i = 0; i < 4000; ++i) b.add_member(std::string(100, 'm') + std::to_string(i), TypeId{1}, 32 * i);
  const BtfPtr btf = b.build();
  const DumpCOptions options;
  Alignments alignments(*btf);
  const SharedNames shared(*btf);
  DraftWriter writer(*btf, options, alignments, shared);
  std::size_t tried = 0;
  for (unsigned i = 0; i < 100; ++i) {
    Draft draft;
    draft.steps.push_back({.id = TypeId{2}, .form = CStep::Form::definition});
    writer.write(draft);
    tried += draft.parts.size();
    CHECK((draft.parts.empty() || !draft.parts.front().is_written));
  }
  CHECK(tried > 0);
  CHECK(tried < 20);
}

TEST_CASE("Names of several words keep types from being written ahead, but those of numbers do not") {
  const auto are_identifiers = [](Kind kind, std::string_view name) {
    BtfBuilder b;
    b.add_int("long unsigned int", 8);
    b.add(kind, name, 1);
    const BtfPtr btf = b.build();
    return SharedNames(*btf).are_identifiers();
  };
  CHECK(are_identifiers(Kind::typedef_, "ulong"));
  CHECK_FALSE(are_identifiers(Kind::typedef_, "u long"));
  CHECK_FALSE(are_identifiers(Kind::struct_, "9lives"));
}

}  // namespace btfx

// Enums, functions, sections and references, where one edit is not enough to show what is meant.
#include "transform/diff/details.h"

#include <functional>

#include "btf/builder.h"
#include "catch.h"
#include "support/diff_text.h"

namespace btfx {

using namespace test;

namespace {

/// Compares two BTFs that begin with `int` (1), `long` (2), struct `s` (3) and a pointer to it (4).
Lines compare_built(const std::function<void(BtfBuilder&)>& before, const std::function<void(BtfBuilder&)>& after) {
  const auto build = [](const std::function<void(BtfBuilder&)>& add) {
    BtfBuilder b;
    b.add_int("int", 4, 1);
    b.add_int("long", 8, 1);
    b.add_composite(Kind::struct_, "s", 4);
    b.add_ptr(TypeId{3});
    add(b);
    return b.build();
  };
  return text_of(compare({build(before)}, {build(after)}).changes);
}

constexpr TypeId int_id{1}, long_id{2}, s_id{3}, s_ptr{4};

using Params = std::vector<std::pair<std::string_view, TypeId>>;

/// A function `f` that returns nothing.
auto function(const Params& params) {
  return [params](BtfBuilder& b) {
    const TypeId proto = b.add(Kind::func_proto, {}, 0);
    for (const auto& [name, type] : params) b.add_param(name, type);
    b.add(Kind::func, "f", raw(proto));
  };
}

/// An enum `e` of 4 bytes.
auto enumeration(const std::vector<std::pair<std::string_view, std::uint64_t>>& values, bool is_signed = false) {
  return [=](BtfBuilder& b) {
    b.add(Kind::enum_, "e", 4, {}, 0, is_signed);
    for (const auto& [name, value] : values) b.add_enumerator(name, value);
  };
}

}  // namespace

TEST_CASE("Parameters are matched by name and type, then by name, then by type") {
  CHECK(compare_built(function({{"a", int_id}, {"b", long_id}, {"c", s_ptr}}),
                      function({{"b", long_id}, {"x", int_id}, {"c", long_id}})) ==
        Lines{"signature changed func f", "  signature param_moved x 0 -> 1",
              "  compatible param_renamed x 'a' -> 'x' 0 -> 1",
              "  signature param_retyped c 'struct s *' -> 'long' 2 -> 2"});
  CHECK(compare_built(function({{"", int_id}, {"", s_ptr}, {"", int_id}}),
                      function({{"", int_id}, {"", long_id}, {"", s_ptr}, {"", int_id}})) ==
        Lines{"signature changed func f", "  signature param_added '' -> 'long' 0 -> 1"});
  CHECK(compare_built(function({}), function({{"", void_id}})) ==
        Lines{"signature changed func f", "  signature param_added ... '' -> 'void'"});
}

TEST_CASE("Passing a bigger value is a matter of signature, not of layout") {
  CHECK(compare_built(function({{"a", int_id}}), function({{"a", long_id}})) ==
        Lines{"signature changed func f", "  signature param_retyped a 'int' -> 'long'"});
}

TEST_CASE("Values are reused, renumbered, appended") {
  CHECK(compare_built(enumeration({{"A", 0}, {"B", 1}, {"COUNT", 2}}),
                      enumeration({{"A", 0}, {"B", 1}, {"C", 2}, {"COUNT", 3}})) ==
        Lines{"value changed enum e", "  value enumerator_changed COUNT 2 -> 3",
              "  compatible enumerator_added C 0 -> 2"});
  CHECK(compare_built(enumeration({{"A", 0}, {"B", 1}}), enumeration({{"A", 0}, {"X", 1}, {"B", 5}})) ==
        Lines{"value changed enum e", "  value enumerator_changed B 1 -> 5", "  compatible enumerator_added X 0 -> 1"});
  // The same bits under the other sign are the same value.
  CHECK(compare_built(enumeration({{"MINUS", 0xffffffff}}), enumeration({{"MINUS", 0xffffffff}}, true)) ==
        Lines{"value changed enum e", "  value signedness 'unsigned' -> 'signed'"});
}

TEST_CASE("Sections tell what moved between them; new variables are told as such") {
  const auto build = [](bool more, bool swapped) {
    return [=](BtfBuilder& b) {
      const TypeId one = b.add(Kind::var, "one", raw(int_id), {1});
      const TypeId two = b.add(Kind::var, "two", raw(s_id), {1});
      const TypeId three = more ? b.add(Kind::var, "three", raw(int_id), {1}) : void_id;
      b.add(Kind::datasec, ".data", more ? 12 : 8);
      if (more) b.add_entry(three, 0, 4);
      b.add_entry(one, more ? 4 : 0, 4);
      if (!swapped) b.add_entry(two, more ? 8 : 4, 4);
      b.add(Kind::datasec, ".bss", swapped ? 4 : 0);
      if (swapped) b.add_entry(two, 0, 4);
    };
  };
  CHECK(compare_built(build(false, false), build(true, false)) ==
        Lines{"compatible added var three", "compatible changed section .data <- var three",
              "  compatible size 8 -> 12", "  compatible entry_moved one 0 -> 4",
              "  compatible entry_moved two 4 -> 8"});
  CHECK(compare_built(build(false, false), build(false, true)) ==
        Lines{"compatible changed section .bss", "  compatible size 0 -> 4", "  compatible entry_added two",
              "compatible changed section .data", "  compatible entry_removed two 4 -> 0"});
}

TEST_CASE("What a name stands for decides how much its use matters") {
  const auto member = [](auto&& type) {
    return [type](BtfBuilder& b) {
      const TypeId id = type(b);
      b.add_composite(Kind::struct_, "user", 8);
      b.add_member("m", id, 0);
    };
  };
  const auto named = [](TypeId target) {
    return [target](BtfBuilder& b) { return b.add_ptr(b.add(Kind::typedef_, "number_t", raw(target))); };
  };
  // Through a pointer, the same values under another name.
  CHECK(compare_built(member(named(int_id)), member([](BtfBuilder& b) { return b.add_ptr(int_id); })) ==
        Lines{"signature removed typedef number_t", "compatible changed struct user",
              "  compatible member_retyped m 'number_t *' -> 'int *'"});
  // A pointer to something else.
  CHECK(compare_built(member([](BtfBuilder&) { return s_ptr; }),
                      member([](BtfBuilder& b) { return b.add_ptr(void_id); })) ==
        Lines{"signature changed struct user", "  signature member_retyped m 'struct s *' -> 'void *'"});
  // A value instead of a pointer of that size.
  CHECK(compare_built(member([](BtfBuilder&) { return s_ptr; }), member([](BtfBuilder&) { return long_id; })) ==
        Lines{"signature changed struct user", "  signature member_retyped m 'struct s *' -> 'long'"});
}

TEST_CASE("Prototypes that name each other without end are compared in bounds") {
  const auto build = [](TypeId leaf) {
    return [leaf](BtfBuilder& b) {
      TypeId last = leaf;
      for (int i = 0; i < 40; ++i) {
        const TypeId proto = b.add(Kind::func_proto, {}, raw(last));
        b.add_param("", last);
        b.add_param("", last);
        last = b.add_ptr(proto);
      }
      b.add_composite(Kind::struct_, "user", 8);
      b.add_member("call", last, 0);
    };
  };
  const Lines lines = compare_built(build(int_id), build(long_id));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "signature changed struct user");
  CHECK(lines[1].size() < 10000);
}

}  // namespace btfx

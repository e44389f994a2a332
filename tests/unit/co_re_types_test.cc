#include "transform/co_re/types.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "catch.h"

namespace btfx {
namespace {

using Make = std::function<void(BtfBuilder&)>;

/// Whether the last types that both make are compatible, and whether they match: `yes`, `too deep`, or the difference.
std::pair<std::string, std::string> compare(const Make& local, const Make& target) {
  BtfBuilder one, other;
  local(one);
  target(other);
  const BtfPtr local_btf = one.build(), target_btf = other.build();
  const TypeId local_id{raw(one.end_id()) - 1}, target_id{raw(other.end_id()) - 1};
  const auto text = [&](bool matches) -> std::string {
    TypeComparison comparison(*local_btf, *target_btf);
    switch (matches ? comparison.matches(local_id, target_id) : comparison.compatible(local_id, target_id)) {
      case TypeComparison::Answer::yes:
        return "yes";
      case TypeComparison::Answer::no:
        return comparison.difference();
      case TypeComparison::Answer::too_deep:
        break;
    }
    return "too deep";
  };
  return {text(false), text(true)};
}

using Pair = std::pair<std::string, std::string>;

Make integer(std::string_view name, std::uint32_t size, std::uint32_t encoding = 0) {
  return [=](BtfBuilder& types) { types.add_int(name, size, encoding); };
}

/// A pointer, array or modifier of the last type, after another Make.
Make on(const Make& make, Kind kind, std::uint32_t count = 4) {
  return [=](BtfBuilder& types) {
    make(types);
    const std::uint32_t last = raw(types.end_id()) - 1;
    if (kind == Kind::array) {
      types.add(kind, {}, 0, {last, last, count});
    } else {
      types.add(kind, {}, last);
    }
  };
}

/// A composite with one int member for each name.
Make composite(Kind kind, std::string_view name, std::initializer_list<std::string_view> members) {
  const std::vector<std::string> names(members.begin(), members.end());
  return [=, text = std::string(name)](BtfBuilder& types) {
    const TypeId number = types.add_int("int", 4);
    types.add_composite(kind, text, 64);
    for (const std::string& member : names) types.add_member(member, number, 0);
  };
}

Make forward(std::string_view name, bool is_union) {
  return [=](BtfBuilder& types) { types.add(Kind::fwd, name, 0, {}, 0, is_union); };
}

Make enumeration(Kind kind, std::uint32_t size, std::initializer_list<std::string_view> names) {
  const std::vector<std::string> enumerators(names.begin(), names.end());
  return [=](BtfBuilder& types) {
    types.add(kind, "color", size);
    for (const std::string& name : enumerators) types.add_enumerator(name, 1);
  };
}

/// `int f(params...)`, where the parameters are ints or pointers to int.
Make prototype(std::string_view params) {
  return [=](BtfBuilder& types) {
    types.add_int("int", 4);
    types.add_ptr(TypeId{1});
    types.add(Kind::func_proto, {}, 1);
    for (const char c : params) types.add_param({}, TypeId{c == 'i' ? 1U : 2U});
  };
}

}  // namespace

TEST_CASE("Compatible means of one kind; matching looks at names, sizes and signs, too") {
  CHECK(compare(integer("int", 4), integer("int", 4)) == Pair{"yes", "yes"});
  CHECK(compare(integer("int", 4), integer("int", 8)) ==
        Pair{"yes", "'int' is of another size or sign than in the object"});
  CHECK(compare(integer("int", 4), integer("int", 4, 1)).second ==
        "'int' is of another size or sign than in the object");
  CHECK(compare(integer("int", 4), integer("long", 4)) == Pair{"yes", "'long' is not the object's 'int'"});
  const Make structure = composite(Kind::struct_, "s", {"a"});
  CHECK(compare(structure, composite(Kind::union_, "s", {"a"})) ==
        Pair{"'union s' is not the object's 'struct s'", "'union s' is not the object's 'struct s'"});
  CHECK(compare(structure, composite(Kind::struct_, "s___x", {"b", "a"})) == Pair{"yes", "yes"});
  CHECK(compare(structure, composite(Kind::struct_, "s", {"b", "c"})) == Pair{"yes", "struct s has no member 'a'"});
  CHECK(compare(composite(Kind::struct_, "s", {"a", "a"}), structure).second == "struct s has fewer members");
}

TEST_CASE("A member that matches in name only tells what is different about it") {
  const auto with = [](std::string_view type) {
    return [=](BtfBuilder& types) {
      types.add_int(type, 4);
      types.add_composite(Kind::struct_, "s", 4);
      types.add_member("a", TypeId{1}, 0);
    };
  };
  CHECK(compare(with("int"), with("long")).second == "in struct s, member 'a': 'long' is not the object's 'int'");
}

TEST_CASE("Pointers, arrays and modifiers are followed") {
  CHECK(compare(on(integer("int", 4), Kind::ptr), on(integer("int", 4), Kind::ptr)) == Pair{"yes", "yes"});
  CHECK(compare(on(integer("int", 4), Kind::ptr), on(forward("x", false), Kind::ptr)).first ==
        "'struct x' is not the object's 'int'");
  CHECK(compare(on(integer("int", 4), Kind::array), on(integer("int", 4), Kind::array, 5)) ==
        Pair{"yes", "'int[5]' is not the object's 'int[4]'"});
  CHECK(compare(on(integer("int", 4), Kind::const_), integer("int", 4)) == Pair{"yes", "yes"});
}

TEST_CASE("Behind a pointer a declaration matches what it declares") {
  const Make structure = composite(Kind::struct_, "s", {"a"});
  const Make empty = composite(Kind::struct_, "s", {});
  CHECK(compare(on(structure, Kind::ptr), on(empty, Kind::ptr)).second == "yes");
  CHECK(compare(on(structure, Kind::ptr), on(forward("s", false), Kind::ptr)).second == "yes");
  CHECK(compare(on(structure, Kind::ptr), on(forward("s", true), Kind::ptr)).second ==
        "'union s' is not the object's 'struct s'");
  CHECK(compare(on(forward("s", false), Kind::ptr), on(structure, Kind::ptr)).second == "yes");
  CHECK(compare(on(forward("s", true), Kind::ptr), on(structure, Kind::ptr)).second ==
        "'struct s' is not of the kind that the object declares");
  CHECK(compare(forward("s", false), forward("s", false)) == Pair{"yes", "yes"});
  CHECK(compare(forward("s", false), forward("s", true)) ==
        Pair{"yes", "'union s' is not of the kind that the object declares"});
}

TEST_CASE("Enums match when they have all enumerators") {
  const Make local = enumeration(Kind::enum_, 4, {"RED", "GREEN___x"});
  CHECK(compare(local, enumeration(Kind::enum_, 4, {"BLUE", "GREEN", "RED"})) == Pair{"yes", "yes"});
  CHECK(compare(local, enumeration(Kind::enum_, 4, {"RED"})) ==
        Pair{"yes", "enum color has no enumerator 'GREEN___x'"});
  CHECK(compare(local, enumeration(Kind::enum64, 8, {"RED", "GREEN"})) ==
        Pair{"yes", "enum color has 8 bytes, in the object 4"});
  CHECK(compare(enumeration(Kind::enum_, 4, {"RED", "RED___x"}), enumeration(Kind::enum_, 4, {"RED"})).second ==
        "enum color has fewer enumerators");
}

TEST_CASE("Prototypes agree in every parameter and the result") {
  CHECK(compare(prototype("ip"), prototype("ip")) == Pair{"yes", "yes"});
  CHECK(compare(prototype("ip"), prototype("i")).first == "a function has 1 parameters, in the object 2");
  CHECK(compare(prototype("ip"), prototype("ii")).first == "'int' is not the object's 'int *'");
}

TEST_CASE("Types without end and with endless ways through are given up") {
  const auto endless = [](BtfBuilder& types) { types.add_ptr(TypeId{1}); };
  CHECK(compare(endless, endless) == Pair{"too deep", "too deep"});
  const auto wide = [](BtfBuilder& types) {
    types.add_int("int", 4);
    std::uint32_t last = 1;
    for (int i = 0; i < 31; ++i) {  // each prototype takes the one before twice
      last = raw(types.add(Kind::func_proto, {}, 1, {}));
      types.add_param({}, TypeId{last - 1});
      types.add_param({}, TypeId{last - 1});
    }
  };
  CHECK(compare(wide, wide) == Pair{"too deep", "too deep"});
}

TEST_CASE("Types of very many parts match when these come in the same order, with some more between") {
  constexpr std::uint32_t count = 20'000;
  const auto make = [](Kind kind, bool more) -> Make {
    return [=](BtfBuilder& types) {
      const TypeId number = types.add_int("int", 4);
      if (kind == Kind::struct_) types.add_composite(kind, "big", 4);
      if (kind == Kind::enum_) types.add(kind, "big", 4);
      for (std::uint32_t i = 0; i < count; ++i) {
        for (const char* prefix : {"other", "one"}) {
          if (!more && prefix[1] == 't') continue;
          const std::string name = prefix + std::to_string(i);
          if (kind == Kind::struct_) types.add_member(name, number, 0);
          if (kind == Kind::enum_) types.add_enumerator(name, i);
        }
      }
    };
  };
  for (const Kind kind : {Kind::struct_, Kind::enum_}) {
    CHECK(compare(make(kind, false), make(kind, true)).second == "yes");
    CHECK(compare(make(kind, true), make(kind, false)).second != "yes");
  }
}

}  // namespace btfx

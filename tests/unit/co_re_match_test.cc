#include "transform/co_re/match.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "catch.h"

namespace btfx {
namespace {

/// A BTF with an int (1), a long (2), a pointer to int (3), and whatever else; the root is the last type.
struct Side {
  BtfBuilder types;
  Side() {
    types.add_int("int", 4, 1);
    types.add_int("long", 8, 1);
    types.add_ptr(TypeId{1});
  }
  TypeId array(std::uint32_t element, std::uint32_t count) {
    return types.add(Kind::array, {}, 0, {element, 1, count});
  }
  TypeId composite(std::string_view name, std::initializer_list<std::pair<std::string_view, TypeId>> members,
                   Kind kind = Kind::struct_) {
    const TypeId id = types.add_composite(kind, name, 64);
    std::uint32_t offset = 0;
    for (const auto& [member, type] : members) {
      types.add_member(member, type, kind == Kind::struct_ ? offset : 0);
      offset += 64;
    }
    return id;
  }
  [[nodiscard]] TypeId last() const { return TypeId{raw(types.end_id()) - 1}; }
};

/// The access as it is on the other side, or why there is none.
std::string match(const Side& local, std::string_view access, const Side& target) {
  const BtfPtr one = local.types.build(), other = target.types.build();
  const ParsedAccess parsed = parse_core_access(*one, CoreKind::byte_offset, local.last(), access);
  if (parsed.failure) return "bad test: " + parsed.failure->message;
  const CoreMatch found = match_core(*one, CoreKind::byte_offset, parsed.access, *other, target.last());
  if (found.state == CoreMatch::State::match) return core_spec(*other, CoreKind::byte_offset, found.access);
  const std::string_view state = found.state == CoreMatch::State::failed ? "failed " : "";
  return std::string(state) + std::string(to_string(found.failure.reason)) + ": " + found.failure.message;
}

/// Members of one type each: does the local one match the target's?
std::string match_member(const std::function<TypeId(Side&)>& local, const std::function<TypeId(Side&)>& target) {
  Side one, other;
  one.composite("s", {{"m", local(one)}});
  other.composite("s", {{"m", target(other)}});
  return match(one, "0:0", other);
}

constexpr std::string_view found = "<byte_off> [4] struct s.m (0:0 @ offset 0)";

auto type(std::uint32_t id) {
  return [=](Side&) { return TypeId{id}; };
}

}  // namespace

TEST_CASE("Members are found by name, through anonymous ones, wherever they are") {
  Side local;
  local.composite("s", {{"wanted", TypeId{1}}});
  Side moved;
  const TypeId inner = moved.composite({}, {{"y", TypeId{1}}, {"wanted", TypeId{1}}});
  const TypeId middle = moved.composite({}, {{"z", TypeId{2}}, {{}, inner}}, Kind::union_);
  moved.composite("s", {{"x", TypeId{1}}, {{}, middle}});
  CHECK(match(local, "0:0", moved) == "<byte_off> [6] struct s.wanted (0:1:1:1 @ offset 16)");
  // The other way round, and a union for a struct.
  Side flat;
  flat.composite("s", {{"x", TypeId{1}}, {"wanted", TypeId{1}}}, Kind::union_);
  Side nested;
  const TypeId anonymous = nested.composite({}, {{"wanted", TypeId{1}}});
  nested.composite("s", {{{}, anonymous}});
  CHECK(match(nested, "0:0:0", flat) == "<byte_off> [4] union s.wanted (0:1 @ offset 0)");
}

TEST_CASE("Where else a member is, is not looked for without end") {
  Side local, target;
  local.composite("s", {{"wanted", TypeId{1}}});
  const TypeId part = target.types.add_composite(Kind::struct_, "part", 4);
  for (int i = 0; i < 60'000; ++i) target.types.add_member("other", TypeId{1}, 0);
  target.types.add_composite(Kind::struct_, "s", 4);
  for (int i = 0; i < 60'000; ++i) target.types.add_member("part", part, 0);
  CHECK(match(local, "0:0", target) == "member-missing: struct s has no member 'wanted'");
}

TEST_CASE("A member that is missing, with where else there is one") {
  Side local, plain, deeper;
  local.composite("s", {{"wanted", TypeId{1}}});
  plain.composite("s", {{"other", TypeId{1}}});
  CHECK(match(local, "0:0", plain) == "member-missing: struct s has no member 'wanted'");
  const TypeId part = deeper.composite("part", {{"wanted", TypeId{1}}});
  deeper.composite("s", {{"p", part}});
  CHECK(match(local, "0:0", deeper) ==
        "member-missing: struct s has no member 'wanted'; its member 'p', struct part, has one");
  Side through;
  const TypeId inner = through.composite({}, {{"x", TypeId{1}}});
  through.composite("s", {{"wanted", inner}});
  Side integer;
  integer.composite("s", {{"wanted", TypeId{1}}});
  CHECK(match(through, "0:0:0", integer) == "member-incompatible: 's.wanted' is 'int', the object has 'struct {...}'");
}

TEST_CASE("Which types of members are compatible") {
  const auto declared = [](std::string_view name) {
    return [=](Side& side) { return side.types.add(Kind::fwd, name, 0); };
  };
  const auto enumeration = [](std::string_view name, Kind kind) {
    return [=](Side& side) { return side.types.add(kind, name, kind == Kind::enum64 ? 8 : 4); };
  };
  CHECK(match_member(type(1), type(2)) == found);
  CHECK(match_member(type(1), type(3)) == "member-incompatible: 's.m' is 'int *', the object has 'int'");
  CHECK(match_member(type(3), [](Side& side) { return side.types.add_ptr(void_id); }).ends_with("(0:0 @ offset 0)"));
  CHECK(match_member([](Side& side) { return side.array(1, 3); }, [](Side& side) { return side.array(2, 7); })
            .ends_with("(0:0 @ offset 0)"));
  CHECK(match_member([](Side& side) { return side.array(1, 3); }, [](Side& side) { return side.array(3, 3); }) ==
        "member-incompatible: 's.m' is 'int *[3]', the object has 'int[3]'");
  CHECK(match_member([](Side& side) { return side.composite("a", {}); },
                     [](Side& side) { return side.composite("b", {}, Kind::union_); })
            .ends_with("(0:0 @ offset 0)"));
  CHECK(match_member(enumeration("e", Kind::enum_), enumeration("e___x", Kind::enum64)).ends_with("(0:0 @ offset 0)"));
  CHECK(match_member(enumeration("e", Kind::enum_), enumeration("", Kind::enum_)).ends_with("(0:0 @ offset 0)"));
  CHECK(match_member(enumeration("e", Kind::enum_), enumeration("f", Kind::enum_)) ==
        "member-incompatible: 's.m' is 'enum f', the object has 'enum e'");
  CHECK(match_member(declared("a"), declared("b")) ==
        "member-incompatible: 's.m' is 'struct b', the object has 'struct a'");
  CHECK(match_member([](Side& side) { return side.types.add(Kind::float_, "float", 4); },
                     [](Side& side) { return side.types.add(Kind::float_, "double", 8); })
            .ends_with("(0:0 @ offset 0)"));
  CHECK(match_member([](Side& side) { return side.types.add(Kind::typedef_, "t", 1); },
                     [](Side& side) { return side.types.add(Kind::const_, {}, 2); })
            .ends_with("(0:0 @ offset 0)"));
}

TEST_CASE("Elements of arrays") {
  const auto with_array = [](std::uint32_t count, bool last) {
    Side side;
    const TypeId array = side.array(1, count);
    if (last) {
      side.composite("s", {{"m", array}});
    } else {
      side.composite("s", {{"m", array}, {"n", TypeId{1}}});
    }
    return side;
  };
  const Side local = with_array(8, true);
  CHECK(match(local, "0:0:7", with_array(9, false)) == "<byte_off> [5] struct s.m[7] (0:0:7 @ offset 28)");
  CHECK(match(local, "0:0:7", with_array(7, false)) == "array-too-short: 's.m' is int[7], which has no element 7");
  CHECK(match(local, "0:0:7", with_array(0, true)) == "<byte_off> [5] struct s.m[7] (0:0:7 @ offset 28)");
  CHECK(match(local, "0:0:7", with_array(0, false)) == "array-too-short: 's.m' is int[0], which has no element 7");
  CHECK(match(local, "2:0:1", with_array(8, true)) == "<byte_off> [5] struct s[2].m[1] (2:0:1 @ offset 132)");
  Side root, other;
  root.array(1, 4);
  other.composite("s", {});
  CHECK(match(root, "0:2", other) == "not-an-array: is not an array but struct s");
}

TEST_CASE("Anonymous members without end are given up like by the reference; shared ones are searched once") {
  Side local;
  local.composite("s", {{"wanted", TypeId{1}}});
  Side endless;
  endless.types.add_composite(Kind::struct_, "s", 8);
  endless.types.add_member({}, TypeId{4}, 0);
  CHECK(match(local, "0:0", endless) == "failed too-deep: is nested more than 64 levels deep");
  // Sixty levels that each hold the next one twice: 2^60 ways.
  Side shared;
  TypeId inner = shared.composite({}, {{"x", TypeId{1}}});
  for (int i = 0; i < 59; ++i) inner = shared.composite({}, {{{}, inner}, {{}, inner}});
  shared.composite("s", {{{}, inner}});
  CHECK(match(local, "0:0", shared) == "member-missing: struct s has no member 'wanted'");
}

}  // namespace btfx

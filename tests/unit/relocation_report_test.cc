#include "transform/relocate/relocation_report.h"

#include <string>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "transform/relocate/growth.h"
#include "transform/relocate/module_uses.h"
#include "transform/relocate/relocate.h"

namespace btfx {
namespace {

struct Reported {
  Relocation relocation;
  std::vector<RelocationFinding> findings;
};

Reported report(const BtfPtr& split, const BtfPtr& base, const BtfPtr& origin = nullptr, bool strict = false) {
  const RelocationTarget target(base);
  const GrowthFinder growth(origin, base);
  Reported result{Relocator().run(*split, target, {.strict = strict, .notes = true}), {}};
  result.findings =
      RelocationReporter(target, origin ? &growth : nullptr, strict, true).report(*split, result.relocation);
  return result;
}

/// `error missing: STRUCT foo: ...`, one line each.
std::string lines(const Reported& reported) {
  std::string text;
  for (const RelocationFinding& finding : reported.findings) {
    const Diagnostic& said = finding.diagnostic;
    text += said.severity == Severity::error ? "error " : said.severity == Severity::warning ? "warning " : "note ";
    text += std::string(said.code.word()) + ": " + said.text + "\n";
    for (const std::string& change : finding.changes) text += "  " + change + "\n";
  }
  return text;
}

TEST_CASE("relocation report: a struct that grew, who holds it, and what made it grow") {
  // What the module was built against.
  BtfBuilder old;
  const TypeId integer = old.add_int("int", 4, 1);
  const TypeId inner = old.add_composite(Kind::struct_, "inner", 4);  // 2
  old.add_member("count", integer, 0);
  const TypeId outer = old.add_composite(Kind::struct_, "outer", 12);  // 3
  old.add_member("first", integer, 0);
  old.add_member("in", inner, 32);
  old.add_member("gone", integer, 64);
  static_cast<void>(outer);
  const BtfPtr origin = old.build();
  // And what there is now.
  BtfBuilder fresh;
  fresh.add_int("int", 4, 1);
  fresh.add_int("long", 8, 1);
  fresh.add_composite(Kind::struct_, "inner", 8);  // 3
  fresh.add_member("count", TypeId{1}, 0);
  fresh.add_member("more", TypeId{1}, 32);
  fresh.add_composite(Kind::struct_, "outer", 24);  // 4
  fresh.add_member("first", TypeId{2}, 0);
  fresh.add_member("in", TypeId{3}, 64);
  fresh.add_member("last", TypeId{1}, 128);
  const BtfPtr target = fresh.build();

  BtfBuilder small;
  small.add_composite(Kind::struct_, "outer", 12);
  BtfBuilder split(small.build());
  split.add(Kind::const_, {}, 1);                  // 2
  split.add_composite(Kind::struct_, "mine", 16);  // 3
  split.add_member("id", void_id, 0);
  split.add_member("held", TypeId{2}, 32);
  const Reported reported = report(split.build(), target, origin);
  CHECK(lines(reported) ==
        "error member-size: STRUCT outer: 12 bytes when the module was built, 24 bytes in the base, and member `held` "
        "of struct mine holds it by value\n"
        "  member `first` was int, is long\n"
        "  member `gone` removed from byte 8: int\n"
        "  member `last` added at byte 16: int\n"
        "  member `in`: struct inner had 4 bytes, has 8\n"
        "  member `in.more` added at byte 4: int\n");
  CHECK(reported.findings[0].candidates == std::vector{TypeId{4}});
  CHECK(reported.findings[0].diagnostic.place.section == ".BTF.base");
  CHECK(reported.findings[0].diagnostic.place.type_id == 1U);
}

TEST_CASE("relocation report: everybody who embeds a struct") {
  BtfBuilder small;
  small.add_composite(Kind::struct_, "foo", 4);
  BtfBuilder base;
  base.add_composite(Kind::struct_, "foo", 8);
  const BtfPtr target = base.build();
  BtfBuilder split(small.build());
  const auto held_by = [&](const char* name) {
    split.add_composite(Kind::struct_, name, 8);
    split.add_member("before", void_id, 0);
    split.add_member("held", TypeId{1}, 32);
    return lines(report(split.build(), target));
  };
  const std::string start =
      "error member-size: STRUCT foo: 4 bytes when the module was built, 8 bytes in the base, and member `held` of "
      "struct a holds it by value";
  CHECK(held_by("a") == start + "\n");
  CHECK(held_by("b") == start + ", as does member `held` of struct b\n");
  CHECK(held_by("c") == start + ", as do member `held` of struct b and 1 other\n");
  CHECK(held_by("d") == start + ", as do member `held` of struct b and 2 others\n");

  BtfBuilder nameless(small.build());
  nameless.add_composite(Kind::struct_, {}, 8);  // 2
  nameless.add_member({}, TypeId{1}, 0);
  nameless.add(Kind::typedef_, "lock_t", 2);
  CHECK(
      lines(report(nameless.build(), target)) ==
      "error member-size: STRUCT foo: 4 bytes when the module was built, 8 bytes in the base, and an anonymous member "
      "of lock_t holds it by value\n");
}

TEST_CASE("relocation report: what cannot have changed the size is told only for want of a better reason") {
  // A member of another type and one of another name, both of the same size; and then one more member.
  const auto base_with = [](const char* type, const char* name, bool more, std::uint32_t size) {
    BtfBuilder base;
    const TypeId integer = base.add_int(type, 4, 1);
    base.add_composite(Kind::struct_, "outer", size);
    base.add_member("first", integer, 0);
    base.add_member(name, integer, 32);
    if (more) base.add_member("more", integer, 64);
    return base.build();
  };
  BtfBuilder small;
  small.add_composite(Kind::struct_, "outer", 8);
  BtfBuilder builder(small.build());
  builder.add_composite(Kind::struct_, "mine", 8);
  builder.add_member("held", TypeId{1}, 0);
  const BtfPtr split = builder.build(), origin = base_with("int", "second", false, 8);
  const auto changes = [&](const BtfPtr& target) {
    for (const RelocationFinding& finding : report(split, target, origin).findings) {
      if (finding.diagnostic.code.word() == "member-size") return finding.changes;
    }
    return std::vector<std::string>();
  };
  CHECK(changes(base_with("other", "second", true, 12)) ==
        std::vector<std::string>{"member `more` added at byte 8: other"});
  CHECK(changes(base_with("int", "renamed", false, 12)) ==
        std::vector<std::string>{"member `second` is called `renamed` now"});
}

TEST_CASE("relocation report: what is wrong with the module as a whole") {
  const auto base_in = [](ByteOrder order, bool has_types) {
    BtfBuilder base;
    if (has_types) base.add_int("int", 4, 1);
    return Btf::parse(base.finish(order));
  };
  const auto split_in = [](ByteOrder order, const BtfPtr& base) {
    BtfBuilder split(base);
    split.add_ptr(void_id);
    return Btf::parse(split.finish(order), base);
  };
  const auto little = ByteOrder::little, big = ByteOrder::big;
  const BtfPtr target = base_in(little, true);
  CHECK(lines(report(split_in(little, base_in(little, true)), target)).empty());
  CHECK(lines(report(split_in(little, base_in(big, true)), target)) ==
        "warning byte-order: .BTF is little-endian, .BTF.base big-endian, the base little-endian: a kernel takes only "
        "its own byte order\n");
  CHECK(lines(report(split_in(big, base_in(big, true)), target)) ==
        "warning byte-order: .BTF is big-endian, .BTF.base big-endian, the base little-endian: a kernel takes only "
        "its own byte order\n");
  CHECK(lines(report(split_in(little, base_in(little, false)), target)) ==
        "warning empty-base: the distilled base holds no type: kernels count one id less in such a base, and read "
        "every id one too low\n");
}

TEST_CASE("relocation report: by value where the kernel does not look") {
  BtfBuilder small;
  small.add_composite(Kind::struct_, "foo", 4);
  const BtfPtr distilled = small.build();
  BtfBuilder base;
  base.add_composite(Kind::struct_, "foo", 8);
  const BtfPtr target = base.build();
  const std::string start = " byvalue-size: STRUCT foo: 4 bytes when the module was built, 8 bytes in the base, and ";
  const auto said = [&](auto&& add, bool strict = false) {
    BtfBuilder split(distilled);
    add(split);
    return lines(report(split.build(), target, nullptr, strict));
  };
  const auto variable = [](BtfBuilder& b) { b.add(Kind::var, "v", 1, {1}); };
  const std::string unseen = " holds it by value; the kernel does not notice\n";
  CHECK(said(variable) == "warning" + start + "variable `v`" + unseen);
  CHECK(said(variable, true) == "error" + start + "variable `v` holds it by value\n");
  CHECK(said([](BtfBuilder& b) {
          b.add(Kind::func_proto, {}, 0);
          b.add_param("a", void_id);
          b.add_param("b", TypeId{1});
          b.add(Kind::func, "suspend", 2);
        }) == "warning" + start + "parameter 2 of function `suspend`" + unseen);
  CHECK(said([](BtfBuilder& b) {
          b.add(Kind::func_proto, {}, 1);
          b.add_ptr(TypeId{2});
          b.add_composite(Kind::struct_, "ops", 8);
          b.add_member("get", TypeId{3}, 0);
        }) == "warning" + start + "the return value of what member `get` of struct ops points to" + unseen);
  CHECK(said([](BtfBuilder& b) { b.add(Kind::array, {}, 0, {1, 1, 3}); }) == "warning" + start + "an array" + unseen);
  CHECK(said([](BtfBuilder& b) { b.add(Kind::typedef_, "foo_t", 1); }) ==
        "warning" + start + "type name foo_t" + unseen);
  CHECK(said([](BtfBuilder& b) { b.add_ptr(TypeId{1}); }) ==
        "note pointer-size: STRUCT foo: 4 bytes when the module was built, 8 bytes in the base; the module has only "
        "pointers to it\n");
}

TEST_CASE("relocation report: why a type is needed that nobody holds by value") {
  BtfBuilder small;
  small.add(Kind::enum_, "e", 4);
  const BtfPtr distilled = small.build(), empty = BtfBuilder().build();
  const auto said = [&](auto&& add) {
    BtfBuilder split(distilled);
    add(split);
    return lines(report(split.build(), empty));
  };
  const std::string start = "error missing: ENUM e: the base has no type of that name";
  CHECK(said([](BtfBuilder&) {}) == start + "\n");
  CHECK(said([](BtfBuilder& b) {
          b.add_ptr(TypeId{1});                  // 2
          b.add(Kind::const_, {}, 2);            // 3
          b.add(Kind::array, {}, 0, {3, 1, 3});  // 4
          b.add_composite(Kind::struct_, "mine", 8);
          b.add_member("id", void_id, 0);
          b.add_member("which", TypeId{4}, 32);
        }) == start + "; needed by member `which` of struct mine\n");
  CHECK(said([](BtfBuilder& b) {
          b.add(Kind::func_proto, {}, 0);
          b.add_param("a", void_id);
          b.add_param("b", TypeId{1});
          b.add(Kind::func, "f", 2);
        }) == start + "; needed by parameter 2 of function `f`\n");
  CHECK(said([](BtfBuilder& b) {
          b.add(Kind::func_proto, {}, 1);
          b.add(Kind::func, "f", 2);
        }) == start + "; needed by the return value of function `f`\n");
  CHECK(said([](BtfBuilder& b) { b.add(Kind::var, "v", 1, {1}); }) == start + "; needed by variable `v`\n");
  CHECK(said([](BtfBuilder& b) { b.add(Kind::typedef_, "e_t", 1); }) == start + "; needed by type name e_t\n");
  CHECK(said([](BtfBuilder& b) {
          b.add(Kind::array, {}, 0, {1, 1, 3});
        }) == start + "; needed by a type without a name, ARRAY [2]\n");
  CHECK(said([](BtfBuilder& b) {
          b.add(Kind::array, {}, 0, {1, 1, 3});  // leads nowhere, but the pointer does
          b.add_ptr(TypeId{1});
          b.add(Kind::var, "v", 3, {1});
        }) == start + "; needed by variable `v`\n");
}

TEST_CASE("relocation report: what many members and many missing types cost is in proportion to both") {
  constexpr std::uint32_t missing = 8000, structs = 10, members = 60000;
  BtfBuilder small;
  for (std::uint32_t i = 0; i < missing; ++i) small.add_int("int_" + std::to_string(i), 4, 1);
  BtfBuilder split(small.build());
  for (std::uint32_t i = 0; i < structs; ++i) {
    split.add_composite(Kind::struct_, "big_" + std::to_string(i), 4 * members);
    for (std::uint32_t k = 0; k < members; ++k) split.add_member("m", TypeId{1 + k % missing}, 32 * k);
  }
  const Reported reported = report(split.build(), BtfBuilder().build());
  REQUIRE(reported.findings.size() == missing);
  CHECK(reported.findings.back().diagnostic.text ==
        "INT int_7999: the base has no type of that name; needed by member `m` of struct big_0");
}

TEST_CASE("relocation report: what leads nowhere is not followed for ever") {
  // Arrays of arrays join all types; behind them is a long way on which nobody needs anything.
  constexpr std::uint32_t missing = 4096, chain = 20000;
  BtfBuilder small;
  for (std::uint32_t i = 0; i < missing; ++i) small.add_int("int_" + std::to_string(i), 4, 1);
  BtfBuilder split(small.build());
  for (std::uint32_t joined = 1; joined + 1 < raw(split.end_id()); joined += 2) {
    split.add(Kind::array, {}, 0, {joined, joined + 1, 1});
  }
  for (std::uint32_t i = 0; i < chain; ++i) split.add_ptr(TypeId{raw(split.end_id()) - 1});
  const Reported reported = report(split.build(), BtfBuilder().build());
  REQUIRE(reported.findings.size() == missing);
  CHECK(reported.findings.front().diagnostic.text ==
        "INT int_0: the base has no type of that name; needed by a type without a name, ARRAY [4097]");
  CHECK(reported.findings.back().diagnostic.text == "INT int_4095: the base has no type of that name");
}

TEST_CASE("relocation report: anonymous holders are named by what holds them") {
  BtfBuilder small;
  small.add_composite(Kind::struct_, "foo", 4);
  BtfBuilder split(small.build());
  split.add_composite(Kind::union_, {}, 4);  // 2
  split.add_member("deep", TypeId{1}, 0);
  split.add_composite(Kind::struct_, {}, 4);  // 3
  split.add_member("", TypeId{2}, 0);
  split.add_composite(Kind::struct_, "named", 8);  // 4
  split.add_member("x", void_id, 0);
  split.add_member("part", TypeId{3}, 32);
  const BtfPtr base = BtfBuilder().build();
  const Reported reported = report(split.build(), base);
  CHECK(lines(reported) ==
        "error missing: STRUCT foo: the base has no type of that name; member `part.deep` of struct named holds it by "
        "value\n");
  const BtfPtr built = split.build();
  CHECK(ModuleUses(*built).describe(reported.relocation.types[0]) == "member `part.deep` of struct named");
}

TEST_CASE("relocation report: what else there may be to say") {
  BtfBuilder small;
  small.add_int("char", 1, 1);                    // 1
  small.add(Kind::fwd, "opaque", 0);              // 2
  small.add_composite(Kind::struct_, "both", 8);  // 3
  small.add(Kind::enum_, "e", 4);                 // 4
  small.add_composite(Kind::struct_, "kind", 4);  // 5
  small.add(Kind::fwd, "mystery", 0);             // 6
  BtfBuilder split(small.build());
  split.add(Kind::fwd, "elsewhere", 0, {}, 0, true);
  BtfBuilder base;
  base.add_int("char", 1, 0);                            // 1
  base.add_composite(Kind::struct_, "opaque", 4, true);  // 2
  base.add(Kind::fwd, "both", 0);                        // 3
  base.add_composite(Kind::struct_, "both", 8);          // 4
  base.add(Kind::enum_, "e", 4);                         // 5
  base.add(Kind::enum_, "kind", 4);                      // 6
  base.add_composite(Kind::struct_, "mystery", 4);       // 7
  base.add_composite(Kind::struct_, "mystery", 8);       // 8
  CHECK(
      lines(report(split.build(), base.build())) ==
      "error int-encoding: INT char: signed when the module was built, unsigned in the base\n"
      "error fwd-rule: FWD opaque: the kernel does not let STRUCT opaque [2], 4 bytes stand for this declaration, "
      "because it has bitfields\n"
      "error fwd-and-struct: STRUCT both: the kernel cannot choose between a declaration and its definition: FWD both "
      "[3], declaring a struct; STRUCT both [4], 8 bytes; by kind and size it is STRUCT both [4], 8 bytes\n"
      "note enum-only-size: ENUM e: matched by name and size; its enumerators are not compared\n"
      "warning wrong-kind: STRUCT kind: the kernel takes ENUM kind [6], 4 bytes for it, which is something else; "
      "by kind and size there is none\n"
      "error ambiguous-ptr: FWD mystery: the kernel cannot choose between several of that name: STRUCT mystery [7], 4 "
      "bytes; STRUCT mystery [8], 8 bytes; by kind and size any of them would do\n"
      "note foreign-fwd: union elsewhere is declared, but neither the module nor the base defines it\n");
}

}  // namespace
}  // namespace btfx

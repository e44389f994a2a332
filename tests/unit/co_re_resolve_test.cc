// Resolving: each kind, each reason, each rule about several candidates. What the reference gives for real kernels is
// compared elsewhere; here every rule stands alone.
#include "transform/co_re/object.h"
#include "transform/co_re/resolve.h"

#include <string>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/co_re_maker.h"

namespace btfx {
namespace {

using test::CoreMaker;
using test::text_of;
using Texts = std::vector<std::string>;

Texts resolve(CoreMaker& maker, const CoreKernel& kernel, bool search_all = false) {
  Texts texts;
  for (const CoreResult& result : resolve_core(maker.object(), kernel, {.search_all = search_all}).results) {
    texts.push_back(text_of(result));
  }
  return texts;
}

CoreKernel kernel_of(const BtfBuilder& builder) {
  return {"kernel", builder.build()};
}

/// Adds `struct NAME { int a; int MEMBER; }`, with an int of its own, and gives its id.
TypeId add_pair(BtfBuilder& builder, std::string_view name, std::string_view member = "b") {
  const TypeId number = builder.add_int("int", 4, 1);
  const TypeId id = builder.add_composite(Kind::struct_, name, 8);
  builder.add_member("a", number, 0);
  builder.add_member(member, number, 32);
  return id;
}

/// Adds `struct NAME { long first; char text[16]; unsigned bits : 3 at bit 205; }` of 40 bytes.
TypeId add_record(BtfBuilder& builder, std::string_view name, std::uint32_t shift) {
  const TypeId number = builder.add_int("unsigned int", 4);
  const TypeId wide = builder.add_int("long", 8, 1);
  const TypeId character = builder.add_int("char", 1, 1);
  const TypeId text = builder.add(Kind::array, {}, 0, {raw(character), raw(number), 16});
  const TypeId id = builder.add_composite(Kind::struct_, name, 40, true);
  builder.add_member("first", wide, shift);
  builder.add_member("text", text, 64 + shift);
  builder.add_member("bits", number, 205 + shift, 3);
  return id;
}

constexpr TypeId record_id{5};

}  // namespace

TEST_CASE("Every field kind gets its value, in the byte order of the object") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    for (const ByteOrder kernel_order : {ByteOrder::little, ByteOrder::big}) {
      CoreMaker maker(order);
      REQUIRE(add_record(maker.types, "record", 0) == record_id);
      BtfBuilder target;
      add_record(target, "record", 64);
      const bool little = order == ByteOrder::little;
      maker.ask(CoreKind::byte_offset, record_id, "0:1:3", 11);
      maker.ask(CoreKind::byte_offset, record_id, "2:0", 80);
      maker.ask(CoreKind::byte_size, record_id, "0:1", 16);
      maker.ask(CoreKind::field_exists, record_id, "0:2", 1);
      maker.ask(CoreKind::signedness, record_id, "0:0", 1);
      maker.ask(CoreKind::byte_offset, record_id, "0:2", 24);
      maker.ask(CoreKind::byte_size, record_id, "0:2", 4);
      maker.ask(CoreKind::left_shift, record_id, "0:2", little ? 48 : 45);
      maker.ask(CoreKind::right_shift, record_id, "0:2", 61);
      maker.ask(CoreKind::signedness, record_id, "0:2", 0);
      maker.ask(CoreKind::left_shift, record_id, "0:0", 0);
      // Bits 269 to 271 lie in the unit of 4 bytes at 32, and there at bit 13.
      CHECK(resolve(maker, {"kernel", target.build(kernel_order)}) ==
            Texts{"ok 19", "ok 88", "same 16", "same 1", "same 1", "ok 32", "same 4", little ? "same 48" : "same 45",
                  "same 61", "same 0", "same 0"});
    }
  }
}

TEST_CASE("A bitfield that crosses its unit is read with a wider load, up to 64 bits") {
  CoreMaker maker;
  const TypeId number = maker.types.add_int("unsigned int", 4);
  const TypeId id = maker.types.add_composite(Kind::struct_, "crossing", 16, true);
  maker.types.add_member("bits", number, 30, 7);
  maker.types.add_member("torn", number, 60, 7);
  maker.ask(CoreKind::byte_size, id, "0:0", 8);
  maker.ask(CoreKind::byte_size, id, "0:1", 8);
  BtfBuilder target;
  target.add_int("unsigned int", 4);
  target.add_composite(Kind::struct_, "crossing", 16, true);
  target.add_member("bits", TypeId{1}, 30, 7);
  target.add_member("torn", TypeId{1}, 60, 7);
  CHECK(resolve(maker, kernel_of(target)) ==
        Texts{"same 8", "error: the bitfield 'torn' cannot be read with one load of 64 bits"});
}

TEST_CASE("Types: existence, size, ids") {
  CoreMaker maker;
  const TypeId pair = add_pair(maker.types, "pair");
  const TypeId gone = maker.types.add_composite(Kind::struct_, "gone", 4);
  for (const TypeId id : {pair, gone}) {
    maker.ask(CoreKind::type_exists, id, "0", 1);
    maker.ask(CoreKind::type_size, id, "0", id == pair ? 8 : 4);
    maker.ask(CoreKind::type_matches, id, "0", 1);
    maker.ask(CoreKind::target_type_id, id, "0", 99);
    maker.ask(CoreKind::local_type_id, id, "0", 99);
  }
  BtfBuilder target;
  target.add_int("unused", 4);
  add_pair(target, "pair");
  CHECK(resolve(maker, kernel_of(target)) ==
        Texts{"same 1", "same 8", "same 1", "ok 3", "ok 2", "absent 0: no struct gone in vmlinux",
              "absent 0: no struct gone in vmlinux", "absent 0: no struct gone in vmlinux",
              "absent 0: no struct gone in vmlinux", "ok 3"});
}

TEST_CASE("Enumerators: existence and value, 32 bits and 64") {
  CoreMaker maker;
  const TypeId id = maker.types.add(Kind::enum_, "color", 4, {}, 0, true);
  maker.types.add_enumerator("RED", static_cast<std::uint64_t>(-5));
  maker.types.add_enumerator("GREEN___mine", 2);
  maker.types.add_enumerator("GONE", 3);
  maker.ask(CoreKind::enumerator_value, id, "0", static_cast<std::uint64_t>(-5));
  maker.ask(CoreKind::enumerator_value, id, "1", 2);
  maker.ask(CoreKind::enumerator_exists, id, "1", 1);
  maker.ask(CoreKind::enumerator_value, id, "2", 3);
  maker.ask(CoreKind::enumerator_exists, id, "2", 1);
  BtfBuilder target;
  target.add(Kind::enum64, "color", 8, {}, 0, true);
  target.add_enumerator("GREEN", 1ULL << 40);
  target.add_enumerator("RED", static_cast<std::uint64_t>(-7));
  CHECK(resolve(maker, kernel_of(target)) == Texts{"ok -7", "ok 1099511627776", "same 1",
                                                   "poison: enum color has no enumerator 'GONE'",
                                                   "absent 0: enum color has no enumerator 'GONE'"});
}

TEST_CASE("An unsigned enumerator beyond 2^31 is refused like by the reference, or taken as it is") {
  CoreMaker maker;
  const TypeId id = maker.types.add(Kind::enum_, "flags", 4);
  maker.types.add_enumerator("ALL", 0xffffffff);
  maker.ask(CoreKind::enumerator_value, id, "0", 0xffffffff);
  BtfBuilder target;
  target.add(Kind::enum_, "flags", 4);
  target.add_enumerator("ALL", 0xfffffffe);
  const CoreKernel kernel = kernel_of(target);
  const std::string refusal =
      "the instruction holds 4294967295, which is right for an enum without sign, but libbpf expects "
      "18446744073709551615; the value would become 4294967294";
  CHECK(resolve(maker, kernel) == Texts{"error: " + refusal});
  CHECK(resolve(maker, kernel, true) ==
        Texts{"ok 4294967294 [beyond-reference: differs from the reference, which gives error: " + refusal + "]"});
}

TEST_CASE("Why there is no candidate") {
  CoreMaker maker;
  const TypeId shape = maker.types.add_composite(Kind::struct_, "shape", 4);
  const TypeId declared = maker.types.add_composite(Kind::struct_, "declared___x", 4);
  const TypeId forward = maker.types.add(Kind::fwd, "inner", 0);
  maker.ask(CoreKind::type_exists, shape, "0", 1);
  maker.ask(CoreKind::type_exists, declared, "0", 1);
  maker.ask(CoreKind::target_type_id, forward, "0", 3);
  BtfBuilder target;
  target.add_composite(Kind::union_, "shape", 4);
  target.add(Kind::fwd, "declared", 0);
  target.add_composite(Kind::struct_, "inner", 4);
  CoreMaker again = maker;
  const CoreKernel kernel = kernel_of(target);
  CHECK(
      resolve(maker, kernel) ==
      Texts{"absent 0: no struct shape, but union shape [1] in vmlinux",
            "absent 0: struct declared is only declared in vmlinux",
            "absent 0: struct inner is only declared in the object, and so its definition does not count; there is one "
            "in vmlinux"});
  const CoreAnswer answer = resolve_core(again.object(), kernel);
  CHECK(answer.results[0].reason == CoreReason::kind_differs);
  CHECK(answer.results[1].reason == CoreReason::forward_only);
  CHECK(answer.results[2].reason == CoreReason::local_forward);
  CHECK(answer.loads());
}

TEST_CASE("Flavours are cut on both sides") {
  CoreMaker maker;
  const TypeId flavour = add_pair(maker.types, "pair___old", "c");
  maker.ask(CoreKind::byte_offset, flavour, "0:1", 4);
  BtfBuilder target;
  add_pair(target, "pair");
  add_pair(target, "pair___init", "c");
  add_pair(target, "pair___a___b", "c");  // another name
  const CoreAnswer answer = resolve_core(maker.object(), kernel_of(target));
  REQUIRE(answer.results.size() == 1);
  CHECK(text_of(answer.results[0]) == "same 4");
  CHECK(answer.results[0].access->root == TypeId{4});
  REQUIRE(answer.results[0].candidates.size() == 2);
  CHECK(answer.results[0].candidates[0].message == "struct pair has no member 'c'");
  CHECK(answer.results[0].candidates[1].state == CoreCandidate::State::match);
}

TEST_CASE("Matches that differ are ambiguous, and an earlier access can rule one of them out") {
  BtfBuilder target;
  add_pair(target, "pair");           // 2
  add_pair(target, "pair", "other");  // 4
  CoreMaker ambiguous;
  TypeId id = add_pair(ambiguous.types, "pair");
  ambiguous.ask(CoreKind::target_type_id, id, "0", 0);
  ambiguous.ask(CoreKind::type_size, id, "0", 8);
  const CoreKernel kernel = kernel_of(target);
  CHECK(
      resolve(ambiguous, kernel) ==
      Texts{
          "ambiguous: several types match, but differ in target_type_id: struct pair [2] in vmlinux is 2, struct pair "
          "[4] in vmlinux is 4",
          "same 8"});
  CoreMaker narrowed;
  id = add_pair(narrowed.types, "pair");
  narrowed.ask(CoreKind::field_exists, id, "0:1", 1);
  narrowed.ask(CoreKind::target_type_id, id, "0", 0);
  CHECK(resolve(narrowed, kernel) == Texts{"same 1", "ok 2"});
  // Not one in a program that is left out by default.
  BpfObject bpf = narrowed.bpf();
  const BpfProgram whole = bpf.programs[0];
  CoreObject object = read_core_object(bpf);
  object.programs = {{.section = "?sec", .name = "optional", .first_insn = 0, .code = whole.code.slice(0, 16)},
                     {.section = "sec", .name = "loaded", .first_insn = 2, .code = whole.code.slice(16, 16)}};
  object.relocations[1].program = 1;
  object.relocations[1].program_insn = 0;
  const CoreAnswer left_out = resolve_core(object, kernel);
  CHECK(text_of(left_out.results[0]) == "same 1");
  CHECK(left_out.results[1].verdict == CoreVerdict::ambiguous);

  BtfBuilder apart;
  add_pair(apart, "pair");
  apart.add_composite(Kind::struct_, "pair", 16);
  apart.add_member("b", TypeId{1}, 96);
  CoreMaker offsets;
  id = add_pair(offsets.types, "pair");
  offsets.ask(CoreKind::field_exists, id, "0:1", 1);
  const CoreAnswer answer = resolve_core(offsets.object(), kernel_of(apart));
  CHECK(text_of(answer.results[0]) ==
        "ambiguous: several types match, but differ in the offset: struct pair [2] in vmlinux is 4, struct pair [3] in "
        "vmlinux is 12");
  CHECK(answer.results[0].reason == CoreReason::offsets_differ);
  CHECK(answer.failures == 1);
  CHECK_FALSE(answer.loads());
}

TEST_CASE("Modules are searched when vmlinux has no type of the name") {
  BtfBuilder base;
  base.add_int("int", 4, 1);                     // 1
  base.add_composite(Kind::struct_, "both", 4);  // 2
  base.add_member("old", TypeId{1}, 0);
  const BtfPtr vmlinux = base.build();
  const auto module = [&](std::uint32_t at) {
    BtfBuilder builder(vmlinux);
    builder.add_composite(Kind::struct_, "mine", 32);  // 3
    builder.add_member("x", TypeId{1}, at);
    builder.add_composite(Kind::struct_, "both", 8);  // 4
    builder.add_member("x", TypeId{1}, 32);
    return builder.build();
  };
  CoreMaker maker;
  maker.types.add_int("int", 4, 1);
  const TypeId mine = maker.types.add_composite(Kind::struct_, "mine", 4);
  maker.types.add_member("x", TypeId{1}, 0);
  const TypeId both = maker.types.add_composite(Kind::struct_, "both", 4);
  maker.types.add_member("x", TypeId{1}, 0);
  const TypeId forward = maker.types.add(Kind::fwd, "mine", 0);
  maker.ask(CoreKind::byte_offset, mine, "0:0", 0);
  maker.ask(CoreKind::target_type_id, mine, "0", 0);
  maker.ask(CoreKind::byte_offset, both, "0:0", 0);
  maker.ask(CoreKind::type_exists, forward, "0", 1);

  CoreKernel kernel("kernel", vmlinux);
  CoreMaker copy = maker;
  CHECK(resolve(copy, kernel) == Texts{"poison: no struct mine in vmlinux", "absent 0: no struct mine in vmlinux",
                                       "poison: struct both has no member 'x'", "absent 0: no struct mine in vmlinux"});
  kernel.add_module("first", module(64));
  const std::string id_warning = " [module-type-id: the id is one of module first, which the instruction cannot tell]";
  copy = maker;
  CHECK(
      resolve(copy, kernel) ==
      Texts{"ok 8", "ok 3" + id_warning,
            "poison: struct both has no member 'x'; there is a match in first, but modules are not searched when "
            "vmlinux has a type of that name",
            "absent 0: struct mine is only declared in the object, and so its definition does not count; there is one "
            "in first"});
  copy = maker;
  CHECK(
      resolve(copy, kernel, true) ==
      Texts{"ok 8", "ok 3" + id_warning,
            "ok 4 [beyond-reference: differs from the reference, which gives poison: struct both has no member 'x'; "
            "there is a match in first, but modules are not searched when vmlinux has a type of that name]",
            "same 1 [beyond-reference: differs from the reference, which gives absent 0: struct mine is only declared "
            "in the object, and so its definition does not count; there is one in first]"});
  kernel.add_module("second", module(128));
  copy = maker;
  CHECK(resolve(copy, kernel)[0] ==
        "ambiguous: several types match, but differ in the offset: struct mine [3] in first is 8, struct mine [3] in "
        "second is 16");
}

TEST_CASE("With --search-all the very name comes before flavours") {
  BtfBuilder target;
  target.add_composite(Kind::struct_, "conn___init", 8);
  target.add_composite(Kind::struct_, "conn", 248);
  CoreMaker maker;
  const TypeId id = maker.types.add_composite(Kind::struct_, "conn", 4);
  maker.ask(CoreKind::type_size, id, "0", 4);
  const CoreKernel kernel = kernel_of(target);
  const std::string ambiguity =
      "ambiguous: several types match, but differ in type_size: struct conn___init [1] in vmlinux is 8, struct conn "
      "[2] "
      "in vmlinux is 248";
  CHECK(resolve(maker, kernel) == Texts{ambiguity});
  CHECK(resolve(maker, kernel, true) ==
        Texts{"ok 248 [beyond-reference: differs from the reference, which gives " + ambiguity + "]"});
}

TEST_CASE("Relocations that make no sense are errors on every kernel") {
  CoreMaker maker;
  const TypeId pair = add_pair(maker.types, "pair");
  const TypeId anonymous = maker.types.add_composite(Kind::struct_, "", 4);
  maker.ask(CoreKind::byte_offset, pair, "0:2", 0);
  maker.ask(CoreKind::type_size, anonymous, "0", 4);
  maker.relocate(maker.add_value(0), 13, pair, "0");
  maker.ask(CoreKind::signedness, pair, "1", 0);
  maker.relocate(maker.add(test::exit_program), CoreKind::byte_offset, pair, "0:0");
  maker.ask(CoreKind::byte_offset, pair, "0:1", 77);
  BtfBuilder target;
  add_pair(target, "pair");
  CHECK(resolve(maker, kernel_of(target)) ==
        Texts{"error: struct pair has no member 2, only 2", "error: an anonymous type cannot be looked for",
              "error: relocation kind 13 is not known", "error: signed cannot be asked of an element",
              "error: the instruction (code 0x95) is none that can be relocated",
              "error: the instruction's 64-bit immediate is 77, but the object's own types give 4"});
}

TEST_CASE("A bitfield read without the builtins is warned of when it lies elsewhere") {
  CoreMaker maker;
  add_record(maker.types, "record", 0);
  maker.relocate(maker.add(test::load_field(1, 25)), CoreKind::byte_offset, record_id, "0:2");
  BtfBuilder same, moved;
  add_record(same, "record", 0);
  add_record(moved, "record", 1);
  CoreMaker copy = maker;
  // The load takes the byte at 25, of which the program keeps bits 5 to 7.
  CHECK(
      resolve(copy, kernel_of(same)) ==
      Texts{"ok 24 [bitfield-place: a bitfield is accessed without the builtins for that: the program takes 3 bits at "
            "24.5, but the field is 3 bits at 25.5]"});
  CoreMaker whole;
  add_record(whole.types, "record", 0);
  whole.relocate(whole.add(test::load_field(4, 24)), CoreKind::byte_offset, record_id, "0:2");
  CHECK(resolve(whole, kernel_of(same)) == Texts{"same 24"});
  whole = CoreMaker();
  add_record(whole.types, "record", 0);
  whole.relocate(whole.add(test::load_field(4, 24)), CoreKind::byte_offset, record_id, "0:2");
  CHECK(resolve(whole, kernel_of(moved)) ==
        Texts{"same 24 [bitfield-place: a bitfield is accessed without the builtins for that: the program takes 3 bits "
              "at 25.5, but the field is 3 bits at 25.6]"});
}

TEST_CASE("A load of a field of another size is adapted or poisoned") {
  const auto with = [](std::string_view type, std::uint32_t size, std::uint32_t encoding, std::uint32_t bits = 0) {
    BtfBuilder types;
    const TypeId member = types.add_int(type, size, encoding);
    types.add_composite(Kind::struct_, "s", 16, true);
    types.add_member("a", member, 32, bits);
    return types;
  };
  const auto resolve_on = [](BtfBuilder local, const BtfBuilder& target) {
    CoreMaker maker;
    maker.types = std::move(local);
    maker.relocate(maker.add(test::load_field(4, 4)), CoreKind::byte_offset, TypeId{2}, "0:0");
    const CoreAnswer answer = resolve_core(maker.object(), kernel_of(target));
    return std::pair(text_of(answer.results.at(0)), answer.results[0].new_width);
  };
  const BtfBuilder u32 = with("u32", 4, 0), s32 = with("s32", 4, 1);
  CHECK(resolve_on(u32, with("u64", 8, 0)) == std::pair(std::string("ok 4"), 8U));
  CHECK(resolve_on(u32, s32) == std::pair(std::string("same 4"), 4U));
  const std::string rule =
      ": a load or store is only adapted from pointer to pointer and from unsigned integer to unsigned integer";
  CHECK(resolve_on(s32, with("s64", 8, 1)).first ==
        "poison 4: 's.a' is 's64' of 8 bytes, in the object 's32' of 4 bytes" + rule);
  CHECK(resolve_on(u32, with("u32", 4, 0, 7)).first ==
        "poison 4: 's.a' is a bitfield of 7 bits, in the object 'u32' of 4 bytes" + rule);
}

TEST_CASE("What does not fit in an immediate is cut, with a warning") {
  CoreMaker maker;
  const TypeId id = maker.types.add(Kind::enum_, "color", 4);
  maker.types.add_enumerator("RED", 1);
  maker.relocate(maker.add(test::move_immediate(1, 1)), CoreKind::enumerator_value, id, "0");
  BtfBuilder target;
  target.add(Kind::enum64, "color", 8);
  target.add_enumerator("RED", 1ULL << 33);
  CHECK(resolve(maker, kernel_of(target)) ==
        Texts{"ok 8589934592 [immediate-cut: 8589934592 does not fit in the instruction's 32 bits, and is cut]"});
}

TEST_CASE("Names of one part are found by what is before their flavour") {
  BtfBuilder target;
  target.add_int("x", 4);
  target.add_int("x___a", 4);
  target.add_int("x___a___b", 4);
  target.add_int("x", 4);
  const CoreKernel kernel = kernel_of(target);
  CHECK(kernel.find(0, "x") == std::vector<TypeId>{TypeId{1}, TypeId{2}, TypeId{4}});
  CHECK(kernel.find(0, "x___a") == std::vector<TypeId>{TypeId{3}});
  CHECK(kernel.find(0, "y").empty());
}

TEST_CASE("Very many types of one name are not tried for very many relocations", "[slow]") {
  CoreMaker maker;
  const TypeId id = add_pair(maker.types, "s", "gone");
  const std::uint32_t insn = maker.add(test::move_immediate(1, 4));
  for (int i = 0; i < 500; ++i) maker.relocate(insn, CoreKind::byte_offset, id, "0:1");
  BtfBuilder types;
  for (int i = 0; i < 20'000; ++i) types.add_composite(Kind::struct_, "s", 8);
  const CoreKernel kernel = kernel_of(types);
  const CoreAnswer answer = resolve_core(maker.object(), kernel);
  CHECK(text_of(answer.results.front()) ==
        "poison: struct s has no member 'gone'; 19999 other types of that name do not match either");
  CHECK(text_of(answer.results.back()) ==
        "error: matching this object takes too much: too many types of one name, or with too many members");
  CHECK(answer.results.back().candidates.empty());
}

}  // namespace btfx

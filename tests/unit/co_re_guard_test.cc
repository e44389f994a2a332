#include "transform/co_re/guard.h"

#include <string>
#include <vector>

#include "catch.h"
#include "support/co_re_maker.h"
#include "transform/co_re/object.h"
#include "transform/co_re/resolve.h"

namespace btfx {
namespace {

using test::CoreMaker;

/// Adds `struct s { int a; struct { int c; } b; }` and gives its id.
TypeId add_struct(BtfBuilder& types) {
  const TypeId number = types.add_int("int", 4, 1);
  const TypeId inner = types.add_composite(Kind::struct_, "inner", 4);
  types.add_member("c", number, 0);
  const TypeId id = types.add_composite(Kind::struct_, "s", 8);
  types.add_member("a", number, 0);
  types.add_member("b", inner, 32);
  return id;
}

/// How each poisoned relocation is guarded on a kernel that has an empty `struct s`, or none.
std::vector<CoreGuard> guards(CoreMaker& maker, bool has_struct = true) {
  BtfBuilder target;
  target.add_composite(Kind::struct_, has_struct ? "s" : "t", 8);
  const CoreAnswer answer = resolve_core(maker.object(), {"kernel", target.build()});
  std::vector<CoreGuard> found;
  for (const CoreResult& result : answer.results) {
    if (result.verdict == CoreVerdict::poison) found.push_back(result.guard);
  }
  return found;
}

/// What follows is reached only by what its user has set in the program's data.
void branch_on_setting(CoreMaker& maker) {
  maker.add({.code = 0x18, .dst = 2, .src = 2});
  maker.add({});
  maker.add(test::load_field(8, 0));
  maker.add(test::jump_if_equal(1, 0, 1));
  maker.add(test::exit_program);
}

using Guards = std::vector<CoreGuard>;

}  // namespace

TEST_CASE("What is surely reached is not guarded, whatever the program asks") {
  // seen = field_exists(s->a); return s->a;
  CoreMaker maker;
  TypeId id = add_struct(maker.types);
  maker.ask(CoreKind::field_exists, id, "0:0", 1);
  maker.ask(CoreKind::byte_offset, id, "0:0", 0);
  CHECK(guards(maker) == Guards{CoreGuard::none});
  // if (!field_exists(s->a)) return s->a;
  CoreMaker negated;
  id = add_struct(negated.types);
  negated.relocate(negated.add(test::move_immediate(1, 1)), CoreKind::field_exists, id, "0:0");
  negated.add(test::jump_if_equal(1, 1, 1));
  negated.relocate(negated.add(test::load_field(4, 0)), CoreKind::byte_offset, id, "0:0");
  negated.add(test::exit_program);
  CHECK(guards(negated) == Guards{CoreGuard::none});
  // if (s->b.c == 0) ... : a branch on what the kernel has at run time keeps nobody from s->a
  CoreMaker free;
  id = add_struct(free.types);
  free.ask(CoreKind::field_exists, id, "0:0", 1);
  free.add(test::load_field(4, 4));
  free.add(test::jump_if_equal(1, 0, 1));
  free.relocate(free.add(test::load_field(4, 0)), CoreKind::byte_offset, id, "0:0");
  free.add(test::exit_program);
  CHECK(guards(free) == Guards{CoreGuard::none});
}

TEST_CASE("Behind a branch that may depend on it, asking whether the same thing exists guards an access") {
  CoreMaker maker;
  const TypeId id = add_struct(maker.types);
  branch_on_setting(maker);
  maker.ask(CoreKind::byte_offset, id, "0:0", 0);
  maker.ask(CoreKind::byte_offset, id, "0:1:0", 4);
  CHECK(guards(maker) == Guards{CoreGuard::none, CoreGuard::none});
  maker.ask(CoreKind::field_exists, id, "0:0", 1);
  CHECK(guards(maker) == Guards{CoreGuard::existence, CoreGuard::none});
}

TEST_CASE("Asking for what it is part of guards it, too") {
  CoreMaker container;
  TypeId id = add_struct(container.types);
  branch_on_setting(container);
  container.ask(CoreKind::byte_offset, id, "0:1:0", 4);
  container.ask(CoreKind::field_exists, id, "0:1", 1);
  CHECK(guards(container) == Guards{CoreGuard::existence});
  CoreMaker type;
  id = add_struct(type.types);
  branch_on_setting(type);
  type.ask(CoreKind::byte_offset, id, "0:1:0", 4);
  type.ask(CoreKind::type_exists, id, "0", 1);
  CHECK(guards(type, false) == Guards{CoreGuard::existence});
  CHECK(guards(type, true) == Guards{CoreGuard::none});  // it is told that the type exists
}

TEST_CASE("A size or id that is asked for is no question whether something exists") {
  CoreMaker maker;
  const TypeId id = add_struct(maker.types);
  maker.ask(CoreKind::type_size, id, "0", 8);
  maker.ask(CoreKind::target_type_id, id, "0", raw(id));
  maker.ask(CoreKind::byte_offset, id, "0:0", 0);
  CHECK(guards(maker, false) == Guards{CoreGuard::none});
}

TEST_CASE("What fails in a program that is left out by default is not counted") {
  CoreMaker maker;
  maker.section = "?sec";
  const TypeId id = add_struct(maker.types);
  maker.ask(CoreKind::byte_offset, id, "0:0", 0);
  maker.relocate(maker.add(test::exit_program), CoreKind::field_exists, id, "0:0");  // no instruction for that
  maker.ask(CoreKind::byte_offset, id, "0:0", 0);                                    // which is not reached
  BtfBuilder target;
  target.add_composite(Kind::struct_, "s", 8);
  const CoreAnswer answer = resolve_core(maker.object(), {"kernel", target.build()});
  CHECK(answer.results[0].guard == CoreGuard::not_loaded);
  CHECK(answer.results[1].verdict == CoreVerdict::error);
  CHECK(answer.results[1].guard == CoreGuard::not_loaded);
  CHECK(answer.results[2].guard == CoreGuard::unreachable);
  CHECK(answer.loads());
  CHECK(answer.optional_failures == 2);
}

TEST_CASE("What only programs call that are left out by default is not reached") {
  CoreMaker maker;
  const TypeId id = add_struct(maker.types);
  maker.add({.code = 0x85, .src = 1, .imm = 1});
  maker.add(test::exit_program);
  maker.ask(CoreKind::byte_offset, id, "0:0", 0);
  BpfObject bpf = maker.bpf();
  BpfProgram whole = bpf.programs[0];
  bpf.programs = {{.section = "?a", .name = "optional", .code = whole.code.slice(0, 16)},
                  {.section = "sec", .name = "sub", .first_insn = 2, .code = whole.code.slice(16, 16)}};
  bpf.references = {{.section = "?a", .insn = 0, .function = 1}};
  const auto guard_in = [&](const std::string& section) {
    bpf.programs[0].section = bpf.references[0].section = section;
    CoreObject object = read_core_object(bpf);
    object.programs[1].section = ".text";
    BtfBuilder target;
    target.add_composite(Kind::struct_, "s", 8);
    return resolve_core(object, {"kernel", target.build()}).results.at(0).guard;
  };
  CHECK(guard_in("?a") == CoreGuard::unreachable);
  CHECK(guard_in("a") == CoreGuard::none);
}

TEST_CASE("Many functions over the same instructions are not all followed") {
  constexpr std::uint32_t count = 10'000;
  CoreMaker maker;
  const TypeId id = add_struct(maker.types);
  maker.add(test::exit_program);
  for (std::uint32_t i = 1; i < count; ++i) {
    maker.relocate(maker.add(test::move_immediate(1, 0)), CoreKind::byte_offset, id, "0:0");
  }
  BpfObject bpf = maker.bpf();
  BpfProgram whole = bpf.programs[0];
  bpf.programs.assign(count, whole);
  for (std::uint32_t i = 0; i < count; ++i) {
    bpf.programs[i].first_insn = i;
    bpf.programs[i].code = whole.code.slice(std::size_t{i} * BpfInsn::size, std::size_t{count - i} * BpfInsn::size);
  }
  BtfBuilder none;
  const CoreAnswer answer = resolve_core(read_core_object(std::move(bpf)), {"kernel", none.build()});
  CHECK(answer.unguarded == count - 1);
  REQUIRE(answer.results[0].findings.size() == 1);
  CHECK(answer.results[0].findings[0].code.word() == "not-followed");
  CHECK(answer.results[0].findings[0].text == "the object has too much code to tell whether this is guarded");
  CHECK_FALSE(answer.results[0].has_warning());
}

TEST_CASE("What constants make unreachable is guarded whatever was asked for") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    CoreMaker maker(order);
    const TypeId id = add_struct(maker.types);
    const TypeId gone = maker.types.add_composite(Kind::struct_, "gone", 4);
    // if (type_exists(struct gone)) r1 = s->a;
    maker.relocate(maker.add(test::move_immediate(1, 1)), CoreKind::type_exists, gone, "0");
    maker.add(test::jump_if_equal(1, 0, 1));
    maker.relocate(maker.add(test::load_field(4, 0)), CoreKind::byte_offset, id, "0:0");
    maker.add(test::exit_program);
    CHECK(guards(maker) == Guards{CoreGuard::unreachable});
    // Another access, behind that.
    maker.relocate(maker.add(test::load_field(4, 4)), CoreKind::byte_offset, id, "0:1:0");
    CHECK(guards(maker) == Guards{CoreGuard::unreachable, CoreGuard::unreachable});
  }
}

TEST_CASE("An answer counts what is not guarded") {
  CoreMaker maker;
  const TypeId id = add_struct(maker.types);
  branch_on_setting(maker);
  maker.ask(CoreKind::byte_offset, id, "0:0", 0);
  maker.ask(CoreKind::byte_offset, id, "0:1:0", 4);
  maker.ask(CoreKind::field_exists, id, "0:0", 1);
  BtfBuilder target;
  target.add_int("int", 4);
  const CoreAnswer answer = resolve_core(maker.object(), {"kernel", target.build()});
  CHECK(answer.failures == 0);
  CHECK(answer.unguarded == 1);
  CHECK_FALSE(answer.loads());
}

}  // namespace btfx

#include "transform/bpf/stack.h"

#include <initializer_list>
#include <string>

#include "catch.h"

namespace btfx {
namespace {

constexpr BpfValue outside{}, mixed{.knowledge = Knowledge::mixed};
constexpr BpfValue constant(std::uint64_t number) {
  return {.knowledge = Knowledge::constant, .number = number};
}
constexpr BpfValue frame(std::int64_t place) {
  return {.knowledge = Knowledge::frame, .number = static_cast<std::uint64_t>(place)};
}

BpfValue load(const BpfStack& stack, std::int64_t place, std::uint32_t size) {
  return stack.load(place, size);
}

}  // namespace

TEST_CASE("What is stored whole is loaded whole") {
  BpfStack stack;
  stack.store(-8, 8, constant(0x1122334455667788));
  stack.store(-16, 8, frame(-40));
  CHECK(load(stack, -8, 8) == constant(0x1122334455667788));
  CHECK(load(stack, -16, 8) == frame(-40));
  CHECK(load(stack, -24, 8) == outside);
  CHECK(load(stack, -520, 8) == outside);
  CHECK(load(stack, -4, 8) == outside);
  stack.store(-8, 8, outside);
  CHECK(load(stack, -8, 8) == outside);
}

TEST_CASE("Part of a number or of an address is nothing that every verifier knows") {
  BpfStack stack;
  stack.store(-8, 8, constant(0x1122334455667788));
  stack.store(-16, 8, constant(0));
  stack.store(-24, 8, frame(-40));
  CHECK(load(stack, -8, 4) == outside);
  CHECK(load(stack, -4, 4) == outside);
  CHECK(load(stack, -6, 1) == outside);
  CHECK(load(stack, -16, 4) == outside);
  CHECK(load(stack, -12, 8) == outside);
  CHECK(load(stack, -24, 4) == mixed);
  CHECK(load(stack, -20, 8) == mixed);
}

TEST_CASE("Every verifier keeps small zeros, but no other small numbers, and no zeros that come of cutting") {
  BpfStack stack;
  stack.store(-4, 4, constant(0));
  stack.store(-16, 4, constant(7));
  stack.store(-24, 2, constant(0x10000));
  stack.store(-32, 4, mixed);
  stack.store(-40, 4, frame(0));
  stack.store(-48, 4, constant(0));
  stack.store(-60, 8, constant(0));  // in two cells, which no verifier allows
  CHECK(load(stack, -4, 4) == constant(0));
  CHECK(load(stack, -4, 2) == outside);
  CHECK(load(stack, -16, 4) == outside);
  CHECK(load(stack, -24, 2) == outside);
  CHECK(load(stack, -32, 4) == mixed);
  CHECK(load(stack, -40, 4) == mixed);
  CHECK(load(stack, -48, 4) == constant(0));
  CHECK(load(stack, -48, 8) == outside);
  CHECK(load(stack, -60, 8) == outside);
}

TEST_CASE("A store into a part of a cell leaves nothing known of the rest") {
  BpfStack stack;
  stack.store(-8, 8, constant(0));
  stack.store(-4, 4, constant(0));
  CHECK(load(stack, -8, 4) == outside);
  CHECK(load(stack, -4, 4) == constant(0));
  stack.store(-8, 4, constant(0));
  CHECK(load(stack, -8, 4) == constant(0));
  CHECK(load(stack, -4, 4) == outside);
  stack.store(-16, 8, constant(5));
  stack.store(-16, 1, mixed);
  CHECK(load(stack, -16, 1) == mixed);
  CHECK(load(stack, -16, 4) == mixed);
  CHECK(load(stack, -12, 4) == outside);
  stack.store(-16, 4, outside);
  CHECK(load(stack, -16, 8) == outside);
  stack.store(-24, 8, frame(-8));
  stack.store(-24, 4, outside);
  CHECK(load(stack, -24, 4) == outside);
  CHECK(load(stack, -20, 4) == mixed);  // what is left of an address
  CHECK(stack.size() == 2);
}

TEST_CASE("What the kernel fills is not known, what anybody may have written may be anything") {
  BpfStack stack;
  stack.store(-8, 8, constant(5));
  stack.store(-16, 8, constant(6));
  stack.fill(-12, -4);
  CHECK(load(stack, -12, 8) == outside);
  CHECK(load(stack, -16, 4) == outside);
  CHECK(stack.size() == 0);
  stack.mix(-600, 100);
  CHECK(load(stack, -512, 8) == mixed);
  CHECK(load(stack, -8, 8) == mixed);
  stack.store(-8, 8, constant(5));
  stack.mix_all();
  CHECK(load(stack, -8, 8) == mixed);
  CHECK(stack.size() == 0);
}

TEST_CASE("An address that is stored is remembered, even when it is overwritten") {
  BpfStack stack;
  CHECK_FALSE(stack.is_shared());
  stack.store(-8, 8, constant(0));
  CHECK_FALSE(stack.is_shared());
  stack.store(-8, 8, frame(-16));
  stack.store(-8, 8, constant(0));
  CHECK(stack.is_shared());
}

TEST_CASE("Two ways keep what they have in common") {
  BpfStack one, other;
  for (BpfStack* stack : {&one, &other}) stack->store(-8, 8, constant(1));
  one.store(-16, 8, constant(2));
  other.store(-16, 8, constant(3));
  one.store(-24, 8, constant(4));
  other.store(-36, 4, constant(0));
  other.store(-48, 8, outside);
  one.store(-56, 8, constant(0));
  other.store(-56, 4, constant(0));
  CHECK(one.join(other));
  CHECK(load(one, -8, 8) == constant(1));
  CHECK(load(one, -16, 8) == mixed);
  CHECK(load(one, -24, 8) == mixed);
  CHECK(load(one, -36, 4) == mixed);
  CHECK(load(one, -40, 4) == outside);
  CHECK(load(one, -48, 8) == outside);
  CHECK(load(one, -56, 4) == mixed);
  CHECK(load(one, -52, 4) == mixed);
  CHECK_FALSE(one.join(other));
  BpfStack all;
  all.mix_all();
  CHECK(one.join(all));
  CHECK(load(one, -100, 8) == mixed);
  CHECK(load(one, -48, 8) == mixed);
  other.share();
  CHECK(one.join(other));
  CHECK(one.is_shared());
}

TEST_CASE("However often ways meet, a stack does not grow") {
  BpfStack stack;
  for (std::int64_t place = -512; place < 0; ++place) {
    BpfStack other = stack;
    other.store(place, 1, mixed);
    stack.join(other);
  }
  CHECK(stack.size() == 64);
  CHECK(load(stack, -512, 8) == mixed);
}

}  // namespace btfx

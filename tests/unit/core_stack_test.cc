#include "transform/core_stack.h"

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
  return stack.load(place, size, ByteOrder::little);
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

TEST_CASE("Part of a number is by the byte order, part of an address is nothing") {
  BpfStack stack;
  stack.store(-8, 8, constant(0x1122334455667788));
  CHECK(stack.load(-8, 4, ByteOrder::little) == constant(0x55667788));
  CHECK(stack.load(-8, 4, ByteOrder::big) == constant(0x11223344));
  CHECK(stack.load(-6, 1, ByteOrder::little) == constant(0x66));
  CHECK(stack.load(-6, 1, ByteOrder::big) == constant(0x33));
  stack.store(-16, 8, frame(-40));
  CHECK(load(stack, -16, 4) == mixed);
  CHECK(load(stack, -12, 8) == mixed);
}

TEST_CASE("The verifier keeps zeros anywhere, other small numbers only at multiples of eight") {
  BpfStack stack;
  stack.store(-4, 4, constant(0));
  stack.store(-6, 2, constant(0x10000));  // which is cut to 0
  stack.store(-16, 4, constant(7));
  stack.store(-20, 4, constant(7));
  stack.store(-32, 4, mixed);
  stack.store(-40, 4, frame(0));
  CHECK(load(stack, -4, 4) == constant(0));
  CHECK(load(stack, -6, 6) == constant(0));
  CHECK(load(stack, -16, 4) == constant(7));
  CHECK(load(stack, -20, 4) == outside);
  CHECK(load(stack, -32, 4) == mixed);
  CHECK(load(stack, -40, 4) == mixed);
}

TEST_CASE("A store leaves the rest of what it covers in part") {
  BpfStack stack;
  stack.store(-16, 8, constant(0));
  stack.store(-8, 8, constant(5));
  stack.store(-10, 4, mixed);  // over the end of one and the start of the other
  CHECK(load(stack, -16, 4) == constant(0));
  CHECK(load(stack, -12, 2) == constant(0));
  CHECK(load(stack, -10, 4) == mixed);
  CHECK(load(stack, -6, 2) == mixed);  // part of a number that is no more
  CHECK(load(stack, -16, 8) == mixed);
  CHECK(stack.size() == 3);
}

TEST_CASE("What the kernel fills is not known, what anybody may have written may be anything") {
  BpfStack stack;
  stack.store(-8, 8, constant(5));
  stack.store(-16, 8, constant(6));
  stack.fill(-12, -4);
  CHECK(load(stack, -12, 8) == outside);
  CHECK(load(stack, -16, 4) == mixed);
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
  other.store(-36, 8, constant(5));
  other.store(-48, 8, outside);
  CHECK(one.join(other));
  CHECK(load(one, -8, 8) == constant(1));
  CHECK(load(one, -16, 8) == mixed);
  CHECK(load(one, -24, 8) == mixed);
  CHECK(load(one, -36, 8) == mixed);
  CHECK(load(one, -48, 8) == outside);
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
  CHECK(stack.size() == 1);
  CHECK(load(stack, -512, 8) == mixed);
}

}  // namespace btfx

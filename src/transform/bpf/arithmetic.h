// Arithmetic and comparisons of BPF instructions, on numbers.
#pragma once

#include <cstdint>
#include <optional>

namespace btfx {

/// The operations of ALU and ALU64, in the upper half of the code.
struct Arithmetic {
  enum : std::uint8_t {
    add = 0x00,
    subtract = 0x10,
    multiply = 0x20,
    or_ = 0x40,
    and_ = 0x50,
    shift_left = 0x60,
    shift_right = 0x70,
    xor_ = 0xa0,
    move = 0xb0,
    shift_right_signed = 0xc0,
  };
};

/// Those of JMP and JMP32.
struct Jump {
  enum : std::uint8_t {
    always = 0x00,
    equal = 0x10,
    greater = 0x20,
    greater_equal = 0x30,
    bits_set = 0x40,
    not_equal = 0x50,
    greater_signed = 0x60,
    greater_equal_signed = 0x70,
    call = 0x80,
    exit_ = 0x90,
    less = 0xa0,
    less_equal = 0xb0,
    less_signed = 0xc0,
    less_equal_signed = 0xd0,
    may_goto = 0xe0,
  };
};

/// 32 bits as a signed number of 64.
constexpr std::uint64_t sign_extended(std::uint32_t value) {
  return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)});
}

/// What an operation gives; nothing for those that are not followed because not every verifier does: division, a change
/// of sign, shifts by as many bits as there are or more. `narrow`: whether it is one of 32 bits, of which more may come
/// back.
std::optional<std::uint64_t> compute(std::uint8_t operation, std::uint64_t one, std::uint64_t other, bool narrow);

/// Whether a branch is taken; nothing when it is none that is followed.
std::optional<bool> is_taken(std::uint8_t operation, std::uint64_t one, std::uint64_t other);

}  // namespace btfx

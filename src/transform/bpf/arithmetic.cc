#include "transform/bpf/arithmetic.h"

namespace btfx {

std::optional<std::uint64_t> compute(std::uint8_t operation, std::uint64_t one, std::uint64_t other, bool narrow) {
  const bool shifts = operation == Arithmetic::shift_left || operation == Arithmetic::shift_right ||
                      operation == Arithmetic::shift_right_signed;
  if (shifts && other >= (narrow ? 32 : 64)) return std::nullopt;
  switch (operation) {
    case Arithmetic::add:
      return one + other;
    case Arithmetic::subtract:
      return one - other;
    case Arithmetic::multiply:
      return one * other;
    case Arithmetic::or_:
      return one | other;
    case Arithmetic::and_:
      return one & other;
    case Arithmetic::xor_:
      return one ^ other;
    case Arithmetic::shift_left:
      return one << other;
    case Arithmetic::shift_right:
      return one >> other;
    case Arithmetic::shift_right_signed:
      return static_cast<std::uint64_t>(
          static_cast<std::int64_t>(narrow ? sign_extended(static_cast<std::uint32_t>(one)) : one) >> other);
    default:
      return std::nullopt;
  }
}

std::optional<bool> is_taken(std::uint8_t operation, std::uint64_t one, std::uint64_t other) {
  const auto signed_one = static_cast<std::int64_t>(one), signed_other = static_cast<std::int64_t>(other);
  switch (operation) {
    case Jump::equal:
      return one == other;
    case Jump::not_equal:
      return one != other;
    case Jump::greater:
      return one > other;
    case Jump::greater_equal:
      return one >= other;
    case Jump::less:
      return one < other;
    case Jump::less_equal:
      return one <= other;
    case Jump::bits_set:
      return (one & other) != 0;
    case Jump::greater_signed:
      return signed_one > signed_other;
    case Jump::greater_equal_signed:
      return signed_one >= signed_other;
    case Jump::less_signed:
      return signed_one < signed_other;
    case Jump::less_equal_signed:
      return signed_one <= signed_other;
    default:
      return std::nullopt;
  }
}

}  // namespace btfx

#include "transform/bpf/arithmetic.h"

#include "catch.h"

namespace btfx {

TEST_CASE("Operations of BPF on numbers") {
  CHECK(compute(Arithmetic::add, 6, ~std::uint64_t{0}, false) == 5);
  CHECK(compute(Arithmetic::subtract, 0, 1, false) == ~std::uint64_t{0});
  CHECK(compute(Arithmetic::shift_left, 1, 63, false) == std::uint64_t{1} << 63);
  CHECK_FALSE(compute(Arithmetic::shift_left, 1, 64, false).has_value());  // as many as the number has bits
  CHECK_FALSE(compute(Arithmetic::shift_right, 1, 32, true).has_value());
  CHECK_FALSE(compute(Arithmetic::shift_right_signed, 1, ~std::uint64_t{0}, false).has_value());
  CHECK(compute(Arithmetic::shift_right_signed, 0x80000000, 4, true) == 0xfffffffff8000000);
  CHECK(compute(Arithmetic::shift_right_signed, 0x80000000, 4, false) == 0x8000000);
  CHECK_FALSE(compute(0x30, 6, 2, false).has_value());  // a division
  CHECK_FALSE(compute(0x80, 1, 0, false).has_value());  // a change of sign
  CHECK(sign_extended(0xffffffff) == ~std::uint64_t{0});
}

TEST_CASE("Branches of BPF on numbers") {
  CHECK(is_taken(Jump::bits_set, 6, 2) == true);
  CHECK(is_taken(Jump::less, 3, ~std::uint64_t{0}) == true);
  CHECK(is_taken(Jump::less_signed, 3, ~std::uint64_t{0}) == false);
  CHECK(is_taken(Jump::greater_equal, 3, 3) == true);
  CHECK_FALSE(is_taken(Jump::may_goto, 1, 1).has_value());
}

}  // namespace btfx

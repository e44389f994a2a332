#include "transform/core_arithmetic.h"

#include "catch.h"

namespace btfx {

TEST_CASE("Operations of BPF on numbers") {
  CHECK(compute(Arithmetic::add, 6, ~std::uint64_t{0}, false) == 5);
  CHECK(compute(Arithmetic::subtract, 0, 1, false) == ~std::uint64_t{0});
  CHECK(compute(Arithmetic::shift_left, 1, 65, false) == 2);  // as many as the number has bits
  CHECK(compute(Arithmetic::shift_left, 1, 33, true) == 2);
  CHECK(compute(Arithmetic::shift_right_signed, 0x80000000, 4, true) == 0xfffffffff8000000);
  CHECK(compute(Arithmetic::shift_right_signed, 0x80000000, 4, false) == 0x8000000);
  CHECK(compute(Arithmetic::negate, 1, 0, false) == ~std::uint64_t{0});
  CHECK_FALSE(compute(0x30, 6, 2, false).has_value());  // a division
  CHECK(sign_extended(0xffffffff) == ~std::uint64_t{0});
}

TEST_CASE("Branches of BPF on numbers") {
  CHECK(is_taken(Jump::bits_set, 6, 2) == true);
  CHECK(is_taken(Jump::less, 3, ~std::uint64_t{0}) == true);
  CHECK(is_taken(Jump::less_signed, 3, ~std::uint64_t{0}) == false);
  CHECK(is_taken(Jump::greater_equal, 3, 3) == true);
  CHECK_FALSE(is_taken(0xe0, 1, 1).has_value());
}

}  // namespace btfx

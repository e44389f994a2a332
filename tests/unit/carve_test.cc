#include "image/carve.h"

#include <string>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx::test {

TEST_CASE("BTF is carved out of the middle of other bytes, in both orders and with both header lengths") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    for (const std::uint32_t header : {24U, 32U}) {
      CAPTURE(to_string(order), header);
      const Bytes blob = all_kinds().finish(order, header);
      const Bytes flat = Bytes::copy_of(std::string(100, '\x9f') + text_of(blob) + std::string(33, 'x'));
      const std::optional<Carved> found = carve_btf(flat, 0);
      REQUIRE(found);
      CHECK(found->offset == 100);
      CHECK(text_of(found->blob) == text_of(blob));
      CHECK(carve_btf(flat, 97)->offset == 100);
      CHECK_FALSE(carve_btf(flat, 101));
      // Cut anywhere, its header no longer fits.
      for (std::size_t length = 0; length < 100 + blob.size(); length += 7)
        CHECK_FALSE(carve_btf(flat.slice(0, length), 0));
    }
  }
}

TEST_CASE("Only what can be the BTF of a kernel is carved") {
  const Bytes good = small_base().finish(ByteOrder::little, 24);
  const auto carved = [](const Bytes& blob) { return carve_btf(blob, 0).has_value(); };
  CHECK(carved(good));
  CHECK_FALSE(carved(patched(good, 2, {2})));         // version
  CHECK_FALSE(carved(patched(good, 3, {1})));         // flags
  CHECK_FALSE(carved(patched(good, 4, {28})));        // header length
  CHECK_FALSE(carved(patched(good, 8, {4})));         // types do not begin at once
  CHECK_FALSE(carved(patched(good, 12, {0, 0, 1})));  // types run into the strings
  CHECK_FALSE(carved(patched(good, 20, {0, 0, 0, 1})));
  CHECK_FALSE(carved(patched(good, good.size() - 1, {'x'})));  // strings do not end in NUL
  CHECK_FALSE(carved(small_split(small_base().build()).finish(ByteOrder::little, 24)));
  CHECK_FALSE(carve_btf(Bytes::copy_of("?" + text_of(good)), 0));  // kernels align it
}

TEST_CASE("The BTF magic is known in both orders") {
  CHECK(begins_like_btf(as_bytes("\x9f\xeb")));
  CHECK(begins_like_btf(as_bytes("\xeb\x9f and more")));
  CHECK_FALSE(begins_like_btf(as_bytes("\x9f")));
  CHECK_FALSE(
      begins_like_btf(as_bytes("\x7f"
                               "ELF")));
}

}  // namespace btfx::test

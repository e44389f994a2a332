#include "base/endian.h"

#include <array>

#include "catch.h"

namespace btfx {

TEST_CASE("Numbers are loaded and stored in either order at any alignment") {
  std::array<std::byte, 12> buffer{};
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    store(buffer.data() + at, std::uint32_t{0x01020304}, ByteOrder::big);
    CHECK(buffer[at] == std::byte{1});
    CHECK(buffer[at + 3] == std::byte{4});
    CHECK(load<std::uint32_t>(buffer.data() + at, ByteOrder::big) == 0x01020304);
    CHECK(load<std::uint32_t>(buffer.data() + at, ByteOrder::little) == 0x04030201);
    CHECK(load<std::uint16_t>(buffer.data() + at, ByteOrder::big) == 0x0102);
    store(buffer.data() + at, std::uint64_t{0x0102030405060708}, ByteOrder::little);
    CHECK(buffer[at] == std::byte{8});
    CHECK(load<std::uint64_t>(buffer.data() + at, ByteOrder::big) == 0x0807060504030201);
  }
}

TEST_CASE("Byte orders have an opposite and a name") {
  CHECK(other(ByteOrder::little) == ByteOrder::big);
  CHECK(other(other(native_order)) == native_order);
  CHECK(to_string(ByteOrder::little) == std::string("little"));
  CHECK(to_string(ByteOrder::big) == std::string("big"));
}

}  // namespace btfx

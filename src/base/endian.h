// Byte order, and loads and stores that do not care about alignment.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace btfx {

enum class ByteOrder { little, big };

inline constexpr ByteOrder native_order =
    std::endian::native == std::endian::little ? ByteOrder::little : ByteOrder::big;

constexpr std::uint16_t byte_swap(std::uint16_t value) {
  return __builtin_bswap16(value);
}
constexpr std::uint32_t byte_swap(std::uint32_t value) {
  return __builtin_bswap32(value);
}
constexpr std::uint64_t byte_swap(std::uint64_t value) {
  return __builtin_bswap64(value);
}

/// The unsigned integer stored at `from` in the given order. The caller has checked the bounds.
template <typename T>
T load(const std::byte* from, ByteOrder order) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return order == native_order ? value : byte_swap(value);
}

/// Stores an unsigned integer at `to` in the given order.
template <typename T>
void store(std::byte* to, T value, ByteOrder order) {
  if (order != native_order) value = byte_swap(value);
  std::memcpy(to, &value, sizeof value);
}

constexpr ByteOrder other(ByteOrder order) {
  return order == ByteOrder::little ? ByteOrder::big : ByteOrder::little;
}

/// "little" or "big".
constexpr const char* to_string(ByteOrder order) {
  return order == ByteOrder::little ? "little" : "big";
}

}  // namespace btfx

#include "image/carve.h"

#include <algorithm>
#include <cstring>

#include "base/endian.h"

namespace btfx {

namespace {

/// How many bytes the BTF at the start of `bytes` spans if its header makes sense for a root that a kernel carries;
/// 0 if not.
std::uint64_t plausible_length(ByteView bytes, ByteOrder order) {
  const auto word = [&](std::size_t offset) {
    return std::uint64_t{load<std::uint32_t>(bytes.data() + offset, order)};
  };
  if (bytes.size() < btf_header_length) return 0;
  const std::uint64_t header = word(4), type_offset = word(8), type_length = word(12);
  const std::uint64_t string_offset = word(16), string_length = word(20);
  if (header != btf_header_length && header != btf_layout_header_length) return 0;
  const std::uint64_t end = header + string_offset + string_length;
  if (type_offset != 0 || type_length % 4 != 0 || type_length > string_offset) return 0;
  if (string_length == 0 || end > bytes.size()) return 0;
  // The strings of a root begin and end with NUL.
  if (bytes[header + string_offset] != std::byte{0} || bytes[end - 1] != std::byte{0}) return 0;
  return end;
}

}  // namespace

bool begins_like_btf(ByteView bytes) {
  if (bytes.size() < 2) return false;
  const auto magic = load<std::uint16_t>(bytes.data(), native_order);
  return magic == btf_magic || byte_swap(magic) == btf_magic;
}

bool may_be_root(ByteView raw) {
  if (raw.size() < btf_header_length) return false;
  const auto magic = load<std::uint16_t>(raw.data(), ByteOrder::little);
  const ByteOrder order = magic == btf_magic ? ByteOrder::little : ByteOrder::big;
  const std::uint64_t strings =
      std::uint64_t{load<std::uint32_t>(raw.data() + 4, order)} + load<std::uint32_t>(raw.data() + 16, order);
  return strings < raw.size() && raw[strings] == std::byte{0};
}

std::optional<Carved> carve_btf(const Bytes& flat, std::uint64_t from) {
  // Magic, version 1 and flags 0 in one word, as each order stores them.
  constexpr std::uint32_t little = 0x0001eb9f, big = 0x00019feb;
  const ByteView bytes = flat.view();
  for (std::uint64_t at = (from + 3) & ~std::uint64_t{3}; at + btf_header_length <= bytes.size(); at += 4) {
    const auto word = load<std::uint32_t>(bytes.data() + at, ByteOrder::little);
    if (word != little && word != big) continue;
    const std::uint64_t length =
        plausible_length(bytes.subspan(at), word == little ? ByteOrder::little : ByteOrder::big);
    if (length != 0) return Carved{at, flat.slice(at, length)};
  }
  return std::nullopt;
}

}  // namespace btfx

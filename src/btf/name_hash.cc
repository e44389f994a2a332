#include "btf/name_hash.h"

#include <sys/random.h>

#include <cstddef>

#include "base/endian.h"

namespace btfx {

namespace detail {

static HashKeys draw_keys() noexcept {
  HashKeys keys{.low = 0x9e3779b97f4a7c15, .high = 0xd1b54a32d192ed03};
  std::uint64_t drawn[2];
  if (::getrandom(drawn, sizeof drawn, GRND_NONBLOCK) != sizeof drawn) return keys;
  keys.low ^= drawn[0];
  keys.high ^= drawn[1];
  return keys;
}

/// Random in each run: if the hashes of names could be predicted, a file could be made in which every look-up takes as
/// long as reading the file. No result may depend on them.
const HashKeys hash_keys = draw_keys();

}  // namespace detail

namespace {

template <typename Word>
std::uint64_t load_as(const char* from) {
  return load<Word>(reinterpret_cast<const std::byte*>(from), ByteOrder::little);
}

}  // namespace

std::uint64_t hash_text(std::string_view text) {
  // Sixteen bytes at a time, the last of them filled up with zeros, which no text holds: hashed_name() has to make the
  // same of them. The size is left out: mixed into them without a key it would make texts of two sizes equal.
  constexpr std::size_t word_size = sizeof(std::uint64_t), block = 2 * word_size, half = word_size / 2;
  if (text.empty()) return 0;
  const char* at = text.data();
  std::uint64_t state = 0;
  std::size_t left = text.size();
  for (; left > block; left -= block, at += block) {
    state = detail::hash_block(state, load_as<std::uint64_t>(at), load_as<std::uint64_t>(at + word_size));
  }
  // The last word is read so that it ends with the text, and then loses the bytes that it shares with the one before.
  if (left > word_size) {
    const std::uint64_t last = load_as<std::uint64_t>(at + left - word_size) >> (8 * (block - left));
    return detail::hash_block(state, load_as<std::uint64_t>(at), last);
  }
  if (left == word_size) return detail::hash_block(state, load_as<std::uint64_t>(at), 0);
  if (left > half) {
    const std::uint64_t last = load_as<std::uint32_t>(at + left - half) >> (8 * (word_size - left));
    return detail::hash_block(state, load_as<std::uint32_t>(at) | last << 32, 0);
  }
  if (left == half) return detail::hash_block(state, load_as<std::uint32_t>(at), 0);
  const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(at[i])} << (8 * i); };
  return detail::hash_block(state, byte(0) | byte(left / 2) | byte(left - 1), 0);
}

}  // namespace btfx

// Hashes of names: what every table of names, and every comparison of many names, rests on.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace btfx {

/// Both halves of the product of two numbers, folded into one: every bit of it depends on all bits of both.
inline std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// 64 bits that stand for a text without NUL bytes in this run of the program: equal for equal texts, and different for
/// different ones, even for texts that were chosen to collide.
std::uint64_t hash_text(std::string_view text);

namespace detail {

/// What makes the hashes of one run of the program differ from those of another.
struct HashKeys {
  std::uint64_t low, high;
};
extern const HashKeys hash_keys;

/// The next state of a hash, of the first and the last eight of sixteen bytes.
inline std::uint64_t hash_block(std::uint64_t state, std::uint64_t low, std::uint64_t high) {
  return fold_product(low ^ hash_keys.low, high ^ hash_keys.high ^ state);
}

inline std::uint32_t fold_hash(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

}  // namespace detail

/// The hash every table of names uses: hash_text(), folded.
inline std::uint32_t hash_name(std::string_view name) {
  return detail::fold_hash(hash_text(name));
}

/// A name, and its hash_name().
struct HashedName {
  std::string_view text;
  std::uint32_t hash = 0;
};

/// The name that begins with `strings`, a string section from there on, and ends at the first NUL byte, or with the
/// section; the text is a part of `strings`, if empty too. Looks at each byte once, where measuring the name and then
/// hashing it would take twice as long.
inline HashedName hashed_name(std::string_view strings) {
#if defined(__SSE2__)
  constexpr std::size_t block = 16;
  // Shifted by up to 16 bytes, it keeps the bytes in front of the end.
  alignas(block) static constexpr std::array<std::uint8_t, 2 * block> kept = [] {
    std::array<std::uint8_t, 2 * block> bytes{};
    std::fill_n(bytes.begin(), block, std::uint8_t{0xff});
    return bytes;
  }();
  std::uint64_t state = 0, before = 0;
  std::array<std::uint64_t, 2> words{};
  for (std::size_t at = 0; strings.size() - at >= block; at += block) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(strings.data() + at));
    const auto zeros = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())));
    if (zeros == 0) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(words.data()), bytes);
      before = state;
      state = detail::hash_block(state, words[0], words[1]);
      continue;
    }
    const auto end = static_cast<std::size_t>(__builtin_ctz(zeros));
    if (end != 0) {
      const auto* const mask = reinterpret_cast<const __m128i*>(kept.data() + block - end);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(words.data()), _mm_and_si128(bytes, _mm_loadu_si128(mask)));
      before = state;
    } else if (at == 0) {
      return {strings.substr(0, 0)};
    }
    const std::size_t size = at + end;
    return {strings.substr(0, size), detail::fold_hash(detail::hash_block(before, words[0], words[1]))};
  }
#endif
  const std::string_view text = strings.substr(0, strings.find('\0'));
  return {text, hash_name(text)};
}

}  // namespace btfx

// Small BTFs for tests, and short spellings for what tests say often.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/error.h"
#include "btf/btf.h"
#include "btf/builder.h"

namespace btfx::test {

/// What an error said: its code, sentence and place; the sentence is empty when nothing was thrown.
struct Caught {
  ErrorCode code = ErrorCode::usage;
  std::string sentence;  ///< without the place
  std::string message;   ///< with it
  Place place;
};

/// Runs `action` and tells what Error it threw.
template <std::invocable Action>
Caught error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.code(), error.sentence(), error.what(), error.place()};
  }
  return {};
}

/// A root that has every kind at least once, both kind flags, signed and unsigned values, a bitfield and a variadic
/// prototype; 30 types, the last id is 30.
BtfBuilder all_kinds();

/// A small base for split BTF: int (1), struct `base_type` { int a; } (2), pointer to it (3), `long` (4).
BtfBuilder small_base();
/// A split BTF on it: struct `split_type` with a member of the base's type, `ptr` to itself, and a function.
BtfBuilder small_split(const BtfPtr& base);

/// A blob out of raw parts: type words and a string section as given.
Bytes blob_of(std::initializer_list<std::uint32_t> type_words, std::string_view strings, ByteOrder order = native_order,
              std::uint32_t header_length = BtfHeader::old_length);

/// The same bytes with those at `offset` replaced.
Bytes patched(const Bytes& blob, std::size_t offset, std::initializer_list<unsigned> bytes);
/// The same bytes with the word at `offset` replaced.
Bytes patched_word(const Bytes& blob, std::size_t offset, std::uint32_t word, ByteOrder order = native_order);

/// The bytes in a heap buffer of exactly their size and alignment, so that a sanitizer sees the first byte read past
/// them.
Bytes exact_copy(ByteView view);

/// Bytes as text, for comparisons that print.
std::string text_of(const Bytes& bytes);

}  // namespace btfx::test

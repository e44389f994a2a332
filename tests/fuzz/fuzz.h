// What every fuzz target needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "support/btf_samples.h"

/// Called by libFuzzer, or by replay.cc, with one input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace btfx::test {

/// Does something without that the fuzzer counts the branches taken. In steady.cc, or replay.cc.
void uncounted(const std::function<void()>& action);

/// What an input may unpack to: a fuzzer soon finds out how to fill any memory.
inline constexpr std::uint64_t unpacked_limit = 64 << 20;

/// The input in a buffer of exactly its size.
inline Bytes input_bytes(const std::uint8_t* data, std::size_t size) {
  return exact_copy(std::as_bytes(std::span(data, size)));
}

/// An input made of two: two bytes (big-endian) tell how many of the following belong to the first.
struct TwoInputs {
  Bytes first, second;
};
inline std::optional<TwoInputs> two_inputs(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return std::nullopt;
  const std::size_t first_size = std::size_t{data[0]} << 8 | data[1];
  if (first_size > size - 2) return std::nullopt;
  return TwoInputs{input_bytes(data + 2, first_size), input_bytes(data + 2 + first_size, size - 2 - first_size)};
}

}  // namespace btfx::test

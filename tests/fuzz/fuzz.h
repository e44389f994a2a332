// What every fuzz target needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "support/btf_samples.h"

/// Called by libFuzzer, or by replay.cc, with one input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace btfx::test {

/// The input in a buffer of exactly its size.
inline Bytes input_bytes(const std::uint8_t* data, std::size_t size) {
  return exact_copy(std::as_bytes(std::span(data, size)));
}

}  // namespace btfx::test

// What the walks of different inputs share.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace btfx::test {

/// Keeps what was read from being optimised away.
inline volatile std::uint64_t sink = 0;

inline void use(std::uint64_t value) {
  sink = sink + value;
}

inline void use(std::string_view text) {
  std::uint64_t sum = 0;
  for (const char c : text) sum = sum * 31 + static_cast<unsigned char>(c);
  use(sum);
}

/// Throws std::logic_error when a promise is broken.
inline void hold(bool condition, const char* promise) {
  if (!condition) throw std::logic_error(promise);
}

}  // namespace btfx::test

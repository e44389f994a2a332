// What a run that writes nothing says of signed modules.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "base/counted.h"

namespace btfx {

/// A line, or nothing where no module is signed: what has been promised of so many signed modules takes an option.
inline std::string signed_text(std::uint64_t count) {
  if (count == 0) return {};
  return fmt::format("{} signed: to be changed, {} --strip-signature\n", counted(count, "is", "are"),
                     count == 1 ? "it needs" : "they need");
}

}  // namespace btfx

// Numbers of things, in sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace btfx {

/// `1 module`, `2 modules`. `many` is given where it is not `one` with an s.
std::string counted(std::uint64_t count, std::string_view one, std::string_view many = {});

}  // namespace btfx

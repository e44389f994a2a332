// The sections of a module that checking speaks of.
#pragma once

#include <string_view>

namespace btfx {

inline constexpr std::string_view main_section = ".BTF", base_section = ".BTF.base";

}  // namespace btfx

// What sets two types apart that should be one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "btf/btf.h"

namespace btfx {

/// A type for messages: "STRUCT page", "PTR (anon)".
std::string type_label(TypeView type);

/// The first difference of two types themselves, as opposed to what they refer to: kind, name, size, elements with
/// their names, values and places. A sentence such as "STRUCT page has 64 bytes, <other> 56", in which `other` stands
/// for the second, e.g. "that of the base". Nothing when they are the same so far.
std::optional<std::string> shallow_difference(TypeView one, TypeView two, std::string_view other);

}  // namespace btfx

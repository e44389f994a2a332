// The access of a CO-RE relocation, as the object's own BTF has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"
#include "results/co_re.h"

namespace btfx {

/// Why something about a relocation cannot be done, in a word and a sentence.
struct CoreFailure {
  CoreReason reason = CoreReason::none;
  std::string message;
};

/// At most so many numbers make up an access. Source: libbpf's BPF_CORE_SPEC_MAX_LEN.
inline constexpr std::size_t max_core_numbers = 64;

/// A whole access, or what is wrong with it.
struct ParsedAccess {
  CoreAccess access;  ///< up to where it makes sense
  std::optional<CoreFailure> failure;
};

/// Reads an access string and follows it through the types below `root`.
ParsedAccess parse_core_access(const Btf& btf, CoreKind kind, TypeId root, std::string_view text);

/// Whether an ARRAY is a flexible one, that is of no elements and at the end of the struct it was reached through.
/// `container` is the last step before the array.
bool is_flexible_array(const Btf& btf, const CoreStep& container, TypeView array);

/// Adds `index` elements of the type `element` to the offset of an access. What is wrong with that, if something is.
std::optional<CoreFailure> add_elements(const Btf& btf, TypeId element, std::uint32_t index, CoreAccess& access);

}  // namespace btfx

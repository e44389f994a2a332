// Carrying `.BTF_ids` along when the BTF beside it gets other numbers.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/btf.h"
#include "btf/ids.h"

namespace btfx {

/// A section with new numbers.
struct RenumberedIds {
  Bytes section;         ///< of the same size and byte order
  Diagnostics findings;  ///< `id-lost`, `ids-not-mapped`
};

/// Warnings `ids-not-mapped` for what a module with a distilled base cannot rely on: a kernel that relocates it maps
/// the ids of registered sets of kfuncs, not those of lists and other sets.
Diagnostics find_unmapped(const BtfIds& ids);

/// Renumbers the ids of a section that belongs to `btf`. A word becomes 0 when its type has no new number: a warning
/// `id-lost`; an error when `btf` has no such type. Where there are no symbols to tell ids from other words and the
/// section is not empty, that is an error `id-lost`, too. `hint` gives what the warning about a type is to end with.
/// find_unmapped() is among the findings unless the new numbers are final, and no kernel is to map them.
RenumberedIds renumber_ids(BtfIds ids, const Btf& btf, const std::function<std::optional<TypeId>(TypeId)>& new_id,
                           const std::function<std::string_view(TypeView)>& hint = {}, bool are_final = false);

}  // namespace btfx

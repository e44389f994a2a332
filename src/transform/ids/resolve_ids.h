// Filling `.BTF_ids` in: each entry gets the id of the type that its symbol names, and the sets are counted and sorted.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "btf/btf.h"
#include "btf/ids.h"

namespace btfx {

/// A section with its ids.
struct ResolvedIds {
  BtfIds ids;                                  ///< all filled in
  std::uint32_t resolved = 0, unresolved = 0;  ///< symbols
  Diagnostics findings;                        ///< warnings
};

/// Resolves all entries against `btf` and its bases: of several types of that kind and name the lowest id. What no type
/// bears becomes 0. Words without a symbol and the flags of sets and pairs stay what they are. Codes:
///
///     ids-unresolved  no type has that kind and name
///     ids-ambiguous   several have
///
/// `before` is the BTF that `btf` was distilled from, to report what was lost on the way; or null.
ResolvedIds resolve_ids(BtfIds ids, const Btf& btf, const Btf* before = nullptr);

/// What resolving would spoil because it has been done before, one finding (a warning, `ids-resolved-before`) for each
/// such set. Sorting moves ids and flags, while the symbols go on telling the places they were compiled to; so a second
/// time gives functions the flags of others. A set is fine when every symbol still stands beside flags of its own.
/// `btf` is what the section's ids should count by now; where any of them shows that they do not, none of them tells
/// whose flags stand where.
Diagnostics find_resolved_before(const BtfIds& ids, const Btf& btf);

/// Whether a section without symbols may hold ids of `btf`'s own types. It does not when it is as compilers leave it:
/// ids and counts are 0 then, so that whatever is not 0 is flags, each behind a 0.
bool may_hold_ids(const BtfIds& ids, const Btf& btf);
/// Whether any word would name a type that entries may name, if it were an id.
bool names_types(const BtfIds& ids, const Btf& btf);

}  // namespace btfx

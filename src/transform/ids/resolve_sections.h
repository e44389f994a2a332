// The sections of a file whose `.BTF_ids` is filled in: everything that resolving does to them, in its order.
//
// Functions with implicit arguments are split, types are distilled or sorted, and then, when every type has its last
// number, the ids are resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/btf.h"
#include "btf/ids.h"
#include "results/ids.h"

namespace btfx {

struct ResolveOptions {
  std::string file = {};  ///< that has the section, for errors
  bool keep_btf = false;  ///< `.BTF` stays as it is: only ids are changed
  bool distill = false;   ///< make a `.BTF.base`, unless there is one
  bool sort = true;       ///< sort types by name, where nothing is distilled
  bool force = false;     ///< go on where ids may be spoiled
};

/// The file as it was read.
struct ResolveInput {
  std::optional<BtfIds> ids = {};  ///< nothing: the file has no such section
  bool has_symbol_table = true;    ///< of the file
  BtfPtr btf = {};                 ///< what to resolve against
  bool is_distilled = false;       ///< whether that is on a `.BTF.base`
};

/// Whether all that is left to do is to keep words as they are because no symbols explain them.
bool leaves_all(const std::optional<BtfIds>& ids, const ResolveOptions& options);

/// Resolves. Throws Error(refused) for what would be spoiled: ids without symbols when types get other numbers, a
/// section that was resolved before (see find_resolved_before()); `force` lets most of it pass.
ResolvedSections resolve_sections(ResolveInput input, const ResolveOptions& options);
/// For a file of which leaves_all() is true.
ResolvedSections leave_sections(const std::optional<BtfIds>& ids, bool has_symbol_table);

/// The refusal of words without a meaning, because the file has no `missing`: "symbol" or "symbol table". `forced`:
/// what --force does with them.
Error unexplained(const BtfIds& ids, std::string_view missing, std::string_view forced);

}  // namespace btfx

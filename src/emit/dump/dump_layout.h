// The layout dump: composites as C, with the place of every member, what lies between them, and cachelines.
#pragma once

#include "base/output.h"
#include "btf/btf.h"
#include "emit/dump/selection.h"

namespace btfx {

struct LayoutOptions {
  std::uint32_t cacheline = 64;  ///< bytes; not 0
  bool anonymous = false;        ///< show anonymous composites too, not only in what holds them
};

/// Writes the selected composites of `btf`, and the typedefs that name anonymous ones, as commented C. Other types are
/// passed over. Formatted on up to `jobs` threads. Throws Error(malformed) for composites that are nested without end.
void dump_layout(const Btf& btf, const TypeSelection& types, const LayoutOptions& options, Output& out,
                 unsigned jobs = 1);

/// The same as JSON: `{"results":[...],"summary":{...}}`, a record for each composite.
void dump_layout_json(const Btf& btf, const TypeSelection& types, const LayoutOptions& options, bool pretty,
                      Output& out);

}  // namespace btfx

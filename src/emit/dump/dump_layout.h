// The layout dump: composites as C, with the place of every member, what lies between them, and cachelines.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/output.h"
#include "btf/btf.h"
#include "emit/dump/layout_answers.h"
#include "emit/dump/selection.h"

namespace btfx {

struct LayoutOptions {
  std::uint32_t cacheline = 64;  ///< bytes; not 0
  bool anonymous = false;        ///< show anonymous composites too, not only in what holds them
  bool expand = false;           ///< show the members of named composites too, in what holds these
  bool color = false;            ///< text in colours: names, what is between members, cachelines, totals
  bool sizes = false;            ///< instead of layouts a table, the largest first
  LayoutQuery query = {};        ///< which composites to show, of those selected
};

/// Writes the selected composites of `btf` that answer the query, and the typedefs that name anonymous ones, as
/// commented C. Other types are passed over. Formatted on up to `jobs` threads. Returns how many were written. Throws
/// Error(malformed) for composites that are nested without end.
std::size_t dump_layout(const Btf& btf, const TypeSelection& types, const LayoutOptions& options, Output& out,
                        unsigned jobs = 1);

/// The same as JSON: `{"results":[...],"summary":{...}}`, a record for each composite.
std::size_t dump_layout_json(const Btf& btf, const TypeSelection& types, const LayoutOptions& options, bool pretty,
                             Output& out);

}  // namespace btfx

// Layouts of composites as an HTML page with a picture of each.
#pragma once

#include <cstddef>
#include <string>

#include "base/output.h"
#include "btf/btf.h"
#include "emit/dump/dump_layout.h"
#include "emit/dump/selection.h"
#include "emit/report/html.h"

namespace btfx {

/// Writes a page with what dump_layout() shows of the same arguments: a list of the composites, and of the one chosen
/// its bytes in rows of a cacheline, with members, holes and padding. `title` says where the types come from. What does
/// not fit into some megabytes is left out, and the page says so. Returns how many composites answer the query. Throws
/// as dump_layout().
std::size_t write_layout_page(const Btf& btf, const TypeSelection& types, const LayoutOptions& options,
                              const std::string& title, const PageOrigin& origin, Output& out);

}  // namespace btfx

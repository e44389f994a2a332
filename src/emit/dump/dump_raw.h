// The raw dump: one line per type, one indented line per member, as bpftool prints it.
#pragma once

#include "base/output.h"
#include "btf/btf.h"
#include "emit/dump/selection.h"

namespace btfx {

/// Writes the selected types of `btf` as text, formatted on up to `jobs` threads. Names are
/// copied, but for what could command a terminal: printable().
void dump_raw(const Btf& btf, const TypeSelection& types, Output& out, unsigned jobs = 1);

}  // namespace btfx

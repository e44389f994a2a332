// The raw dump as JSON: one object with a list of types, as bpftool prints it. Streamed, because a document tree of a
// whole vmlinux would cost seconds and gigabytes.
#pragma once

#include "base/output.h"
#include "btf/btf.h"
#include "emit/dump/selection.h"

namespace btfx {

enum class JsonLayout {
  compact,  ///< no blanks, one line
  pretty,   ///< indented
};

/// Writes the selected types of `btf` as one JSON document, formatted on up to `jobs` threads. It always
/// parses, and has no character that could command a terminal: these are written as `\\uNNNN`, bytes of names that are
/// no UTF-8 as U+FFFD.
void dump_json(const Btf& btf, const TypeSelection& types, JsonLayout layout, Output& out, unsigned jobs = 1);

}  // namespace btfx

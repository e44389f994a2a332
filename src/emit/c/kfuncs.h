// The kernel functions that a C header declares.
#pragma once

#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "emit/c/dump_c.h"

namespace btfx {

/// A kernel function that BPF programs may call.
struct Kfunc {
  const char* name;
  TypeId function, prototype;
  bool is_fast;  // keeps more registers
};

/// The functions that declaration tags mark as such, by name, one that is tagged twice is there twice; and those that
/// are asked for.
std::vector<Kfunc> find_kfuncs(const Btf& btf, const DumpCOptions& options, Diagnostics& diagnostics);

}  // namespace btfx

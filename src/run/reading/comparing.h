// Reading and comparing what `diff` was given: two BTFs, or two kernels with all their modules.
#pragma once

#include <string>
#include <vector>

#include "btf/btf.h"
#include "emit/report/diff_report.h"
#include "run/context.h"

namespace btfx {

/// What to compare.
struct ComparisonRequest {
  std::vector<std::string> before, after;  ///< of each side one source, or several packages of one kernel
  std::string before_base, after_base;     ///< as given; empty: the one given with -B, or else to be found
  std::vector<std::string> affects;        ///< modules to be judged
};

/// What came of it.
struct Comparison {
  DiffReport report;
  bool complete = true;               ///< false: some modules could not be read, which has been reported
  std::vector<BtfPtr> compared = {};  ///< the two BTFs; of kernels with modules those of vmlinux
};

/// Reads and compares. Directories and packages are kernels: vmlinux is compared with vmlinux, modules with modules of
/// their name, and the old modules are judged unless others are given. Modules without BTF are left out, with a note.
/// Throws Error.
Comparison compare_sources(const ComparisonRequest& request, const Context& context);

}  // namespace btfx

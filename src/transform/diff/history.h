// The life of types through several kernels: in which of them they are declared the same, what changed between them,
// and what became of single members.
#pragma once

#include <string>
#include <vector>

#include "btf/btf.h"
#include "results/history.h"

namespace btfx {

/// What to trace.
struct HistoryRequest {
  /// Shell patterns for names of types, or for a type and one of its members, enumerators or parameters:
  /// `cfs_rq.nr_running`. Empty: everything that changed.
  std::vector<std::string> names;
  unsigned jobs = 1;
};

/// Traces declarations through BTFs in the order given, each compared with the next as compare() does it. What was
/// renamed is one history, under all its names; so is what is gone for a while. At least two BTFs, none of them split.
/// The histories are sorted by kind and name. Without requested names, what never changed is left out.
std::vector<TypeHistory> trace_history(const std::vector<BtfPtr>& kernels, const HistoryRequest& request);

/// Short names for kernels that are known by file names only: without the directories, the words at the beginning and
/// the suffixes that all have in common: `vmlinux-6.12.117-amd64.btf` becomes `6.12.117` beside
/// `vmlinux-7.2-amd64.btf`. The names as they are where short ones would not tell them apart.
std::vector<std::string> short_kernel_names(const std::vector<std::string>& names);

}  // namespace btfx

// The C dump: a header, `vmlinux.h`, with the types of a BTF, as bpftool prints it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/output.h"
#include "btf/btf.h"

namespace btfx {

/// Which kernel functions a header declares.
enum class Kfuncs {
  automatic,  ///< all in a header of all types, none in one for given roots
  none,
  selected,  ///< those among the roots
  all,
};

struct DumpCOptions {
  /// The types to define, in this order, with what they need. Without: all types, those of the base included.
  std::optional<std::vector<TypeId>> roots = std::nullopt;
  /// Whether all types come in an order that does not depend on their ids; roots given one by one are never sorted.
  bool sorted = true;

  // What bpftool does not offer. With any of these its bytes are left.
  std::string guard = "__VMLINUX_H__";  ///< the macro that keeps the header from being read twice
  bool preserve_access_index = true;    ///< tell clang to record accesses for relocation; never in C++
  Kfuncs kfuncs = Kfuncs::automatic;
  /// Functions to declare beside those, though nothing marks them: pahole before 1.27 marked none. Not with
  /// Kfuncs::none.
  std::vector<TypeId> functions = {};
  bool cplusplus = false;      ///< for C++ compilers instead of C ones
  bool avoid_libc = false;     ///< prefix what <stdint.h> and <sys/types.h> name too with `vmlinux_`
  bool ms_extensions = true;   ///< leave anonymous members with a tag to -fms-extensions; never in C++
  bool packed_unions = false;  ///< pack unions whose layout needs it, which bpftool forgets; always in C++
};

/// Writes a C header, one of all types on up to `jobs` threads. Its bytes are those of bpftool 7.8.
///
/// Findings that cost parts of the header go to `diagnostics`. Throws Error(unsupported) before any output when a type
/// is of an unknown kind, and Error(malformed), after the part of the header that could be written, when types embed
/// themselves.
void dump_c(const Btf& btf, const DumpCOptions& options, Output& out, Diagnostics& diagnostics, unsigned jobs = 1);

}  // namespace btfx

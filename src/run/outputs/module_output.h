// Where the commands that change modules write to: into the modules, into one file, or beside them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "inputs/module.h"
#include "run/context.h"
#include "run/outputs/sidecars.h"

namespace btfx {

/// Where results go.
struct ModuleDestination {
  std::string output;     ///< -o: one file
  std::string directory;  ///< --output-dir: a file for each module and section, `DIR/NAME.BTF`
  bool in_place = false;  ///< --in-place: the modules themselves
  bool dry_run = false;   ///< --dry-run: nowhere

  /// Whether nothing is written.
  [[nodiscard]] bool nowhere() const { return dry_run || (output.empty() && directory.empty() && !in_place); }
  /// Whether standard output is taken by the result.
  [[nodiscard]] bool takes_stdout() const { return output == "-" && !nowhere(); }
};

/// The sections that count by types; those that are empty are not there.
struct ModuleSections {
  Bytes btf, base, ids;
};

/// What was written for one module.
struct ModuleOutput {
  Sidecars files = {};                ///< also where they are one file, and no sidecars
  std::optional<Bytes> for_stdout{};  ///< still to be written there, in the order of the modules: see BatchReport
};

/// Writes the sections where they are to go: into the module, which keeps its other sections and its compression, or as
/// sidecars `DIR/NAME.BTF`, `DIR/NAME.BTF.base` and `DIR/NAME.BTF_ids`, where NAME is the module's file name without
/// the suffix of a compression. A signature is dropped where `strip_signature` allows it. Nothing is written to a
/// destination that is nowhere. Raw BTF can be changed if it needs no second section. Throws Error(refused) for what
/// cannot be changed, and Error(io).
ModuleOutput write_sections(const Module& module, const ModuleSections& sections, const ModuleDestination& destination,
                            bool strip_signature);
/// Writes a BTF and its ids by themselves: the BTF to the one file, or both as sidecars.
ModuleOutput write_raw(const Module& module, const ModuleSections& sections, const ModuleDestination& destination);
/// Lets a module that is as it should be arrive where the result was to go; in place it is already.
ModuleOutput write_unchanged(const Module& module, const ModuleSections& sections,
                             const ModuleDestination& destination);

/// Throws Error(malformed) when the file has another byte order than its BTF.
void refuse_mixed_byte_orders(const Module& module, const Btf& btf);

}  // namespace btfx

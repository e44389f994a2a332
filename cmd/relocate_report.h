// What `btfx relocate` prints about one module.
#pragma once

#include <string>
#include <vector>

#include "btf/btf.h"
#include "emit/report/json_results.h"
#include "transform/relocate/relocate.h"
#include "transform/relocate/relocation_report.h"

namespace btfx {

/// One module's relocation, and what was found.
struct RelocationAnswer {
  const std::string& module;
  const Btf& split;   ///< on its distilled base
  const Btf& target;  ///< what it was relocated onto
  const Relocation& relocation;
  const std::vector<RelocationFinding>& findings;
  const std::vector<std::string>& written;
  bool strict;
};

/// Lines of text. By verbosity: below 0 nothing but what does not relocate; 0 warnings, too; above that all findings
/// and a table of the distilled types.
std::string relocation_text(const RelocationAnswer& answer, int verbosity);
JsonRecord relocation_record(const RelocationAnswer& answer);

}  // namespace btfx

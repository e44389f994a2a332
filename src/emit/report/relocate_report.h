// What `btfx relocate` prints about one module.
#pragma once

#include <string>

#include "base/screen.h"
#include "emit/report/record.h"
#include "results/relocation.h"

namespace btfx {

/// Lines of text. By verbosity: below 0 nothing but what does not relocate; 0 warnings, too; above that all findings
/// and a table of the distilled types.
std::string relocation_text(const RelocationAnswer& answer, int verbosity, const Screen& screen = {});
Record relocation_record(const RelocationAnswer& answer);

}  // namespace btfx

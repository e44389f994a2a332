// CO-RE relocations on many kernels, as an HTML page.
#pragma once

#include <string>

#include "emit/report/html.h"
#include "results/co_re.h"

namespace btfx {

/// A page with a row for each different thing that an object asks, a column for each kernel, and the value or verdict
/// in each cell. Details name the places in the source, and say what was found, and what was not and why.
std::string core_page(const CoreMatrix& matrix, const PageOrigin& origin);

}  // namespace btfx

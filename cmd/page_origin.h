// What pages say about how they were made.
#pragma once

#include "cmd/cli/command.h"
#include "emit/report/html.h"

namespace btfx {

/// The program, the time, which is that of SOURCE_DATE_EPOCH if the environment has it, and the command line of this
/// invocation.
PageOrigin page_origin(const Context& context);

}  // namespace btfx

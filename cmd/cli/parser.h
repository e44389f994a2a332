// From the command line to a command that can be run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cmd/cli/command.h"

namespace btfx {

/// A command line that made sense.
struct Invocation {
  GlobalOptions global;
  bool reports = false;  ///< whether standard output gets a report and not data
  std::function<Status(const Context&)> run;
};

/// Finds the command among `commands`, sets its options and the global ones. Help and version requests become a `run`
/// that prints. Everything that does not make sense is thrown as Error(usage), one sentence that says where to read
/// more.
Invocation parse_command_line(const std::vector<std::string>& arguments, std::vector<Command> commands);

}  // namespace btfx

// The options that say where a command writes to, for those that have them in common.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/command.h"
#include "run/outputs/destination.h"
#include "run/outputs/module_output.h"

namespace btfx {

/// Adds the options -o, --into and --strip-signature to a command.
void add_destination_options(Command& command, Destination& destination);
/// Adds the option --byte-order.
void add_byte_order_option(Command& command, Destination& destination);

/// Adds what the commands that change modules have in common: MODULE, -o, --in-place, --output-dir (whose help names
/// the `sections`), --dry-run and --strip-signature.
void add_module_options(Command& command, std::vector<std::string>& modules, ModuleDestination& destination,
                        bool& strip_signature, const std::string& sections);

}  // namespace btfx

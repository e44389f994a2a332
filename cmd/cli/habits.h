// What users of bpftool and pahole type out of habit, and the command line of btfx that does it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace btfx {

/// An argument as a shell takes it: in single quotes where it has to be.
std::string in_shell(const std::string& argument);

/// The command line that does what `btfx COMMAND ARGUMENTS...` would in bpftool, or what its name suggests; with
/// placeholders where arguments are missing. Empty when there is none.
std::string instead_of_command(std::string_view command, const std::vector<std::string>& arguments);

/// The command line for `btfx OPTION ARGUMENTS...` as pahole takes it: `-C TYPE FILE`. Empty when there is none.
std::string instead_of_option(std::string_view option, const std::vector<std::string>& arguments);

}  // namespace btfx

// What -h and `btfx help` print, made from the definitions of the commands.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/command.h"

namespace btfx {

/// `btfx 1.2.3` and a newline.
std::string version_text();
/// The commands by purpose, some examples and the global options.
std::string overview_text(const std::vector<Command>& commands);
/// How to call one command, its options, words and examples.
std::string help_text(const Command& command);

/// The command of that name or with that synonym, else null.
Command* command_of(std::vector<Command>& commands, const std::string& name);
/// The same. Throws Error(usage) with what to type instead, which may depend on the arguments that follow, or with the
/// nearest name.
Command& find_command(std::vector<Command>& commands, const std::string& name,
                      const std::vector<std::string>& arguments);
/// A section of btfx(1), such as `sources`; empty when there is none of that name.
std::string topic_text(const std::string& name);

/// "-o, --output FILE": an option, argument or word as help and manual pages head it. `emphasise_name` and
/// `emphasise_value` are applied to the parts.
struct Heading {
  std::function<std::string(const std::string&)> name, value;
  [[nodiscard]] std::string of(const OptionSpec& spec) const;
  [[nodiscard]] std::string of(const WordSpec& spec) const;
};

/// The help of an option with its choices: "Colour messages: auto, always or never".
std::string described(const OptionSpec& spec);

}  // namespace btfx

// What a command is: an options struct, a run function and injected streams; and the one definition of each option,
// from which the parser, --help, the manual pages and the completions are all made.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/output.h"
#include "btf/load.h"

namespace btfx {

/// Exit statuses, the same for every command. In a batch the worst wins.
enum class Status : int {
  yes = 0,      ///< done, valid, equal, resolved
  no = 1,       ///< a negative answer: differs, mismatch, does not relocate
  trouble = 2,  ///< usage error, or input that cannot be read or is malformed
};
constexpr Status worst(Status a, Status b) {
  return static_cast<int>(a) > static_cast<int>(b) ? a : b;
}

enum class When { automatic, always, never };

/// The global options, before or after the command.
struct GlobalOptions {
  BaseChoice base;
  bool json = false;
  bool pretty = false;  ///< implies json
  unsigned jobs = 1;
  int verbosity = 0;  ///< -1 quiet, 0 normal, 1 verbose
  When color = When::automatic;
  When progress = When::automatic;
};

/// What a run function gets: never std::cout, never globals.
struct Context {
  const GlobalOptions& global;
  Output& out;  ///< results only
  Output& err;  ///< diagnostics: use the functions below

  /// One line `btfx: <text>` on err; notes only with -v, warnings not with -q, errors always.
  void note(std::string_view text) const;
  void warn(std::string_view text) const;
  void error(const Error& error) const;
  void report(const Diagnostic& diagnostic) const;
};

/// What an argument is completed with in a shell.
enum class Complete { nothing, file, directory, source, module, base, kind, choice };

/// One option or positional argument of a command.
struct OptionSpec {
  std::string names;     ///< as CLI11 takes them: "-o,--output"; a positional has a bare name: "MODULE"
  std::string argument;  ///< the argument's name in help, e.g. "FILE"; empty for a flag
  std::string help;      ///< one sentence, no full stop
  Complete complete = Complete::nothing;
  std::vector<std::string> choices = {};  ///< the only values allowed, if not empty
  bool repeatable = false;
  bool required = false;
  bool hidden = false;                          ///< accepted, but not shown: old spellings
  std::function<void(const std::string&)> set;  ///< called for each value (flags: with "")
};

/// A command and everything that is said about it anywhere.
class Command {
 public:
  std::string name;
  std::string summary;                   ///< one line, for the list of commands
  std::vector<std::string> synopsis;     ///< lines after `btfx NAME`
  std::vector<std::string> description;  ///< paragraphs for the manual page
  std::vector<OptionSpec> options;
  std::vector<std::pair<std::string, std::vector<std::string>>>
      sections;                                               ///< more of the manual page: JSON, NOTES, ...
  std::vector<std::pair<std::string, std::string>> examples;  ///< command line, what it does
  std::function<Status(const Context&)> run;

  // Binding to the fields of an options struct that `run` captured; each returns the spec for further settings.
  OptionSpec& flag(std::string names, bool& field, std::string help);
  OptionSpec& value(std::string names, std::string argument, std::string& field, std::string help,
                    Complete complete = Complete::file);
  OptionSpec& list(std::string names, std::string argument, std::vector<std::string>& field, std::string help,
                   Complete complete = Complete::file);
};

/// All commands, in the order of the help text. Each make_NAME_command() is in cmd/NAME.cc.
std::vector<Command> all_commands();
Command make_dump_command();
Command make_extract_command();
Command make_list_command();

}  // namespace btfx

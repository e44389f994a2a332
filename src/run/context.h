// What a command works with: the global options and the streams it was given; and its exit status.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/output.h"
#include "base/screen.h"
#include "inputs/base_choice.h"
#include "run/messages.h"

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
  bool wide = false;      ///< lines may be longer than the terminal is wide
  bool no_pager = false;  ///< results go to the terminal itself
};

/// What a run function gets, instead of globals and the standard streams.
struct Context {
  const GlobalOptions& global;
  Output& out;                   ///< results only
  Messages& messages;            ///< everything else
  bool out_is_terminal = false;  ///< even when a pager shows it
  bool out_color = false;        ///< whether results may be coloured
  std::size_t out_width = 0;     ///< columns that results should fit in; 0 when their lines may have any length
  std::vector<std::string> arguments = {};  ///< the whole command line, without the program

  /// One line on standard error: notes only with -v, warnings not with -q, errors always.
  [[nodiscard]] Screen screen() const { return {out_width, out_color}; }
  void note(std::string_view text) const { messages.note(text); }
  void warn(std::string_view text) const { messages.warn(text); }
  void error(const Error& error) const { messages.error(error); }
  void report(const Diagnostic& diagnostic) const { messages.report(diagnostic); }
  void report(const Diagnostics& diagnostics) const {
    for (const Diagnostic& diagnostic : diagnostics) messages.report(diagnostic);
  }
};

}  // namespace btfx

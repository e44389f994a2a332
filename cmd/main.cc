// btfx: the only place that turns errors into exit statuses.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mapped_files.h"
#include "base/output.h"
#include "cmd/cli/command.h"
#include "cmd/cli/pager.h"
#include "cmd/cli/parser.h"
#include "cmd/cli/terminal.h"
#include "emit/report/json_results.h"
#include "emit/report/record.h"
#include "run/messages.h"

namespace btfx {
namespace {

/// Puts something on descriptors 0 to 2 that were closed, so that no file opened later becomes standard output. Reads
/// and writes there still fail.
void fill_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) std::abort();
  }
}

bool decide(When when, bool automatic) {
  return when == When::always || (when == When::automatic && automatic);
}

Messages::Settings settings_for(const GlobalOptions& global) {
  const bool terminal = is_terminal(STDERR_FILENO);
  Messages::Settings settings;
  settings.verbosity = global.verbosity;
  settings.color = decide(global.color, terminal && environment_allows_color());
  settings.progress = decide(global.progress, terminal && global.verbosity >= 0);
  if (global.progress == When::always) settings.progress_delay = {};
  settings.width = terminal_size(STDERR_FILENO).columns;
  return settings;
}

/// Inside of a signal handler.
[[noreturn]] void end_without_file(const char* path) {
  for (const char* part : {"btfx: error: ", path, ": became shorter or unreadable while it was being read\n"}) {
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  }
  ::_exit(static_cast<int>(Status::trouble));
}

/// Remembers whether anything was written.
class WatchedOutput : public Output {
 public:
  explicit WatchedOutput(Output& out) : out_(out) {}
  void write(std::string_view text) override {
    has_written_ = has_written_ || !text.empty();
    out_.write(text);
  }
  [[nodiscard]] bool has_written() const { return has_written_; }

 private:
  Output& out_;
  bool has_written_ = false;
};

/// Runs the command. Where JSON is asked for there is a document even when the command as a whole fails.
Status run_command(const Invocation& invocation, const Context& context, const WatchedOutput& out) {
  try {
    return invocation.run(context);
  } catch (const Error& error) {
    if (!invocation.global.json || error.code() == ErrorCode::usage || out.has_written()) throw;
    context.error(error);
    JsonResults(context.out, invocation.global.pretty).finish(Record{{"error", record_of(to_diagnostic(error))}});
    return Status::trouble;
  }
}

/// Where reports go with -q.
class NoOutput : public Output {
 public:
  void write(std::string_view) override {}
};

/// Runs something, and says what went wrong with it.
template <typename Run>
Status run_and_say(Messages& messages, Run&& run) {
  try {
    return run();
  } catch (const ClosedPipe&) {
    return Status::yes;
  } catch (const Error& error) {
    messages.error(error);
  } catch (const std::bad_alloc&) {
    messages.error("out of memory");
  } catch (const std::exception& error) {
    messages.error(error.what());
  }
  return Status::trouble;
}

Status run(const std::vector<std::string>& arguments, Messages& messages) {
  std::vector<Command> commands = all_commands();
  commands.push_back(make_complete_command());
  const Invocation invocation = parse_command_line(arguments, std::move(commands));
  messages.set(settings_for(invocation.global));
  FdOutput standard_output(STDOUT_FILENO, "standard output");
  const bool out_is_terminal = is_terminal(STDOUT_FILENO);
  const GlobalOptions& global = invocation.global;
  WipingOutput wiping(standard_output, messages);
  const std::string pager = out_is_terminal && !global.no_pager ? pager_command() : std::string();
  const TerminalSize size = terminal_size(STDOUT_FILENO);
  std::optional<PagedOutput> paged;
  if (!pager.empty()) paged.emplace(wiping, messages, pager, size);
  if (paged && is_terminal(STDERR_FILENO)) messages.say_on(&*paged);
  WatchedOutput out(paged             ? static_cast<Output&>(*paged)
                    : out_is_terminal ? static_cast<Output&>(wiping)
                                      : standard_output);
  NoOutput none;
  const Context context{
      .global = global,
      .out = invocation.reports && global.verbosity < 0 ? static_cast<Output&>(none) : out,
      .messages = messages,
      .out_is_terminal = out_is_terminal,
      .out_color = decide(global.color, out_is_terminal && environment_allows_color()),
      .out_width = out_is_terminal && !global.wide ? size.columns : 0,
      .arguments = arguments,
  };
  const Status status = run_and_say(messages, [&] { return run_command(invocation, context, out); });
  if (paged) paged->finish();
  return status;
}

}  // namespace
}  // namespace btfx

int main(int argc, char** argv) {
  using namespace btfx;
  fill_standard_descriptors();
  for (const int signal : {SIGPIPE, SIGXFSZ}) {
    std::signal(signal, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for these; writing fails instead
  }
  on_lost_mapping(end_without_file);
  clean_up_when_stopped();
  FdOutput err(STDERR_FILENO, "standard error");
  Messages messages(err, settings_for({}));
  const Status status = run_and_say(messages, [&] { return run({argv + 1, argv + argc}, messages); });
  messages.wipe();
  return static_cast<int>(status);
}

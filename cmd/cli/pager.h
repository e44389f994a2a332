// Long output on a terminal is shown by a pager.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/output.h"
#include "cmd/cli/terminal.h"
#include "run/messages.h"

namespace btfx {

/// What is written to a terminal: results, and with Messages::say_on() messages between them. It is held back until
/// it is longer than the screen: then a pager starts and gets it, and all that follows. Otherwise finish() writes it to
/// the terminal.
///
/// While the pager runs there is no progress line, and SIGINT lets the user read on what there is: btfx ends when the
/// pager does.
class PagedOutput : public Output {
 public:
  /// `command` is run by the shell if it is more than words. If it cannot be started, everything goes to `terminal`.
  PagedOutput(Output& terminal, Messages& messages, std::string command, const TerminalSize& size);
  ~PagedOutput() override;
  PagedOutput(const PagedOutput&) = delete;
  PagedOutput& operator=(const PagedOutput&) = delete;

  /// Throws ClosedPipe when the pager has ended.
  void write(std::string_view text) override;
  /// Writes what was held back, or waits until the pager ends. What follows goes to the terminal, and messages to
  /// standard error.
  void finish();

 private:
  enum class State { holding, paging, direct };

  [[nodiscard]] bool fills_screen() const;
  void start();
  void wait();

  Output& terminal_;
  Messages& messages_;
  std::string command_;
  TerminalSize size_;
  State state_ = State::holding;
  std::string held_;
  int pipe_ = -1;     // to the pager
  pid_t pager_ = -1;  // its process
};

}  // namespace btfx

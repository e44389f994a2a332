// Standard error: messages beside the results, and the progress of a batch.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/output.h"

namespace btfx {

/// Writes diagnostics, one line each: `btfx: warning: a.ko: .BTF: ...`. A progress line that stands on the terminal is
/// wiped before anything else is written. Nothing here throws: when standard error is closed, messages are
/// dropped.
class Messages {
 public:
  struct Settings {
    int verbosity = 0;      ///< notes only when above 0, warnings unless below 0, errors always
    bool color = false;     ///< the severity in colour
    bool progress = false;  ///< whether to show progress at all
    std::chrono::milliseconds progress_delay{1000};  ///< batches shorter than this show none
    std::size_t width = 80;                          ///< columns of the terminal
  };

  explicit Messages(Output& err) : err_(err) {}
  Messages(Output& err, Settings settings) : err_(err), settings_(settings) {}
  void set(const Settings& settings) { settings_ = settings; }
  /// From now on messages go to `lines`, where the results go, and the progress line alone to standard error; with a
  /// null pointer everything goes to standard error again.
  void say_on(Output* lines) { lines_ = lines; }

  void note(std::string_view text);
  /// A note that is part of the answer: shown without -v, too, but not with -q.
  void remark(std::string_view text);
  void warn(std::string_view text);
  void error(std::string_view text);
  void error(const Error& error) { this->error(std::string_view(error.what())); }
  void report(const Diagnostic& diagnostic);

  [[nodiscard]] bool shows_progress() const { return settings_.progress; }
  /// Says that `done` items of a batch are done, of `total` where that is known. Redraws ten times a second at most.
  void progress(std::size_t done, std::optional<std::size_t> total);
  /// Wipes the progress line and shows none any more.
  void end_progress();
  /// Wipes the progress line, before something else is written to the terminal and at the end of a batch.
  void wipe();

 private:
  using Clock = std::chrono::steady_clock;

  void line(Severity severity, std::string_view text);
  static void write(Output& to, std::string_view text) noexcept;

  Output& err_;
  Output* lines_ = nullptr;  // where messages go instead
  Settings settings_ = {};
  bool drawn_ = false;  // a progress line stands on the terminal
  std::optional<Clock::time_point> next_draw_;
};

/// Wipes the progress line before each write: for results that go to the same terminal.
class WipingOutput : public Output {
 public:
  WipingOutput(Output& out, Messages& messages) : out_(out), messages_(messages) {}
  void write(std::string_view text) override {
    messages_.wipe();
    out_.write(text);
  }

 private:
  Output& out_;
  Messages& messages_;
};

}  // namespace btfx

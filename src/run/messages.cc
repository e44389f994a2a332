#include "run/messages.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/palette.h"
#include "base/printable.h"

namespace btfx {

namespace {

constexpr std::string_view erase_line = "\r\x1b[K";
constexpr std::chrono::milliseconds redraw_interval{100};

}  // namespace

void Messages::note(std::string_view text) {
  if (settings_.verbosity > 0) line(Severity::note, text);
}

void Messages::remark(std::string_view text) {
  if (settings_.verbosity >= 0) line(Severity::note, text);
}

void Messages::warn(std::string_view text) {
  if (settings_.verbosity >= 0) line(Severity::warning, text);
}

void Messages::error(std::string_view text) {
  line(Severity::error, text);
}

void Messages::report(const Diagnostic& diagnostic) {
  const std::string place = to_string(diagnostic.place);
  const std::string text = place.empty() ? diagnostic.text : place + ": " + diagnostic.text;
  switch (diagnostic.severity) {
    case Severity::note:
      return note(text);
    case Severity::warning:
      return warn(text);
    case Severity::error:
      return error(text);
  }
}

void Messages::line(Severity severity, std::string_view text) {
  wipe();
  const std::string_view word = severity_word(severity);
  const std::string shown = printable(text);  // it may quote names out of files
  const std::string label = painted(settings_.color ? paint_of(severity) : Paint::plain, fmt::format("{}:", word));
  write(lines_ == nullptr ? err_ : *lines_, fmt::format("btfx: {} {}\n", label, shown));
}

void Messages::progress(std::size_t done, std::optional<std::size_t> total) {
  if (!settings_.progress) return;
  const auto now = Clock::now();
  if (!next_draw_) next_draw_ = now + settings_.progress_delay;
  if (now < *next_draw_) return;
  next_draw_ = now + redraw_interval;
  drawn_ = true;
  if (!total || *total == 0) return write(err_, fmt::format("{}{} done", erase_line, done));
  const std::string count = fmt::format(" {}/{}", std::min(done, *total), *total);
  const std::size_t room = settings_.width > count.size() + 3 ? settings_.width - count.size() - 3 : 0;
  const std::size_t length = std::min<std::size_t>(room, 40);
  const std::size_t filled = length * std::min(done, *total) / *total;
  write(err_, fmt::format("{}[{:#<{}}{: <{}}]{}", erase_line, "", filled, "", length - filled, count));
}

void Messages::wipe() {
  if (!drawn_) return;
  drawn_ = false;
  write(err_, erase_line);
}

void Messages::end_progress() {
  wipe();
  settings_.progress = false;
}

void Messages::write(Output& to, std::string_view text) noexcept {
  try {
    to.write(text);
  } catch (...) {  // there is nowhere left to report to
  }
}

}  // namespace btfx

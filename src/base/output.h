// Where results go: large writes to a file descriptor, or into memory for tests.
#pragma once

#include <string>
#include <string_view>

namespace btfx {

/// Thrown when the reader of a pipe has gone away: the program then ends quietly with status 0.
struct ClosedPipe {};

/// A sink for bytes. Results are written through one of these, never through stdio.
class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  virtual ~Output() = default;
  /// Takes all of `text`. Throws ClosedPipe or Error(io).
  virtual void write(std::string_view text) = 0;
};

/// Writes to a file descriptor that the caller opened, without buffering of its own: pass large pieces.
class FdOutput : public Output {
 public:
  FdOutput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  void write(std::string_view text) override;

 private:
  int fd_;
  std::string name_;
};

/// Gathers small pieces and passes them on as large ones. Whatever was not flushed when it is destroyed is lost,
/// because an error could no longer be thrown then.
class BufferedOutput : public Output {
 public:
  explicit BufferedOutput(Output& out) : out_(out) {}
  void write(std::string_view text) override;
  /// Passes the buffered bytes on.
  void flush();

 private:
  Output& out_;
  std::string gathered_;
};

/// Collects everything in a string.
class StringOutput : public Output {
 public:
  void write(std::string_view text) override { text_ += text; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace btfx

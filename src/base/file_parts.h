// Files of which only parts are needed: most of a module is code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace btfx {

/// A file, of which no more is read than is asked for. Cheap to copy; copies share what has been read, and may be used
/// from many threads.
class FileParts {
 public:
  /// All of it, read or made before.
  FileParts(Bytes whole);  // NOLINT(google-explicit-constructor): where parts will do, so does the whole
  /// Opens a file; it stays open as long as there are copies. What is no regular file is read to its end at once.
  /// `path` is used in errors. Throws Error(io).
  static FileParts open(const std::string& path);

  [[nodiscard]] std::uint64_t size() const;
  /// The bytes [offset, offset + length), which lie inside. They live as long as the last copy of this or of them, and
  /// all that is kept is no more than twice the file. Throws Error(io), also when the file has become shorter
  /// meanwhile.
  [[nodiscard]] Bytes part(std::uint64_t offset, std::uint64_t length) const;
  /// All bytes, be they fewer than size() says. Throws Error(io).
  [[nodiscard]] Bytes all() const;
  /// A descriptor to read from at places, when not all of the file has been read; else -1.
  [[nodiscard]] int descriptor() const;

 private:
  struct State;
  explicit FileParts(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace btfx

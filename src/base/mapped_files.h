// A program that is ended by a signal leaves no temporary files behind. One such signal it causes itself: when a mapped
// file is truncated, reading past the new end raises SIGBUS in the reading thread, and there is no way to go on. The
// program then ends with a message that names the file.
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace btfx {

/// Installs the handler for SIGBUS. `end` is called on the thread that was reading, inside of a signal handler, with
/// the path of the file as it may be printed; it must not return. A SIGBUS for any other reason has its default effect.
void on_lost_mapping(void (*end)(const char* path));

/// Removes temporary files when SIGHUP, SIGINT or SIGTERM stops the program, unless it ignores them. It then ends by
/// that signal; as process 1 of a container, which signals do not end, with status 128 plus the signal's number.
void clean_up_when_stopped();

/// Records a mapping while this object lives, so that the handler can name the file.
class MappingRecord {
 public:
  /// Takes a free slot for it, if there is one.
  MappingRecord(const void* start, std::size_t size, std::string_view path);
  ~MappingRecord();
  MappingRecord(const MappingRecord&) = delete;
  MappingRecord& operator=(const MappingRecord&) = delete;

  /// Whether there was a free slot. If not, the mapping must not be used.
  [[nodiscard]] bool is_kept() const { return place_ != nullptr; }

  struct Slot;

 private:
  std::string path_;  // printable
  Slot* place_ = nullptr;
};

/// Keeps signals that end the program from doing so on this thread, and from ending it on another before this is gone.
/// Where a signal is ending the program already, the constructor does not return. For the moment between recording a
/// temporary file and having it.
class CreatingTemporary {
 public:
  CreatingTemporary();
  ~CreatingTemporary();
  CreatingTemporary(const CreatingTemporary&) = delete;
  CreatingTemporary& operator=(const CreatingTemporary&) = delete;

 private:
  sigset_t signals_before_{};
};

/// Remembers a temporary file as long as it lives, so that it is removed if a signal ends the program. Make it before
/// the file, and both within the life of one CreatingTemporary.
class TemporaryRecord {
 public:
  explicit TemporaryRecord(const std::string& path);
  ~TemporaryRecord();
  TemporaryRecord(const TemporaryRecord&) = delete;
  TemporaryRecord& operator=(const TemporaryRecord&) = delete;

  struct Slot;

 private:
  Slot* place_ = nullptr;
};

}  // namespace btfx

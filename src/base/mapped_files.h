// What becomes of the program when a signal ends it: it leaves no temporary files behind. One reason is its own: when
// a file that it has mapped gets shorter, reading past the new end raises SIGBUS, on whatever thread does so, and there
// is nothing to go on with. The program then ends with a message that names the file.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace btfx {

/// Sets up what was said above. `end` is called on the thread that was reading, inside of a signal handler, with the
/// path of the file as it may be printed; it must not return. A SIGBUS for any other reason is as if there were no
/// handler.
void on_lost_mapping(void (*end)(const char* path));

/// Removes temporary files when somebody stops the program: with SIGHUP, SIGINT or SIGTERM, as far as these would end
/// it. It then ends by that signal, or with status 128 and its number where no signal does that: as process 1 of a
/// container.
void clean_up_when_stopped();

/// Remembers a mapping as long as it lives, so that it is known whose end was passed.
class MappingRecord {
 public:
  /// Takes a free place for it, if there is one.
  MappingRecord(const void* start, std::size_t size, std::string_view path);
  ~MappingRecord();
  MappingRecord(const MappingRecord&) = delete;
  MappingRecord& operator=(const MappingRecord&) = delete;

  /// Whether there was a place. Without, the mapping must not be used.
  [[nodiscard]] bool is_kept() const { return place_ != nullptr; }

  struct Slot;

 private:
  std::string path_;  // printable
  Slot* place_ = nullptr;
};

/// Remembers a temporary file as long as it lives, so that it is removed if a signal ends the program. Make it before
/// the file.
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

// What decompression, packages and compression share of libarchive.
#pragma once

#include <archive.h>

#include <memory>

#include "base/bytes.h"

namespace btfx {

struct ArchiveReadFree {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
struct ArchiveWriteFree {
  void operator()(archive* handle) const { archive_write_free(handle); }
};
using ArchiveReader = std::unique_ptr<archive, ArchiveReadFree>;
using ArchiveWriter = std::unique_ptr<archive, ArchiveWriteFree>;

/// Lets libarchive read from memory, and remembers whether it wanted more than there is: an error after that means
/// input cut short, an error before it means damage.
class MemorySource {
 public:
  explicit MemorySource(ByteView content) : rest_(content) {}
  MemorySource(const MemorySource&) = delete;
  MemorySource& operator=(const MemorySource&) = delete;
  ~MemorySource() = default;

  /// Opens `reader`, whose filters and formats have been chosen, on the memory. Gives libarchive's status.
  int open(archive* reader) { return archive_read_open2(reader, this, nullptr, read, skip, nullptr); }
  [[nodiscard]] bool exhausted() const { return exhausted_; }

 private:
  static la_ssize_t read(archive*, void* self, const void** block) {
    auto& source = *static_cast<MemorySource*>(self);
    const ByteView whole = std::exchange(source.rest_, {});
    source.exhausted_ = whole.empty();
    *block = whole.data();
    return static_cast<la_ssize_t>(whole.size());
  }
  static la_int64_t skip(archive*, void*, la_int64_t) { return 0; }  // all is given in one block: nothing to skip

  ByteView rest_;
  bool exhausted_ = false;
};

}  // namespace btfx

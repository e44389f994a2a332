// Files are replaced whole or not at all.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/output.h"

namespace btfx {

/// Takes the new content of `path` piece by piece, so that a reader sees either the old file or the new one, whole:
/// into a temporary file in the same directory, synced, then renamed over the target. A target that exists keeps its
/// mode, its owner and, where the file system and the user's rights allow it, its access control list and other
/// extended attributes, but for signatures of the old content; the list that its directory has for new files is not put
/// on it. It is a new file, so that other hard links still lead to the old one. A symbolic link is followed, so that
/// its target is replaced.
///
/// What cannot be replaced is written directly, at once: a target that is not a regular file (a pipe, a device), and
/// everything named as a descriptor (/dev/stdout, /dev/fd/3), even if it is a regular file. A descriptor of this
/// process is written at its offset, like a shell redirection; a file that another process has open is appended to.
///
/// Without commit() the temporary is removed and the target is as it was. All members throw Error(io).
class ReplacedFile : public Output {
 public:
  explicit ReplacedFile(const std::string& path);
  ~ReplacedFile() override;
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  /// Whether `path` is written directly, so that what is written cannot be taken back.
  static bool is_direct(const std::string& path);

  void write(std::string_view text) override;
  /// Makes sure that all is on the disk. Nothing can be written after that.
  void finish();
  /// Puts the new content, which is finished, in the place of the old.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether `path` leads, perhaps by symbolic links, through a link of procfs: it then names a file that a process has
/// open, and not the place of that file. Throws Error(io) for links in a circle.
bool names_descriptor(const std::string& path);

/// Writes all of a file like that. On any error the target is as it was, unless it is written directly. Throws
/// Error(io).
void replace_file(const std::string& path, ByteView content);

/// A file and what it shall hold.
struct FileContent {
  std::string path;
  Bytes content;
};

/// The same for files that belong together: none takes its place before all are written and synced, so that a full disk
/// or a directory that cannot be written leaves all of them as they were. Renaming is one file after the other, in the
/// order given: in between, and if the program is stopped there, some files are new and some old, each whole.
/// Throws Error(io).
void replace_files(std::span<const FileContent> files);

}  // namespace btfx

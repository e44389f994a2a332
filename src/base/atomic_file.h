// Files are replaced whole or not at all.
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"

namespace btfx {

/// Writes `content` to `path` so that a reader sees either the old file or the new one, whole: into a temporary file in
/// the same directory, synced, then renamed over the target. A target that exists keeps its mode, its owner and, where
/// the file system and the user's rights allow it, its access control list and other extended attributes, but for
/// signatures of the old content; it is a new file, so that other hard links still lead to the old one. A symbolic link
/// is followed, so that its target is replaced; a target that is no regular file (/dev/stdout, a pipe) is written
/// directly. On any error the temporary is removed and the target is as it was. Throws Error(io).
void replace_file(const std::string& path, ByteView content);

/// A file and what it shall hold.
struct FileContent {
  std::string path;
  Bytes content;
};

/// The same for files that belong together: none takes its place before all are written and synced, so that a full disk
/// or a directory that cannot be written leaves all of them as they were. Renaming is one file after the other, in the
/// order given: whoever looks, or stops the program, in that moment may find some new and some old files, each whole.
/// Throws Error(io).
void replace_files(std::span<const FileContent> files);

}  // namespace btfx

// Files are replaced whole or not at all.
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"

namespace btfx {

/// Writes `content` to `path` so that a reader sees either the old file or the new one, whole: into a temporary file in
/// the same directory, synced, then renamed over the target. A target that exists keeps its mode and owner; a symbolic
/// link is followed, so that its target is replaced; a target that is no regular file (/dev/stdout, a pipe) is written
/// directly. On any error the temporary is removed and the target is as it was. Throws Error(io).
void replace_file(const std::string& path, ByteView content);

/// A file and what it shall hold.
struct FileContent {
  std::string path;
  Bytes content;
};

/// The same for files that belong together: none takes its place before all are written and synced, so that a full disk
/// or a directory that cannot be written leaves all of them as they were. Throws Error(io).
void replace_files(std::span<const FileContent> files);

}  // namespace btfx

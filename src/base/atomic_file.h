// Files are replaced whole or not at all.
#pragma once

#include <string>

#include "base/bytes.h"

namespace btfx {

/// Writes `content` to `path` so that a reader sees either the old file or the new one, whole: into a temporary file in
/// the same directory, synced, then renamed over the target. A target that exists keeps its mode and owner; a symbolic
/// link is followed, so that its target is replaced; a target that is no regular file (/dev/stdout, a pipe) is written
/// directly. On any error the temporary is removed and the target is as it was. Throws Error(io).
void replace_file(const std::string& path, ByteView content);

}  // namespace btfx

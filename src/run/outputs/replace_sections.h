// Sections of a file, replaced in the file itself.
#pragma once

#include <string>
#include <vector>

#include "image/elf_writer.h"
#include "image/image.h"
#include "run/context.h"

namespace btfx {

/// Replaces sections of an ELF file, atomically and packed as it was, and returns what was written: nothing if they are
/// the same already. A signature behind the file stays, with a warning that it is wrong now, unless `strip_signature`.
/// Throws Error(refused) when the image is not a file of its own.
std::vector<std::string> replace_sections(const Image& image, std::vector<SectionUpdate> updates, bool strip_signature,
                                          const Context& context);

}  // namespace btfx

// From what a user names to a parsed BTF with its base: where image, btf and transform are joined.
#pragma once

#include <cstdint>
#include <string>

#include "btf/btf.h"
#include "cmd/command.h"
#include "image/image.h"

namespace btfx {

/// Parses the BTF of an image with the base that it needs, by the table of `.BTF.base` and -B:
///
///   -B given  .BTF.base
///   no        no         standalone, or split on the base that is found
///   yes       no         split on the given base
///   no        yes        split on .BTF.base
///   yes       yes        split on .BTF.base, then relocated onto the given base
///
/// Which base was found and why is said as a note. Throws Error; no_base names -B.
BtfPtr open_btf(const Image& image, const Context& context);

/// A BTF object of the running kernel; one that is split is parsed on -B or on the running kernel's own BTF.
BtfPtr open_running(std::uint32_t btf_id, const Context& context);

}  // namespace btfx

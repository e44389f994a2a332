// From what a user names to a parsed BTF with its base: where image, btf and transform are joined.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "btf/load.h"
#include "cmd/cli/command.h"
#include "image/image.h"

namespace btfx {

/// Reads a source that is one BTF carrier, or a package or directory with a kernel image in it, and says as a note
/// which file that turned out to be. Throws Error.
Image read_carrier(const std::string& source, const Context& context);

/// Parses the BTF of an image on the base that BtfLoader decides on, relocated where -B and .BTF.base call for it. What
/// was chosen is said as a note. Throws Error.
BtfPtr open_btf(const Image& image, const Context& context);

/// Says as notes what was chosen for the BTF of `name`, and warns when it speaks against its base: the numbers in split
/// BTF mean something on most bases, if not what they meant on the right one.
void report_base(const LoadedBtf& loaded, const std::string& name, const Context& context);

/// Relocates split BTF from its distilled base onto another. Throws Error when it does not fit.
BtfPtr relocate_onto(const BtfPtr& distilled, const BtfPtr& base);

/// The BTF of one source, a package or a directory standing for the kernel image in it. The BTFs of several, merged by
/// merge_modules() into one split BTF on their base, or into a root when they stand alone; the running kernel's own BTF
/// among them, or what -B names, is the base and not merged. Throws the first module's Error.
BtfPtr open_sources(std::vector<std::string> sources, const Context& context);

/// A BTF object of the running kernel; one that is split is parsed on -B or on the running kernel's own BTF.
BtfPtr open_running(std::uint32_t btf_id, const Context& context);

}  // namespace btfx

// The BTF of the sources that a user names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "image/image.h"
#include "inputs/module.h"
#include "run/context.h"

namespace btfx {

/// Reads a source that is one BTF carrier, or a package or directory with a kernel image in it, and says as a note
/// which file that turned out to be. Throws Error.
Image read_carrier(const std::string& source, const Context& context);

/// The BTF of an image, loaded to look at it by the table of load_to_look_at(). A note says what was chosen, and
/// BTF that does not belong to its base is warned of. Throws Error.
BtfPtr open_btf(Image image, const Context& context);

/// Warns when an image has more bytes after its BTF, such as further BTFs, that reading one BTF leaves out.
void report_rest(const Image& image, const Context& context);

/// Prints as notes what was chosen for the BTF of `name`, and warns of what speaks against its base.
void report_loaded(const LoadedBtf& loaded, const std::string& name, const Context& context);

/// The BTF of one source, a package or a directory standing for the kernel image in it. Where that has modules and no
/// kernel image, and where there are several sources, the BTFs of all modules, merged by merge_modules() into one split
/// BTF on their base, or into a root when they stand alone; the running kernel's own BTF among them, or what -B names,
/// is the base and not merged. Modules without BTF are left out of a package or directory, with a note. Throws the
/// first module's Error.
BtfPtr open_sources(std::vector<std::string> sources, const Context& context);

/// A BTF object of the running kernel; one that is split is parsed on -B or on the running kernel's own BTF.
BtfPtr open_running(std::uint32_t btf_id, const Context& context);

}  // namespace btfx

// What the path of a file says about it: the places that kernels and their modules have in packages and in unpacked
// trees.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace btfx {

/// Whether a file of that name is a kernel module, packed or not: `NAME.ko`, `NAME.ko.xz`, ... and not what tools leave
/// beside one (`NAME.ko.debug`).
bool is_module_path(std::string_view path);
/// Whether a file at that place of a package or tree may be a kernel's boot image or vmlinux, by its name: at the root,
/// in a directory `boot`, in `modules/RELEASE` or its `build` or `kernel`; and unified kernels in `EFI/Linux`.
bool is_kernel_path(std::string_view path);
/// Whether it is one. A vmlinux or vmlinuz is so by its name, so that it can be said what is wrong with it, if
/// anything; names like `image-1.png` are those of other files as well, and `content` decides.
bool is_kernel_file(std::string_view path, const Bytes& content);
/// Whether a file at that place is a kernel's configuration by its name: `config-RELEASE` at the root or in a directory
/// `boot`, and `config` in `modules/RELEASE`.
bool is_config_path(std::string_view path);
/// `path` without a suffix such as `.xz`.
std::string_view without_compression_suffix(std::string_view path);

/// The kernel release that a path of a package or tree belongs to: the directory below `lib/modules`, or what follows
/// the dash in the name of a kernel image or configuration in `boot`. Empty when it says none.
std::string_view release_of_path(std::string_view path);

}  // namespace btfx

// ELF files around small BTFs, as the kernel's build makes them.
#pragma once

#include <string>
#include <string_view>

#include "btf/btf.h"

namespace btfx::test {

/// A module of that release with a `.BTF` and, when not empty, a `.BTF.base`.
std::string module_file(std::string_view release, const std::string& btf, const std::string& distilled_base = {});
/// A vmlinux of that release with a `.BTF`, unless that is empty.
std::string vmlinux_file(std::string_view release, const std::string& btf);
/// A boot image without section headers that has `btf` somewhere inside, and something before it that only begins like
/// one.
std::string flat_kernel(std::string_view release, const std::string& btf);

/// small_base() and small_split() on it, as blobs.
std::string base_blob();
std::string split_blob();

}  // namespace btfx::test

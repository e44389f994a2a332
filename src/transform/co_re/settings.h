// Settings of a kernel's configuration, as a loader hands them to a BPF object (`.kconfig`). The rules are libbpf's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/endian.h"
#include "results/co_re.h"

namespace btfx {

/// The settings of one kernel, as its configuration writes them: `y`, `250`, `"text"`. What is not set is not there.
using KernelSettings = std::unordered_map<std::string, std::string>;

/// Reads those of the settings in a kernel's configuration (`.config`) that are `wanted`, by their whole names. Of
/// several lines for one setting the first counts.
KernelSettings parse_settings(std::string_view text, const std::unordered_set<std::string>& wanted);

/// The version that the first lines of a configuration tell (`# Linux/x86 6.1.176 Kernel Configuration`), as
/// KERNEL_VERSION() packs it; 0 for none.
std::uint32_t settings_version(std::string_view text);

/// KERNEL_VERSION() of the kernel's linux/version.h: what `LINUX_KERNEL_VERSION` is.
std::uint32_t packed_version(std::uint32_t major, std::uint32_t minor, std::uint32_t patch);

/// The version that a text begins with, `6.1.176-1`, packed; 0 when it does not begin with three numbers.
std::uint32_t version_at(std::string_view text);

/// The version that libbpf gives programs of a kernel whose banner (`Linux version 6.1.0-55-amd64 (...) ...`) is known:
/// of Debian's kernels the one that their package tells, else the release's. 0 for none, and for Ubuntu's kernels,
/// which do not tell theirs there.
std::uint32_t banner_version(std::string_view banner);

/// The bytes that an extern gets for a value of a configuration, in `order`; or what is wrong with that.
struct StoredSetting {
  std::string bytes = {};
  std::string error = {};  ///< a sentence; empty when nothing is wrong
};
StoredSetting store_setting(const CoreExtern& external, std::string_view value, ByteOrder order);
/// The same for a number that the loader finds out by itself.
StoredSetting store_number(const CoreExtern& external, std::uint64_t value, ByteOrder order);

}  // namespace btfx

// The configuration that a kernel was built with, and where it is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "image/source.h"

namespace btfx {

/// The value of a setting in the text of a configuration, by its whole name (`CONFIG_HZ`): `y`, `m`, `250`, `"text"`.
/// Of several lines for one setting the first counts. Empty when it is not set.
std::string_view config_value(std::string_view config, std::string_view name);

/// The configuration inside an unpacked kernel that was built with CONFIG_IKCONFIG. Nothing when there is none, or it
/// is damaged. Source: the kernel's kernel/configs.c.
std::optional<std::string> embedded_config(ByteView kernel);

/// A configuration, and the file it was read from: that of the kernel itself where it was inside.
struct KernelConfig {
  std::string source;
  std::string text;
};

/// Finds the configuration of the kernel that a base source (read_base_source()) and its release mean, in this order:
/// in the kernel itself; beside its image and in the other places of the tree that it lies in; in its package and the
/// companions of that; for the running kernel in /proc/config.gz; in /boot and /lib/modules. `release` may be empty
/// when it is not known. Nothing when it is nowhere. Throws what reading the source throws.
std::optional<KernelConfig> find_kernel_config(const std::string& source, const std::string& release,
                                               const SearchPaths& paths = SearchPaths::system());

}  // namespace btfx

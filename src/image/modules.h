// Many modules: files, directories and packages, one after the other, without unpacking to disk.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace btfx {

/// One module of a batch, not yet opened: a path on disk, or the bytes of a package member.
struct ModuleItem {
  std::string name;              ///< for messages: the path, or `package.deb:path/in/package`
  std::string path;              ///< empty for package members
  std::optional<Bytes> content;  ///< set for package members and standard input
  std::string error;             ///< not empty: this item could not be read, and why
};

/// Yields the modules that a list of arguments means, in a stable order: files as given; directories and packages with
/// all
/// `*.ko*` below them, sorted by path (directories) or in archive order (packages); a sysfs BTF directory with all but
/// vmlinux.
class ModuleStream {
 public:
  explicit ModuleStream(std::vector<std::string> arguments);
  ~ModuleStream();
  ModuleStream(const ModuleStream&) = delete;
  ModuleStream& operator=(const ModuleStream&) = delete;

  /// The next module; nothing at the end. A directory or package that cannot be read yields one item with `error` set.
  /// Not safe to call from two threads at once: run_stream() calls it under its lock.
  std::optional<ModuleItem> next();

  /// How many items there will be when that is known without reading packages.
  [[nodiscard]] std::optional<std::size_t> count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The module's own name: file name without directories and without `.ko`, `.ko.xz`, ...
std::string module_name(const std::string& path);
/// The file name without directories and without a compression suffix: `tun.ko` for `a/tun.ko.xz`.
std::string uncompressed_file_name(const std::string& path);

}  // namespace btfx

// Many modules: files, directories and packages, one after the other, without unpacking to disk.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "image/source.h"

namespace btfx {

/// One module of a batch, not yet opened: a path on disk, or the bytes of a package member.
struct ModuleItem {
  std::string name;                                     ///< for messages: the path, or `package.deb:path/in/package`
  std::string path;                                     ///< empty for package members and standard input
  std::optional<Bytes> content;                         ///< set for package members and standard input
  std::optional<Error> error;                           ///< set when this item could not be read, and why
  std::shared_ptr<const PackageKernel> package_kernel;  ///< as in Image
};

/// Reads and unwraps an item. Throws its error when it has one, else as read_source(). Safe to call from many threads.
Image open_module(const ModuleItem& item, const SearchPaths& paths = SearchPaths::system());

/// What a stream of modules yields beside them, and when it gives up a package.
struct ModuleStreamOptions {
  bool with_kernels = false;  ///< also the kernel images of directories and packages, and raw BTF in them
  /// Modules with split BTF need a base that find_base() finds: a package whose first one has none is one item with an
  /// error that says what to give, before the others are unpacked.
  bool need_base = false;
  /// A base is chosen already: an argument with a kernel image and no modules is an item with an error, and not the
  /// kernel of other arguments.
  bool has_base = false;
  SearchPaths paths = SearchPaths::system();
};

/// Yields the modules that a list of arguments means, in a stable order: files as given; directories and packages with
/// all modules below them, sorted by path (directories) or in archive order (packages); a directory without modules
/// with the packages in it; a sysfs BTF directory or an archive of one (with a raw BTF called vmlinux) with all but
/// vmlinux. In directories and packages a module is known by its name, `*.ko` or `*.ko.xz` and the like; in archives
/// raw BTF also by its content. A package without modules stands for its companions that have them
/// (image/package_summary.h). Anything else is an item that open_module() reads as a source. Each package comes once.
class ModuleStream {
 public:
  explicit ModuleStream(std::vector<std::string> arguments, ModuleStreamOptions options = {});
  ~ModuleStream();
  ModuleStream(const ModuleStream&) = delete;
  ModuleStream& operator=(const ModuleStream&) = delete;

  /// The next module; nothing at the end. A directory or package that cannot be read, or has no modules, yields an item
  /// with `error` set, after the modules that could be read. Not safe to call from two threads at once: run_stream()
  /// calls it under its lock.
  std::optional<ModuleItem> next();

  /// Reads modules of packages ahead, for next() to yield, until `enough()` says so or they take `most` bytes: for a
  /// thread that has nothing else to do, while another reads the base.
  void read_ahead(const std::function<bool()>& enough, std::size_t most = std::size_t{12} << 20);

  /// How many items there will be in all, when that is known without reading packages or standard input.
  [[nodiscard]] std::optional<std::size_t> count() const;
  /// The same for a progress display, with the modules that packages list; a few milliseconds for each package.
  [[nodiscard]] std::optional<std::size_t> expected() const;

 private:
  struct State;
  std::optional<ModuleItem> read_next();

  std::unique_ptr<State> state_;
};

/// The regular files called like packages in a directory, sorted: *.deb, *.rpm and tar archives.
std::vector<std::string> package_files_in(const std::string& directory);

/// Whether a path is a directory or a package: something with modules in it, rather than one.
bool holds_modules(const std::string& path);

/// The module's own name: file name without directories and without `.ko`, `.ko.xz`, ...
std::string module_name(const std::string& path);
/// The file name without directories and without a compression suffix: `tun.ko` for `a/tun.ko.xz`.
std::string uncompressed_file_name(const std::string& path);

}  // namespace btfx

#include "image/modules.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "base/memory_error.h"
#include "image/kernels.h"
#include "image/package.h"

namespace btfx {

namespace fs = std::filesystem;

namespace {

ModuleItem item_of(std::string name, std::string path) {
  ModuleItem item;
  item.name = std::move(name);
  item.path = std::move(path);
  return item;
}

ModuleItem failed_item(const std::string& name, const Error& error) {
  ModuleItem item = item_of(name, {});
  item.error = error.in(name);
  return item;
}

bool is_raw_btf_file(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  try {
    const Bytes content = Bytes::map_file(path.string());
    return begins_like_btf(content.view());
  } catch (const Error&) {
    return false;
  }
}

/// Appends the modules below a directory, sorted, and items with errors for what could not be read of it. `or_kernels`:
/// as of ModuleStream. Gives whether what was appended could be bases, among which there may be packages.
bool list_directory(const std::string& directory, bool or_kernels, std::vector<ModuleItem>& items) {
  const bool sysfs = is_raw_btf_file(fs::path(directory) / "vmlinux");
  std::vector<std::string> found, pending{directory};
  std::map<std::string, std::error_code> unread;  // directory and why; the others are read all the same
  while (!pending.empty()) {
    const std::string at = std::move(pending.back());
    pending.pop_back();
    std::error_code failure;
    for (fs::directory_iterator entry(at, failure); !failure && entry != fs::directory_iterator();
         entry.increment(failure)) {
      std::error_code ignored;
      const std::string name = entry->path().filename().string();
      // Links to directories are not followed: lib/modules/RELEASE/build leads into a whole source tree.
      if (!entry->is_symlink(ignored) && entry->is_directory(ignored)) {
        if (!sysfs) pending.push_back(entry->path().string());
      } else if ((sysfs ? name != "vmlinux" : is_module_path(name)) && entry->is_regular_file(ignored)) {
        found.push_back(entry->path().string());
      }
    }
    if (failure) unread.emplace(at, failure);
  }
  std::ranges::sort(found);
  const bool are_bases = or_kernels && found.empty() && unread.empty();
  if (are_bases) {
    try {
      found = kernel_sources_below(directory);
    } catch (const Error& error) {
      items.push_back(failed_item(directory, error));
      return are_bases;
    }
  }
  for (std::string& path : found) items.push_back(item_of(path, path));
  for (const auto& [path, failure] : unread) {
    items.push_back(failed_item(path, system_error("read the directory", failure.value())));
  }
  if (found.empty() && unread.empty()) {
    items.push_back(failed_item(directory, Error(ErrorCode::no_btf, "directory has no kernel modules in it")));
  }
  return are_bases;
}

/// Whether a file is a package. A file called like a module is not looked into, which for thousands of compressed ones
/// would unpack the start of each twice.
bool is_package_file(const std::string& path) {
  std::error_code ignored;
  if (is_module_path(path) || !fs::is_regular_file(path, ignored)) return false;
  try {
    const Bytes content = Bytes::map_file(path);
    return !packed_package_kind(content.view()).empty();
  } catch (const Error&) {  // whoever opens it will say what is wrong
    return false;
  }
}

/// The modules of one package, one after the other.
class PackageModules {
 public:
  /// `path`: empty for standard input. `or_kernels`: as of ModuleStream.
  PackageModules(Bytes content, std::string name, const std::string& path, bool or_kernels)
      : name_(std::move(name)), content_(std::move(content)), or_kernels_(or_kernels) {
    if (!path.empty()) kernel_ = std::make_shared<PackageKernel>(path);
  }

  std::optional<ModuleItem> next() {
    if (ended_) return std::nullopt;
    try {
      return with_memory_as_error([this] { return next_member(); });
    } catch (const Error& error) {
      ended_ = true;
      return failed_item(name_, error);
    }
  }

 private:
  std::optional<ModuleItem> next_member() {
    if (!reader_) reader_ = std::make_unique<PackageReader>(content_, name_);
    while (const std::optional<std::string> member = reader_->next()) {
      if (kernel_ && is_kernel_file(*member, {})) kernel_->found();  // by its name alone
      if (only_kernels_ ? !is_kernel_path(*member) : !is_module_path(*member)) continue;
      ModuleItem item = item_of(name_ + ":" + *member, {});
      item.content = reader_->read();
      if (only_kernels_ && !is_kernel_file(*member, *item.content)) continue;
      any_ = true;
      item.package_kernel = kernel_;
      return item;
    }
    if (!any_ && or_kernels_ && !only_kernels_) {
      only_kernels_ = true;
      reader_.reset();
      return next_member();
    }
    ended_ = true;
    if (any_) return std::nullopt;
    return failed_item(name_, Error(ErrorCode::no_btf, "package has no kernel modules in it"));
  }

  std::string name_;
  Bytes content_;
  std::shared_ptr<PackageKernel> kernel_;
  std::unique_ptr<PackageReader> reader_;
  bool or_kernels_;
  bool only_kernels_ = false, any_ = false, ended_ = false;
};

}  // namespace

Image open_module(const ModuleItem& item, const SearchPaths& paths) {
  if (item.error) throw Error(*item.error);
  if (!item.content) return read_source(item.name, paths);
  Image image = unwrap(*item.content, item.name);
  image.package_kernel = item.package_kernel;
  return image;
}

struct ModuleStream::State {
  /// One argument or directory entry, in order. Packages are opened only when their turn comes.
  struct Pending {
    ModuleItem item;
    bool is_package = false;
    bool is_stdin = false;
  };
  bool or_kernels = false;
  std::vector<Pending> pending;
  std::size_t position = 0;
  std::optional<PackageModules> package;  // being read
};

ModuleStream::ModuleStream(std::vector<std::string> arguments, bool or_kernels) : state_(std::make_unique<State>()) {
  state_->or_kernels = or_kernels;
  for (std::string& argument : arguments) {
    std::error_code ignored;
    const fs::file_status status = fs::status(argument, ignored);
    if (fs::is_directory(status)) {
      std::vector<ModuleItem> items;
      const bool are_bases = list_directory(argument, or_kernels, items);
      for (ModuleItem& item : items) {
        const bool is_package = are_bases && is_package_file(item.path);
        state_->pending.push_back({.item = std::move(item), .is_package = is_package});
      }
    } else if (argument == "-" && !fs::exists(status)) {
      state_->pending.push_back({.item = item_of(argument, {}), .is_stdin = true});
    } else {
      const bool is_package = is_package_file(argument);
      const std::string path = fs::exists(status) ? argument : std::string{};
      state_->pending.push_back({.item = item_of(std::move(argument), path), .is_package = is_package});
    }
  }
}

ModuleStream::~ModuleStream() = default;

std::optional<ModuleItem> ModuleStream::next() {
  for (;;) {
    if (state_->package) {
      if (std::optional<ModuleItem> item = state_->package->next()) return item;
      state_->package.reset();
    }
    if (state_->position == state_->pending.size()) return std::nullopt;
    State::Pending& pending = state_->pending[state_->position++];
    if (!pending.is_package && !pending.is_stdin) return std::move(pending.item);
    try {
      Bytes content = with_memory_as_error([&] {
        return pending.is_stdin ? Bytes::read_fd(STDIN_FILENO, pending.item.name) : Bytes::map_file(pending.item.path);
      });
      const ByteView bytes = content.view();
      if (pending.is_package || !packed_package_kind(bytes).empty()) {
        state_->package.emplace(std::move(content), pending.item.name, pending.item.path, state_->or_kernels);
      } else {
        pending.item.content = std::move(content);
        return std::move(pending.item);
      }
    } catch (const Error& error) {
      return failed_item(pending.item.name, error);
    }
  }
}

std::optional<std::size_t> ModuleStream::count() const {
  const auto is_open = [](const State::Pending& pending) { return pending.is_package || pending.is_stdin; };
  if (std::ranges::any_of(state_->pending, is_open)) return std::nullopt;
  return state_->pending.size();
}

std::string uncompressed_file_name(const std::string& path) {
  return fs::path(without_compression_suffix(path)).filename().string();
}

std::string module_name(const std::string& path) {
  std::string name = uncompressed_file_name(path);
  if (name.ends_with(".ko")) name.resize(name.size() - 3);
  return name;
}

bool holds_modules(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) || is_package_file(path);
}

}  // namespace btfx

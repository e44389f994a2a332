#include "image/modules.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "base/attempt.h"
#include "base/memory_error.h"
#include "image/carve.h"
#include "image/kernel_paths.h"
#include "image/kernels.h"
#include "image/package.h"
#include "image/package_summary.h"
#include "image/plain_file.h"

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
  return optional_on_error([&] {
           const Bytes content = Bytes::map_file(path.string());
           return begins_like_btf(content.view());
         })
      .value_or(false);
}

/// What lies below a directory.
struct DirectoryContent {
  std::vector<ModuleItem> items;      ///< modules, sorted; then what could not be read, as items with errors
  std::vector<std::string> packages;  ///< where there are no modules
};

DirectoryContent list_directory(const std::string& directory, bool with_kernels) {
  DirectoryContent content;
  const bool sysfs = is_raw_btf_file(fs::path(directory) / "vmlinux");
  std::vector<std::string> found, kernels;
  const std::vector<Error> unread = for_each_plain_file(directory, !sysfs, [&](const std::string& path) {
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    if (sysfs ? with_kernels || name != "vmlinux" : is_module_path(name)) {
      found.push_back(path);
    } else if (with_kernels && !sysfs && is_kernel_below(directory, path)) {
      kernels.push_back(path);
    }
  });
  if (found.empty() && unread.empty()) content.packages = package_files_in(directory);
  if (with_kernels && !sysfs && content.packages.empty()) {
    try {
      if (found.empty()) kernels = kernel_sources_below(directory);
    } catch (const Error& error) {
      content.items.push_back(failed_item(directory, error));
      return content;
    }
    found.insert(found.end(), kernels.begin(), kernels.end());
  }
  std::ranges::sort(found);
  for (std::string& path : found) content.items.push_back(item_of(path, path));
  for (const Error& error : unread) content.items.push_back(failed_item(error.place().file, error));
  if (content.items.empty() && content.packages.empty()) {
    content.items.push_back(failed_item(directory, Error(ErrorCode::no_btf, "directory has no kernel modules in it")));
  }
  return content;
}

/// Whether a file is a package. A file called like a module is not looked into, which for thousands of compressed ones
/// would unpack the start of each twice.
bool is_package_file(const std::string& path) {
  std::error_code ignored;
  if (is_module_path(path) || !fs::is_regular_file(path, ignored)) return false;
  // Opening it as a module will say what is wrong.
  return optional_on_error([&] {
           const Bytes content = Bytes::map_file(path);
           return !packed_package_kind(content.view()).empty();
         })
      .value_or(false);
}

/// The modules of one package, one after the other.
class PackageModules {
 public:
  /// `path`: empty for standard input.
  PackageModules(Bytes content, std::string name, const std::string& path, const std::vector<std::string>& given,
                 const ModuleStreamOptions& options)
      : name_(std::move(name)), content_(std::move(content)), options_(options) {
    if (!path.empty()) kernel_ = std::make_shared<PackageKernel>(path, given);
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
      ModuleItem item = item_of(name_ + ":" + *member, {});
      if (!is_wanted(*member, item)) continue;
      if (!item.content) item.content = reader_->read();
      item.package_kernel = kernel_;
      const bool is_first = !std::exchange(any_, true);
      if (is_first && options_.need_base) require_base(item);
      return item;
    }
    ended_ = true;
    if (any_) return std::nullopt;
    const std::optional<PackageSummary> summary = summarise_package(content_);
    return failed_item(
        name_, Error(ErrorCode::no_btf, summary ? advice_for(*summary) : "package has no kernel modules in it"));
  }

  /// Whether the member at hand is one to yield; reads it into `item` where only its content tells.
  bool is_wanted(const std::string& member, ModuleItem& item) {
    if (is_module_path(member)) return true;
    const bool is_raw = begins_like_btf(reader_->head(2));
    const bool is_kernel = is_raw ? fs::path(member).filename() == "vmlinux" : is_kernel_file(member, {});
    if (is_kernel && kernel_) kernel_->found();
    if (is_kernel || is_raw) return options_.with_kernels || !is_kernel;
    if (!options_.with_kernels || !is_kernel_path(member)) return false;
    item.content = reader_->read();  // not by its name alone
    return is_kernel_file(member, *item.content);
  }

  /// Throws when the first module needs a base and there is none: the others are of the same kernel.
  void require_base(const ModuleItem& item) const {
    // What cannot be read is reported with the item.
    const std::optional<Image> image = optional_on_error([&] { return open_module(item, options_.paths); });
    if (!image) return;
    const ElfSection* btf = image->elf ? image->elf->find(".BTF") : nullptr;
    if (btf == nullptr || btf->size == 0 || image->elf->find(".BTF.base") != nullptr) return;
    if (find_base(*image, options_.paths)) return;
    const std::optional<PackageSummary> summary = summarise_package(content_);
    throw Error(ErrorCode::no_base, fmt::format("has no kernel image, and there is none of {} beside it or installed: "
                                                "give the package with it{}, or a vmlinux, with -B",
                                                kernel_release(*image), image_package_name(*image, summary)));
  }

  /// How distributions call the package with a kernel image whose modules are in a package of their own.
  static std::string image_package_name(const Image& image, const std::optional<PackageSummary>& summary) {
    const std::string release = kernel_release(image);
    if (!summary) return {};
    if (summary->name.starts_with("linux-modules")) {
      // Ubuntu's releases are VERSION-ABI-FLAVOUR; in Debian's linux-image is no kernel where modules are apart.
      const std::string_view behind = std::string_view(release).substr(std::min(release.find('-'), release.size()));
      const bool is_ubuntu = behind.size() > 1 && behind[1] >= '0' && behind[1] <= '9';
      return fmt::format(" ({}-{})", is_ubuntu ? "linux-image" : "linux-binary", release);
    }
    if (summary->name.starts_with("kernel")) return fmt::format(" (kernel-core of {})", release);
    return {};
  }

  std::string name_;
  Bytes content_;
  std::shared_ptr<PackageKernel> kernel_;
  std::unique_ptr<PackageReader> reader_;
  const ModuleStreamOptions& options_;
  bool any_ = false, ended_ = false;
};

/// The packages that a package argument stands for: itself when it has modules, or kernel images that are wanted, else
/// its companions that have modules, beside it or among those that are `given`. None when there is no such companion
/// and it has a kernel image, which other arguments may need.
std::vector<std::string> packages_for(const std::string& path, bool with_kernels,
                                      const std::vector<std::string>& given) {
  const std::optional<PackageSummary> summary = summarise_package_file(path);
  if (!summary || summary->has_modules()) return {path};
  std::vector<std::string> packages = module_packages_among(packages_beside(path), *summary);
  if (packages.empty()) packages = module_packages_among(summarise_packages(given), *summary);
  const bool is_own = with_kernels ? summary->has_image() : packages.empty() && !summary->has_image();
  if (is_own || (packages.empty() && with_kernels)) packages.insert(packages.begin(), path);
  if (with_kernels && !summary->has_image()) {
    for (const auto& [beside, other] : packages_beside(path)) {
      if (!other.has_image() || other.version != summary->version) continue;
      if (std::ranges::find(summary->needs, other.name) != summary->needs.end()) packages.push_back(beside);
    }
  }
  return packages;
}

}  // namespace

std::vector<std::string> package_files_in(const std::string& directory) {
  std::vector<std::string> packages;
  std::error_code ignored;
  for (fs::directory_iterator entry(directory, ignored); entry != fs::directory_iterator(); entry.increment(ignored)) {
    const std::string path = entry->path().string();
    if (is_plain_file(*entry) && is_package_file(path)) packages.push_back(path);
  }
  std::ranges::sort(packages);
  return packages;
}

Image open_module(const ModuleItem& item, const SearchPaths& paths) {
  if (item.error) throw Error(*item.error);
  Image image;
  if (item.content) {
    image = unwrap(*item.content, item.name);
  } else if (!item.path.empty() && item.path == item.name) {
    image = unwrap_file(item.path, item.name);  // which need not be looked for any more
    image.path = item.path;
  } else {
    image = read_source(item.name, paths);
  }
  if (image.package_kernel) return image;
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

  void add_package(const std::string& path, bool is_argument) {
    const std::vector<std::string> files = packages_for(path, options.with_kernels, given);
    if (files.empty()) {
      // Beside a base that is chosen, a kernel in a directory is no fault.
      std::vector<Pending>& list = is_argument && options.has_base ? pending : kernels_alone;
      list.push_back({.item = item_of(path, path), .is_package = true});
    }
    for (const std::string& file : files) {
      std::error_code failure;
      const fs::path real = fs::canonical(file, failure);
      if (!failure && !seen.insert(real.string()).second) continue;
      pending.push_back({.item = item_of(file, file), .is_package = true});
    }
  }

  ModuleStreamOptions options;
  std::vector<std::string> given;                         // the arguments that are packages or directories
  std::shared_ptr<const PackageKernel> kernel_of_others;  // of modules that are in no package; null without `given`
  std::vector<Pending> kernels_alone;                     // what has a kernel image and no modules
  std::vector<Pending> pending;
  std::set<std::string> seen;  // packages
  std::size_t position = 0;
  std::optional<PackageModules> package;  // being read
  std::deque<ModuleItem> ahead;           // read, and not yielded
};

ModuleStream::ModuleStream(std::vector<std::string> arguments, ModuleStreamOptions options)
    : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  std::ranges::copy_if(arguments, std::back_inserter(state_->given), holds_modules);
  if (!state_->given.empty()) state_->kernel_of_others = std::make_shared<PackageKernel>("", state_->given);
  for (std::string& argument : arguments) {
    std::error_code ignored;
    const fs::file_status status = fs::status(argument, ignored);
    if (fs::is_directory(status)) {
      DirectoryContent content = list_directory(argument, state_->options.with_kernels);
      const bool is_empty = content.packages.empty() && content.items.size() == 1 && content.items.front().error &&
                            content.items.front().error->code() == ErrorCode::no_btf;
      const bool is_kernel = is_empty && !state_->options.has_base && holds_kernel(argument);
      std::vector<State::Pending>& list = is_kernel ? state_->kernels_alone : state_->pending;
      for (ModuleItem& item : content.items) list.push_back({.item = std::move(item)});
      for (const std::string& package : content.packages) state_->add_package(package, false);
    } else if (argument == "-" && !fs::exists(status)) {
      state_->pending.push_back({.item = item_of(argument, {}), .is_stdin = true});
    } else if (is_package_file(argument)) {
      state_->add_package(argument, true);
    } else {
      const std::string path = fs::exists(status) ? argument : std::string{};
      state_->pending.push_back({.item = item_of(std::move(argument), path)});
    }
  }
  if (state_->pending.empty()) state_->pending = std::move(state_->kernels_alone);
}

ModuleStream::~ModuleStream() = default;

std::optional<ModuleItem> ModuleStream::next() {
  if (state_->ahead.empty()) return read_next();
  std::optional<ModuleItem> item = std::move(state_->ahead.front());
  state_->ahead.pop_front();
  return item;
}

void ModuleStream::read_ahead(const std::function<bool()>& enough, std::size_t most) {
  if (count()) return;  // files are opened by those who want them
  for (std::size_t bytes = 0; bytes < most && !enough();) {
    std::optional<ModuleItem> item = read_next();
    if (!item) return;
    if (item->content) bytes += item->content->size();
    state_->ahead.push_back(*std::move(item));
  }
}

std::optional<ModuleItem> ModuleStream::read_next() {
  for (;;) {
    if (state_->package) {
      if (std::optional<ModuleItem> item = state_->package->next()) return item;
      state_->package.reset();
    }
    if (state_->position == state_->pending.size()) return std::nullopt;
    State::Pending& pending = state_->pending[state_->position++];
    if (!pending.is_package && !pending.is_stdin) {
      pending.item.package_kernel = state_->kernel_of_others;
      return std::move(pending.item);
    }
    try {
      Bytes content = with_memory_as_error([&] {
        return pending.is_stdin ? Bytes::read_fd(STDIN_FILENO, pending.item.name) : Bytes::map_file(pending.item.path);
      });
      const ByteView bytes = content.view();
      if (pending.is_package || !packed_package_kind(bytes).empty()) {
        state_->package.emplace(std::move(content), pending.item.name, pending.item.path, state_->given,
                                state_->options);
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

std::optional<std::size_t> ModuleStream::expected() const {
  std::size_t total = 0;
  for (const State::Pending& pending : state_->pending) {
    if (pending.is_stdin) return std::nullopt;
    if (!pending.is_package) {
      ++total;
      continue;
    }
    const std::optional<PackageSummary> summary = summarise_package_file(pending.item.path);
    if (!summary) return std::nullopt;
    const std::size_t kernels = state_->options.with_kernels && summary->has_image() ? 1 : 0;
    total += std::max<std::size_t>(summary->modules() + kernels, 1);
  }
  return total;
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

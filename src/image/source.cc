// Finding what a SOURCE or BASE argument names, and the base of a module.
#include "image/source.h"

#include <elf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "image/carve.h"
#include "image/kernel_paths.h"
#include "image/kernels.h"
#include "image/package.h"
#include "image/package_summary.h"
#include "image/plain_file.h"

namespace btfx {

namespace fs = std::filesystem;

namespace {

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Image read_file(const std::string& path, const std::string& name) {
  Image image = unwrap_file(path, name);
  image.path = path;
  return image;
}

std::string running_btf(const SearchPaths& paths) {
  return paths.root + "/sys/kernel/btf/vmlinux";
}

/// Where distributions put the kernel image of a release, those that exist: in each place the image that needs no
/// unpacking first.
std::vector<std::string> release_files(const std::string& root, const std::string& release) {
  static constexpr std::array patterns{
      "/boot/vmlinux-{}",
      "/boot/vmlinuz-{}",
      "/boot/Image-{}",
      "/boot/image-{}",
      "/boot/vmlinux-{}.gz",
      "/boot/vmlinux-{}.xz",
      "/boot/vmlinux-{}.zst",
      "/lib/modules/{}/vmlinux",
      "/lib/modules/{}/vmlinux-{}",
      "/lib/modules/{}/vmlinuz",
      "/lib/modules/{}/Image",
      "/lib/modules/{}/build/vmlinux",
      "/usr/lib/modules/{}/vmlinux",
      "/usr/lib/modules/{}/kernel/vmlinux",
      "/usr/lib/modules/{}/build/vmlinux",
      "/usr/lib/modules/{}/vmlinuz",
      "/usr/lib/modules/{}/vmlinuz-virt.efi",
      "/usr/lib/modules/{}/Image",
      "/usr/lib/modules/{}/image",
      "/usr/lib/modules/{}/vmlinux.gz",
      "/usr/lib/modules/{}/vmlinux.xz",
      "/usr/lib/modules/{}/vmlinux.zst",
      "/usr/lib/debug/boot/vmlinux-{}",
      "/usr/lib/debug/boot/vmlinux-{}.debug",
      "/usr/lib/debug/lib/modules/{}/vmlinux",
      "/usr/lib/debug/usr/lib/modules/{}/vmlinux",
  };
  std::vector<std::string> files;
  for (std::string path : patterns) {
    for (std::size_t at = path.find("{}"); at != std::string::npos; at = path.find("{}", at + release.size())) {
      path.replace(at, 2, release);
    }
    path.insert(0, root);
    if (exists(path)) files.push_back(std::move(path));
  }
  return files;
}

/// Whether an ELF file has the section with content. A vmlinux may have been stripped of it, or hold debug information
/// only.
bool carries_btf(const ElfFile& elf) {
  const ElfSection* section = elf.find(".BTF");
  return section != nullptr && section->type != SHT_NOBITS;
}

/// The first of several files (at least one) that can serve as a base, as far as can be told without unpacking; if none
/// can, the first, which will be an error that tells why.
const std::string& best_of(const std::vector<std::string>& files) {
  const auto found = std::ranges::find_if(files, [](const std::string& file) {
    const auto serves = [&] {
      Bytes content = Bytes::map_file(file);
      const ByteView bytes = content.view();
      return ElfFile::recognise(bytes) ? carries_btf(ElfFile::parse(std::move(content))) : is_kernel_at(file);
    };
    return optional_on_error(serves).value_or(false);
  });
  return found == files.end() ? files.front() : *found;
}

/// The kernel image of a release, in the places that the system keeps them in; nothing when there is none.
std::optional<std::string> installed_kernel(const std::string& release, const SearchPaths& paths) {
  if (release == paths.running && exists(running_btf(paths))) return running_btf(paths);
  const std::vector<std::string> files = release_files(paths.root, release);
  return files.empty() ? std::nullopt : std::optional(best_of(files));
}

/// A kernel release as opposed to a mistyped path: begins with a number and a dot, and does not end like a file of BTF.
bool looks_like_release(const std::string& word) {
  const std::size_t digits = word.find_first_not_of("0123456789");
  return !without_compression_suffix(word).ends_with(".btf") && digits != 0 && digits != std::string::npos &&
         word[digits] == '.' && word.find('/') == std::string::npos;
}

Image read_release(const std::string& release, const SearchPaths& paths) {
  const std::optional<std::string> file = installed_kernel(release, paths);
  if (!file) {
    throw Error(ErrorCode::io,
                "no such file, and no kernel of that release in /boot, /lib/modules, /usr/lib/modules or "
                "/usr/lib/debug",
                {.file = release});
  }
  return read_file(*file, *file);
}

/// The file in a package that `PACKAGE:PATH` names; nothing where that is not such a name.
std::optional<Image> read_member(const std::string& source) {
  for (std::size_t colon = source.find(':'); colon != std::string::npos; colon = source.find(':', colon + 1)) {
    const std::string package = source.substr(0, colon), path = source.substr(colon + 1);
    std::error_code ignored;
    if (!fs::is_regular_file(package, ignored)) continue;
    Bytes content = Bytes::map_file(package);
    if (packed_package_kind(content.view()).empty()) continue;
    PackageReader reader(std::move(content), package);
    while (const std::optional<std::string> member = reader.next()) {
      if (*member != path) continue;
      Image image = unwrap(reader.read(), source);
      image.package_kernel = std::make_shared<PackageKernel>(package);
      return image;
    }
    throw Error(ErrorCode::io, fmt::format("package has no file {}", path), {.file = package});
  }
  return std::nullopt;
}

bool is_raw_root(ByteView head) {
  return begins_like_btf(head) && may_be_root(head);
}

/// The kernel in a package: the first image that can serve as a base, else the first image, else the only raw BTF of a
/// kernel. Nothing when there is none.
std::optional<Image> read_package_kernel(const Bytes& content, const std::string& name) {
  PackageReader package(content, name);
  std::optional<Image> without;
  std::vector<std::pair<std::string, Bytes>> raw;
  while (const std::optional<std::string> member = package.next()) {
    if (begins_like_btf(package.head(2))) {
      Bytes file = package.read();
      if (is_raw_root(file.view())) raw.emplace_back(*member, std::move(file));
      continue;
    }
    if (!is_kernel_path(*member)) continue;
    Bytes file = package.read();
    if (!is_kernel_file(*member, file)) continue;
    Image image = unwrap(std::move(file), name + ":" + *member);
    if (!image.elf || carries_btf(*image.elf)) return image;
    if (!without) without = std::move(image);
  }
  if (without || raw.empty()) return without;
  const auto vmlinux = std::ranges::find_if(
      raw, [](const auto& file) { return file.first == "vmlinux" || file.first.ends_with("/vmlinux"); });
  if (vmlinux != raw.end()) return unwrap(std::move(vmlinux->second), name + ":" + vmlinux->first);
  if (raw.size() == 1) return unwrap(std::move(raw.front().second), name + ":" + raw.front().first);
  std::vector<std::string> names;
  names.reserve(raw.size());
  for (const auto& [path, file] : raw) names.push_back(name + ":" + path);
  throw Error(ErrorCode::usage,
              fmt::format("archive has the BTF of several kernels, name one: {}", fmt::join(names, ", ")),
              {.file = name});
}

/// The kernel of a package, or that of a companion beside it. `path` is empty for standard input.
Image read_package(const Bytes& content, const std::string& name, const std::string& path) {
  const std::optional<PackageSummary> summary = summarise_package(content);
  if (!summary || summary->has_image()) {
    if (std::optional<Image> image = read_package_kernel(content, name)) return *std::move(image);
  }
  if (!summary) throw Error(ErrorCode::no_btf, "package has no kernel image in it", {.file = name});
  if (!path.empty()) {
    for (const auto& [beside, other] : packages_beside(path)) {
      const bool is_needed = !summary->has_modules() && other.version == summary->version &&
                             std::ranges::find(summary->needs, other.name) != summary->needs.end();
      const bool has_release = std::ranges::any_of(other.releases, [&](const auto& release) {
        return release.second.image && summary->releases.contains(release.first);
      });
      if (!other.has_image() || (!is_needed && !has_release)) continue;
      if (std::optional<Image> image = read_package_kernel(Bytes::map_file(beside), beside)) return *std::move(image);
    }
  }
  throw Error(ErrorCode::no_btf, advice_for(*summary), {.file = name});
}

/// The release in the name of a kernel image in a directory; empty for a plain `vmlinux`.
std::string release_in_name(const fs::path& file) {
  const std::string name(without_compression_suffix(file.filename().string()));
  const std::size_t dash = name.find('-');
  if (dash == std::string::npos) return {};
  return name.substr(dash + 1, name.ends_with(".btf") ? name.size() - dash - 5 : std::string::npos);
}

/// The kernel images in a directory, by release: itself, and the places of an unpacked package or a root file system.
std::map<std::string, std::vector<std::string>> kernels_in(const std::string& directory) {
  std::map<std::string, std::vector<std::string>> kernels;
  std::error_code ignored;
  for (const char* place : {"", "/boot", "/usr/lib/debug/boot", "/boot/EFI/Linux", "/EFI/Linux"}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory + place, ignored)) {
      if (!is_plain_file(entry) || !is_kernel_at(entry.path())) continue;
      kernels[release_in_name(entry.path())].push_back(entry.path().string());
    }
  }
  for (const char* place :
       {"/lib/modules", "/usr/lib/modules", "/usr/lib/debug/lib/modules", "/usr/lib/debug/usr/lib/modules"}) {
    for (const fs::directory_entry& release : fs::directory_iterator(directory + place, ignored)) {
      std::vector<std::string> files;
      for (const char* below : {"", "/build", "/kernel"}) {
        for (const fs::directory_entry& entry :
             fs::directory_iterator(release.path() / (below + (*below != 0)), ignored)) {
          if (is_plain_file(entry) && is_kernel_at(entry.path())) files.push_back(entry.path().string());
        }
      }
      std::vector<std::string>& all = kernels[release.path().filename().string()];
      all.insert(all.end(), files.begin(), files.end());
      if (all.empty()) kernels.erase(release.path().filename().string());
    }
  }
  // `vmlinux` sorts before `vmlinuz`, which needs unpacking.
  for (auto& [release, files] : kernels) {
    std::ranges::sort(files);
  }
  return kernels;
}

/// The packages in a directory that hold a kernel image, by release.
std::map<std::string, std::vector<std::string>> kernel_packages_in(const std::string& directory) {
  std::map<std::string, std::vector<std::string>> kernels;
  for (const auto& [path, summary] : packages_beside(directory + "/.")) {
    for (const auto& [release, parts] : summary.releases) {
      if (parts.image) kernels[release].push_back(path);
    }
  }
  return kernels;
}

/// The files of the one release in `kernels`, which has at least one. Throws Error(usage) when there are several.
const std::vector<std::string>& only_release(const std::map<std::string, std::vector<std::string>>& kernels,
                                             const std::string& directory) {
  if (kernels.size() == 1) return kernels.begin()->second;
  std::vector<std::string> images;
  images.reserve(kernels.size());
  for (const auto& [release, files] : kernels) images.push_back(files.front());
  throw Error(ErrorCode::usage,
              fmt::format("directory has kernel images of several releases, name one: {}", fmt::join(images, ", ")),
              {.file = directory});
}

Image read_directory(const std::string& directory) {
  const auto kernels = kernels_in(directory);
  if (kernels.empty()) {
    const auto packages = kernel_packages_in(directory);
    if (packages.empty()) {
      const auto beside = packages_beside(directory + "/.");
      auto package = std::ranges::find_if(beside, [](const auto& one) { return one.second.has_modules(); });
      if (package == beside.end()) package = beside.begin();
      if (package != beside.end()) {
        throw Error(ErrorCode::no_btf, advice_for(package->second), {.file = package->first});
      }
      throw Error(ErrorCode::no_btf, "directory has no kernel image in it", {.file = directory});
    }
    const std::string& package = only_release(packages, directory).front();
    return read_package(Bytes::map_file(package), package, package);
  }
  // An image without a release in its name is the directory's own, as in a build tree or /sys/kernel/btf.
  const auto own = kernels.find("");
  const std::string& file = best_of(own != kernels.end() ? own->second : only_release(kernels, directory));
  return read_file(file, file);
}

/// Whether the only kernel image in a directory without a release in its name is of that one.
bool is_of_release(const std::string& file, const std::string& release) {
  return optional_on_error([&] { return kernel_release(read_file(file, file)) == release; }).value_or(false);
}

/// The root of the tree that a module lies in: what comes before lib/modules/RELEASE or usr/lib/modules/RELEASE.
std::optional<std::string> tree_root(const std::string& module, const std::string& release) {
  std::error_code failure;
  const fs::path real = fs::weakly_canonical(fs::absolute(module, failure), failure);
  if (failure) return std::nullopt;
  const std::string path = real.string();
  const std::size_t at = path.rfind("/lib/modules/" + release + "/");
  if (at == std::string::npos) return std::nullopt;
  std::string root = path.substr(0, at);
  if (root.ends_with("/usr")) root.resize(root.size() - 4);
  return root;
}

}  // namespace

const SearchPaths& SearchPaths::system() {
  static const SearchPaths paths = [] {
    utsname name{};
    return SearchPaths{.root = {}, .running = ::uname(&name) == 0 ? name.release : ""};
  }();
  return paths;
}

std::optional<std::string> kernel_in_directory(const std::string& directory, const std::string& release) {
  if (!is_directory(directory)) return std::nullopt;
  const auto kernels = kernels_in(directory);
  if (const auto own = kernels.find(release); own != kernels.end()) return best_of(own->second);
  if (const auto nameless = kernels.find(""); nameless != kernels.end()) {
    const std::string& file = best_of(nameless->second);
    if (is_of_release(file, release)) return file;
  }
  if (!kernels.empty()) return std::nullopt;
  const auto packages = kernel_packages_in(directory);
  const auto package = packages.find(release);
  return package == packages.end() ? std::nullopt : std::optional(package->second.front());
}

bool holds_kernel(const std::string& source) {
  if (is_directory(source)) return !kernels_in(source).empty() || !kernel_packages_in(source).empty();
  const Bytes content = Bytes::map_file(source);
  const std::optional<PackageSummary> summary = summarise_package(content);
  return summary ? summary->has_image() : read_package_kernel(content, source).has_value();
}

Image read_source(const std::string& source, const SearchPaths& paths) {
  if (exists(source)) return read_file(source, source);
  if (std::optional<Image> member = read_member(source)) return *std::move(member);
  if (source == "-") return unwrap(Bytes::read_fd(STDIN_FILENO, source), source);
  if (source == "running") return read_file(running_btf(paths), source);
  if (looks_like_release(source)) return read_release(source, paths);
  return read_file(source, source);  // to say why it cannot be opened
}

Image read_base_source(const std::string& source, const SearchPaths& paths) {
  if (is_directory(source)) return read_directory(source);
  const bool from_stdin = source == "-" && !exists(source);
  if (!from_stdin && !exists(source)) return read_source(source, paths);
  Bytes content = from_stdin ? Bytes::read_fd(STDIN_FILENO, source) : Bytes::map_file(source);
  const ByteView bytes = content.view();
  if (!packed_package_kind(bytes).empty()) return read_package(content, source, from_stdin ? "" : source);
  Image image = unwrap(std::move(content), source);
  if (!from_stdin) image.path = source;
  return image;
}

std::optional<FoundBase> find_base(const Image& image, const SearchPaths& paths) {
  if (image.form == Form::raw_btf) {
    if (image.package_kernel && image.path.empty()) {
      if (std::optional<std::string> package = image.package_kernel->source({})) {
        return FoundBase{*std::move(package), "it is the kernel in the module's archive"};
      }
    }
    if (image.path.empty() || !image.wrappings.empty()) return std::nullopt;
    const fs::path beside = fs::path(image.path).parent_path() / "vmlinux";
    std::error_code failure;
    if (!fs::is_regular_file(beside, failure) || fs::equivalent(beside, image.path, failure)) return std::nullopt;
    return FoundBase{beside.string(), "it is beside the module's BTF"};
  }
  if (image.form != Form::elf) return std::nullopt;
  const std::string release = kernel_release(image);
  if (release.empty()) return std::nullopt;
  std::optional<Error> package_failure;
  if (image.package_kernel) {
    try {
      if (std::optional<std::string> package = image.package_kernel->source(release)) {
        return FoundBase{*std::move(package), "it is the kernel in the module's package, or in one beside it or given"};
      }
    } catch (const Error& error) {
      package_failure = error;  // the reason why there is no base, unless one is found elsewhere
    }
  }
  const std::string reason = fmt::format("vermagic says {}", release);
  if (!image.path.empty()) {
    const std::optional<std::string> root = tree_root(image.path, release);
    if (root && *root != paths.root) {
      const std::vector<std::string> files = release_files(*root, release);
      if (!files.empty()) return FoundBase{best_of(files), reason + ", in the module's own tree"};
    }
  }
  if (std::optional<std::string> file = installed_kernel(release, paths)) return FoundBase{*std::move(file), reason};
  if (image.package_kernel) {
    if (std::optional<std::string> file = image.package_kernel->in_directories(release)) {
      return FoundBase{*std::move(file), reason + ", in a directory that is given"};
    }
  }
  if (package_failure) throw Error(*package_failure);
  return std::nullopt;
}

}  // namespace btfx

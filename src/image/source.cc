// Finding what a SOURCE or BASE argument names, and the base of a module.
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

#include "base/error.h"
#include "image/image.h"
#include "image/kernels.h"
#include "image/package.h"

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
  Image image = unwrap(Bytes::map_file(path), name);
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
    try {
      Bytes content = Bytes::map_file(file);
      const ByteView bytes = content.view();
      return ElfFile::recognise(bytes) ? carries_btf(ElfFile::parse(std::move(content))) : is_kernel_at(file);
    } catch (const Error&) {
      return false;
    }
  });
  return found == files.end() ? files.front() : *found;
}

/// The kernel image of a release, in the places that the system keeps them in; nothing when there is none.
std::optional<std::string> installed_kernel(const std::string& release, const SearchPaths& paths) {
  if (release == paths.running && exists(running_btf(paths))) return running_btf(paths);
  const std::vector<std::string> files = release_files(paths.root, release);
  return files.empty() ? std::nullopt : std::optional(best_of(files));
}

/// A kernel release as opposed to a mistyped path: begins with a number and a dot.
bool looks_like_release(const std::string& word) {
  const std::size_t digits = word.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string::npos && word[digits] == '.' && word.find('/') == std::string::npos;
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

/// The kernel image in a package: the first that can serve as a base, else the first.
Image read_package(Bytes content, const std::string& name) {
  PackageReader package(std::move(content), name);
  std::optional<Image> without;
  while (const std::optional<std::string> member = package.next()) {
    if (!is_kernel_path(*member)) continue;
    Bytes file = package.read();
    if (!is_kernel_file(*member, file)) continue;
    Image image = unwrap(std::move(file), name + ":" + *member);
    if (!image.elf || carries_btf(*image.elf)) return image;
    if (!without) without = std::move(image);
  }
  if (without) return *std::move(without);
  throw Error(ErrorCode::no_btf, "package has no kernel image in it", {.file = name});
}

/// The release in the name of a kernel image in a directory; empty for a plain `vmlinux`.
std::string release_in_name(const fs::path& file) {
  const std::string name(without_compression_suffix(file.filename().string()));
  const std::size_t dash = name.find('-');
  return dash == std::string::npos ? std::string{} : name.substr(dash + 1);
}

/// The kernel images in a directory, by release: itself, its boot/, and lib/modules/RELEASE as a package has it.
std::map<std::string, std::vector<std::string>> kernels_in(const std::string& directory) {
  std::map<std::string, std::vector<std::string>> kernels;
  std::error_code ignored;
  for (const char* place : {"", "/boot"}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory + place, ignored)) {
      if (!entry.is_regular_file(ignored) || !is_kernel_at(entry.path())) continue;
      kernels[release_in_name(entry.path())].push_back(entry.path().string());
    }
  }
  for (const char* place : {"/lib/modules", "/usr/lib/modules"}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory + place, ignored)) {
      const std::string release = entry.path().filename().string();
      std::vector<std::string>& files = kernels[release];
      for (std::string& file : release_files(directory, release)) files.push_back(std::move(file));
      if (files.empty()) kernels.erase(release);
    }
  }
  // `vmlinux` sorts before `vmlinuz`, which needs unpacking.
  for (auto& [release, files] : kernels) {
    std::ranges::sort(files);
  }
  return kernels;
}

Image read_directory(const std::string& directory) {
  const auto kernels = kernels_in(directory);
  if (kernels.empty()) {
    throw Error(ErrorCode::no_btf, "directory has no kernel image in it", {.file = directory});
  }
  const auto read = [](const std::vector<std::string>& files) { return read_file(best_of(files), best_of(files)); };
  // An image without a release in its name is the directory's own, as in a build tree or /sys/kernel/btf.
  if (const auto own = kernels.find(""); own != kernels.end()) return read(own->second);
  if (kernels.size() > 1) {
    std::vector<std::string> releases;
    releases.reserve(kernels.size());
    for (const auto& [release, files] : kernels) releases.push_back(release);
    throw Error(ErrorCode::usage,
                fmt::format("directory has kernel images of several releases, name one: {}", fmt::join(releases, ", ")),
                {.file = directory});
  }
  return read(kernels.begin()->second);
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

SearchPaths SearchPaths::system() {
  utsname name{};
  return {.root = {}, .running = ::uname(&name) == 0 ? name.release : ""};
}

Image read_source(const std::string& source, const SearchPaths& paths) {
  if (exists(source)) return read_file(source, source);
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
  if (!packed_package_kind(bytes).empty()) return read_package(std::move(content), source);
  Image image = unwrap(std::move(content), source);
  if (!from_stdin) image.path = source;
  return image;
}

std::optional<FoundBase> find_base(const Image& image, const SearchPaths& paths) {
  if (image.form == Form::raw_btf) {
    if (image.path.empty() || !image.wrappings.empty()) return std::nullopt;
    const fs::path beside = fs::path(image.path).parent_path() / "vmlinux";
    std::error_code failure;
    if (!fs::is_regular_file(beside, failure) || fs::equivalent(beside, image.path, failure)) return std::nullopt;
    return FoundBase{beside.string(), "it is beside the module's BTF"};
  }
  if (image.form != Form::elf) return std::nullopt;
  const std::string release = kernel_release(image);
  if (release.empty()) return std::nullopt;
  if (image.package_kernel && image.package_kernel->exists()) {
    return FoundBase{image.package_kernel->package(), "it is the kernel in the module's package"};
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
  return std::nullopt;
}

}  // namespace btfx

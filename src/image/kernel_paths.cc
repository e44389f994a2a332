#include "image/kernel_paths.h"

#include <algorithm>
#include <array>

#include "image/kernel_image.h"

namespace btfx {

namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, 8> suffixes{".gz", ".xz", ".zst", ".zstd", ".lz4", ".bz2", ".lzma", ".lzo"};
std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// The directory part, without a slash at its end.
std::string_view directory(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace

std::string_view without_compression_suffix(std::string_view path) {
  for (const std::string_view suffix : suffixes) {
    if (path.ends_with(suffix)) return path.substr(0, path.size() - suffix.size());
  }
  return path;
}

bool is_module_path(std::string_view path) {
  const std::string_view name = file_name(without_compression_suffix(path));
  return name.ends_with(".ko") && name.size() > 3;
}

bool is_kernel_path(std::string_view path) {
  std::string_view name = file_name(without_compression_suffix(path));
  const bool right_name = std::ranges::any_of(
      std::array{"vmlinuz"sv, "vmlinux"sv, "Image"sv, "image"sv, "zImage"sv, "bzImage"sv, "kernel"sv, "linux"sv},
      [&](auto stem) { return name.starts_with(stem) && (name.size() == stem.size() || name[stem.size()] == '-'); });
  std::string_view place = directory(path);
  if (name.ends_with(".efi") && place.ends_with("EFI/Linux")) return true;
  if (!right_name || name.ends_with(".hmac")) return false;
  if (place.empty() || file_name(place) == "boot") return true;
  if (file_name(place) == "build" || file_name(place) == "kernel") place = directory(place);
  return file_name(directory(place)) == "modules";
}

bool is_kernel_file(std::string_view path, const Bytes& content) {
  return is_kernel_path(path) && (file_name(path).starts_with("vmlinu") || has_kernel_content(content));
}

bool is_config_path(std::string_view path) {
  const std::string_view name = file_name(path), place = directory(path);
  if (name.starts_with("config-")) return place.empty() || file_name(place) == "boot";
  return name == "config" && file_name(directory(place)) == "modules";
}

std::string_view release_of_path(std::string_view path) {
  constexpr std::string_view modules = "lib/modules/";
  const std::size_t at = path.find(modules);
  if (at != std::string_view::npos && (at == 0 || path[at - 1] == '/')) {
    const std::string_view rest = path.substr(at + modules.size());
    const std::size_t slash = rest.find('/');
    return slash == std::string_view::npos ? std::string_view{} : rest.substr(0, slash);
  }
  if (!is_kernel_path(path) && !is_config_path(path)) return {};
  const std::string_view name = without_compression_suffix(file_name(path));
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return {};
  return name.substr(dash + 1, name.ends_with(".btf") ? name.size() - dash - 5 : std::string_view::npos);
}

}  // namespace btfx

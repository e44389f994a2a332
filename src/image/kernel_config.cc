#include "image/kernel_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/attempt.h"
#include "image/decompress.h"
#include "image/kernel_paths.h"
#include "image/package.h"
#include "image/package_summary.h"

namespace btfx {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_config = 64U << 20;  // real ones have 300 KB

std::string read_text(const Bytes& file) {
  const ByteView bytes = file.view();
  const std::optional<Compression> format = compression_at(bytes);
  if (!format) return std::string(as_text(bytes));
  const Bytes unpacked = decompress(bytes, *format, max_config);
  return std::string(as_text(unpacked.view()));
}

std::optional<KernelConfig> read_config(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return std::nullopt;
  return optional_on_error([&] { return KernelConfig{path, read_text(Bytes::map_file(path))}; });
}

/// The configuration in the file of a package that is there under a name for that release.
std::optional<KernelConfig> config_in_package(const std::string& package, const std::string& release) {
  return optional_on_error([&]() -> std::optional<KernelConfig> {
           PackageReader reader(Bytes::map_file(package), package);
           while (const std::optional<std::string> member = reader.next()) {
             if (!is_config_path(*member) || (!release.empty() && release_of_path(*member) != release)) continue;
             return KernelConfig{package + ":" + *member, read_text(reader.read(max_config))};
           }
           return std::nullopt;
         })
      .value_or(std::nullopt);
}

std::optional<KernelConfig> config_in_packages(const std::string& package, const std::string& release) {
  const std::optional<PackageSummary> summary = summarise_package_file(package);
  if (!summary || summary->has_config()) {
    if (std::optional<KernelConfig> config = config_in_package(package, release)) return config;
  }
  for (const auto& [beside, other] : packages_beside(package)) {
    const auto parts = other.releases.find(release);
    if (parts == other.releases.end() || !parts->second.config) continue;
    if (std::optional<KernelConfig> config = config_in_package(beside, release)) return config;
  }
  return std::nullopt;
}

/// Where trees with the root `root` keep the configuration of a release.
std::vector<std::string> places_below(const std::string& root, const std::string& release) {
  std::vector<std::string> places;
  for (const char* place :
       {"/boot/config-{}", "/usr/lib/modules/{}/config", "/lib/modules/{}/config", "/lib/modules/{}/build/.config"}) {
    places.push_back(root + fmt::format(fmt::runtime(place), release));
  }
  return places;
}

/// What comes before boot/ or [usr/]lib/modules/ in the path of a kernel image; nothing when that is not where it lies.
std::optional<std::string> root_of(const std::string& path) {
  for (const std::string_view place : {"/usr/lib/debug/", "/usr/lib/modules/", "/lib/modules/", "/boot/"}) {
    const std::size_t at = path.rfind(place);
    if (at != std::string::npos) return path.substr(0, at);
  }
  return std::nullopt;
}

std::optional<KernelConfig> first_of(const std::vector<std::string>& places) {
  for (const std::string& place : places) {
    if (std::optional<KernelConfig> config = read_config(place)) return config;
  }
  return std::nullopt;
}

std::optional<KernelConfig> config_beside(const std::string& image, const std::string& release) {
  std::error_code failure;
  const fs::path real = fs::absolute(image, failure);
  const std::string directory = (failure ? fs::path(image) : real).parent_path().string();
  std::vector<std::string> places{directory + "/.config", directory + "/config"};
  if (!release.empty()) places.insert(places.begin(), directory + "/config-" + release);
  if (std::optional<KernelConfig> config = first_of(places)) return config;
  const std::optional<std::string> root = failure ? std::nullopt : root_of(real.lexically_normal().string());
  return root && !release.empty() ? first_of(places_below(*root, release)) : std::nullopt;
}

/// The package that a member's name begins with.
std::string package_of(const std::string& name) {
  std::error_code ignored;
  for (std::size_t colon = name.find(':'); colon != std::string::npos; colon = name.find(':', colon + 1)) {
    if (fs::is_regular_file(name.substr(0, colon), ignored)) return name.substr(0, colon);
  }
  return {};
}

}  // namespace

std::string_view config_value(std::string_view config, std::string_view name) {
  while (!config.empty()) {
    std::string_view line = config.substr(0, config.find('\n'));
    config.remove_prefix(std::min(line.size() + 1, config.size()));
    if (line.size() <= name.size() || !line.starts_with(name) || line[name.size()] != '=') continue;
    line.remove_prefix(name.size() + 1);
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    return line;
  }
  return {};
}

std::optional<std::string> embedded_config(ByteView kernel) {
  constexpr std::string_view start = "IKCFG_ST", end = "IKCFG_ED";
  const std::string_view text = as_text(kernel);
  // The words alone stand in programs that look for them, too.
  for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
    const ByteView packed = kernel.subspan(at + start.size());
    if (compression_at(packed) != Compression::gzip) continue;
    const std::size_t length = as_text(packed).find(end);
    if (length == std::string_view::npos) return std::nullopt;
    return optional_on_error([&] {
      const Bytes unpacked = decompress(packed.first(length), Compression::gzip, max_config);
      return std::string(as_text(unpacked.view()));
    });
  }
  return std::nullopt;
}

std::optional<KernelConfig> find_kernel_config(const std::string& source, const std::string& release,
                                               const SearchPaths& paths) {
  const Image image = read_base_source(source, paths);
  const Bytes whole = image.content();
  const ByteView content = whole.view();
  if (image.form != Form::raw_btf) {
    if (std::optional<std::string> text = embedded_config(content)) return KernelConfig{image.name, *std::move(text)};
  }
  if (!image.path.empty()) {
    if (std::optional<KernelConfig> config = config_beside(image.path, release)) return config;
  } else if (const std::string package = package_of(image.name); !package.empty()) {
    if (std::optional<KernelConfig> config = config_in_packages(package, release)) return config;
  }
  if (release.empty()) return std::nullopt;
  if (release == paths.running) {
    if (std::optional<KernelConfig> config = read_config(paths.root + "/proc/config.gz")) return config;
  }
  return first_of(places_below(paths.root, release));
}

}  // namespace btfx

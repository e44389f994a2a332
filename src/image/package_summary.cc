#include "image/package_summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "base/memory_error.h"
#include "image/kernel_paths.h"
#include "image/package.h"
#include "image/plain_file.h"
#include "image/rpm.h"
#include "image/source.h"

namespace btfx {

namespace fs = std::filesystem;

namespace {

/// The lines of a text, one after the other.
template <typename Take>
void for_each_line(std::string_view text, Take&& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// The value of a field in a control file; its continuation lines follow.
std::string control_field(std::string_view control, std::string_view field) {
  std::string value;
  bool is_inside = false;
  for_each_line(control, [&](std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) {
      if (is_inside) value.append(line);
      return;
    }
    is_inside = line.size() > field.size() && line.starts_with(field) && line[field.size()] == ':';
    if (is_inside) value = line.substr(std::min(line.find_first_not_of(": ", field.size()), line.size()));
  });
  return value;
}

/// The names in a Depends field that are wanted in exactly `version`.
std::vector<std::string> own_needs(std::string_view depends, const std::string& version) {
  std::vector<std::string> names;
  const std::string exactly = fmt::format("(= {})", version);
  while (!depends.empty()) {
    std::string_view one = depends.substr(0, depends.find(','));
    depends.remove_prefix(std::min(one.size() + 1, depends.size()));
    if (one.find(exactly) == std::string_view::npos) continue;
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    names.emplace_back(one.substr(0, one.find(' ')));
  }
  return names;
}

/// Whether a package depends on another one of its own version.
bool depends_on(const PackageSummary& one, const PackageSummary& other) {
  return other.version == one.version && std::ranges::find(one.needs, other.name) != one.needs.end();
}

void add_file(PackageSummary& summary, std::string_view path) {
  const bool image = is_kernel_path(path), module = is_module_path(path), config = is_config_path(path);
  if (!image && !module && !config) return;
  PackageSummary::Parts& parts = summary.releases[std::string(release_of_path(path))];
  parts.image |= image;
  parts.modules += module ? 1 : 0;
  parts.config |= config;
}

std::optional<PackageSummary> summarise_debian(const Bytes& content) {
  const std::optional<Bytes> archive = debian_control(content);
  if (!archive) return std::nullopt;
  PackageReader reader(*archive, "control.tar");
  PackageSummary summary;
  bool has_list = false;
  while (const std::optional<std::string> path = reader.next()) {
    if (*path != "control" && *path != "md5sums") continue;
    const Bytes file = reader.read();
    const std::string_view text = as_text(file.view());
    if (*path == "control") {
      summary.name = control_field(text, "Package");
      summary.version = control_field(text, "Version");
      summary.needs = own_needs(control_field(text, "Depends"), summary.version);
      continue;
    }
    has_list = true;
    // MD5 in 32 digits, two blanks, path.
    for_each_line(text, [&](std::string_view line) {
      if (line.size() > 34) add_file(summary, line.substr(34));
    });
  }
  // A package that only depends on others may have no files to list.
  return has_list || !summary.needs.empty() ? std::optional(std::move(summary)) : std::nullopt;
}

std::optional<PackageSummary> summarise_rpm(const Bytes& content) {
  const RpmHeader header = read_rpm_header(content);
  PackageSummary summary{.name = header.name, .version = header.version, .needs = {}, .releases = {}};
  // Requirements name files and capabilities as well; those on packages of the same source begin alike.
  const std::string stem = header.name.substr(0, header.name.find('-'));
  for (const std::string& need : header.needs) {
    if (need.starts_with(stem + "-") && need.find('(') == std::string::npos) summary.needs.push_back(need);
  }
  for (const RpmFile& file : header.files) {
    add_file(summary, std::string_view(file.path).substr(file.path.starts_with('/') ? 1 : 0));
  }
  return header.files.empty() && summary.needs.empty() ? std::nullopt : std::optional(std::move(summary));
}

}  // namespace

bool PackageSummary::has_image() const {
  return std::ranges::any_of(releases, [](const auto& release) { return release.second.image; });
}

bool PackageSummary::has_modules() const {
  return modules() > 0;
}

std::size_t PackageSummary::modules() const {
  std::size_t count = 0;
  for (const auto& [release, parts] : releases) count += parts.modules;
  return count;
}

bool PackageSummary::has_config() const {
  return std::ranges::any_of(releases, [](const auto& release) { return release.second.config; });
}

std::optional<PackageSummary> summarise_package(const Bytes& content) {
  const std::string_view kind = package_kind(content.view());
  // Reading the package itself says what is wrong.
  if (kind == "Debian package")
    return optional_on_error([&] { return summarise_debian(content); }).value_or(std::nullopt);
  if (kind == "RPM package") return optional_on_error([&] { return summarise_rpm(content); }).value_or(std::nullopt);
  return std::nullopt;
}

std::optional<PackageSummary> summarise_package_file(const std::string& path) {
  return optional_on_error(
             [&] { return with_memory_as_error([&] { return summarise_package(Bytes::map_file(path)); }); })
      .value_or(std::nullopt);
}

std::vector<std::pair<std::string, PackageSummary>> packages_beside(const std::string& path) {
  std::vector<std::pair<std::string, PackageSummary>> packages;
  std::error_code ignored;
  const fs::path parent = fs::path(path).parent_path();
  for (fs::directory_iterator entry(parent.empty() ? "." : parent, ignored); entry != fs::directory_iterator();
       entry.increment(ignored)) {
    const fs::path beside = parent / entry->path().filename();
    if ((beside.extension() != ".deb" && beside.extension() != ".rpm") || !is_plain_file(*entry)) continue;
    if (beside == path || fs::equivalent(beside, path, ignored)) continue;
    if (std::optional<PackageSummary> summary = summarise_package_file(beside.string())) {
      packages.emplace_back(beside.string(), *std::move(summary));
    }
  }
  std::ranges::sort(packages, {}, [](const auto& package) { return package.first; });
  return packages;
}

SummarisedPackages summarise_packages(const std::vector<std::string>& paths) {
  SummarisedPackages packages;
  for (const std::string& path : paths) {
    if (std::optional<PackageSummary> summary = summarise_package_file(path)) {
      packages.emplace_back(path, *std::move(summary));
    }
  }
  return packages;
}

std::vector<std::string> module_packages_among(const SummarisedPackages& packages, const PackageSummary& summary) {
  std::vector<std::string> found;
  for (const auto& [path, other] : packages) {
    const bool has_same_release = std::ranges::any_of(other.releases, [&](const auto& release) {
      const auto own = summary.releases.find(release.first);
      return release.second.modules > 0 && own != summary.releases.end() && own->second.image;
    });
    const bool is_needed = !summary.has_image() && other.has_modules() && depends_on(summary, other);
    if (is_needed || has_same_release) found.push_back(path);
  }
  return found;
}

std::vector<std::vector<std::string>> packages_by_kernel(const std::vector<std::string>& paths) {
  const SummarisedPackages packages = summarise_packages(paths);
  if (packages.size() != paths.size()) return {};
  const auto belong_together = [](const PackageSummary& one, const PackageSummary& other) {
    return depends_on(one, other) || depends_on(other, one) ||
           std::ranges::any_of(one.releases,
                               [&](const auto& release) { return other.releases.contains(release.first); });
  };
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    // It may join groups that had nothing in common so far.
    std::vector<std::vector<std::size_t>> rest;
    std::optional<std::size_t> place;
    for (std::vector<std::size_t>& group : groups) {
      const bool joins = std::ranges::any_of(
          group, [&](std::size_t member) { return belong_together(packages[i].second, packages[member].second); });
      if (!joins) {
        rest.push_back(std::move(group));
        continue;
      }
      if (!place) {
        place = rest.size();
        rest.emplace_back();
      }
      rest[*place].insert(rest[*place].end(), group.begin(), group.end());
    }
    if (!place) rest.emplace_back();
    std::vector<std::size_t>& joined = place ? rest[*place] : rest.back();
    joined.push_back(i);
    groups = std::move(rest);
  }
  std::vector<std::vector<std::string>> result;
  for (const std::vector<std::size_t>& group : groups) {
    std::vector<std::string>& names = result.emplace_back();
    for (const std::size_t member : group) names.push_back(packages[member].first);
  }
  return result;
}

std::string advice_for(const PackageSummary& summary) {
  std::vector<std::string> names;
  for (const std::string& need : summary.needs) {
    const auto says = [&](std::string_view word) { return need.find(word) != std::string::npos; };
    if (says("-modules") || says("-binary") || says("-image") || says("-core")) names.push_back(need);
  }
  if (!summary.has_image() && !summary.has_modules()) {
    if (names.empty()) names = summary.needs;
    if (names.empty()) return "has neither a kernel image nor modules in it";
    return fmt::format("has neither a kernel image nor modules, and depends on the packages that have: give {} ({})",
                       fmt::join(names, " and "), summary.version);
  }
  std::vector<std::string> releases;
  for (const auto& [release, parts] : summary.releases) releases.push_back(release);
  const std::string_view lacking =
      summary.has_image() ? "the package with the modules" : "the package with the kernel image";
  if (names.empty()) {
    return fmt::format("has {} of {} only: give {} too, or put it beside this one",
                       summary.has_image() ? "the kernel image" : "the modules", fmt::join(releases, ", "), lacking);
  }
  return fmt::format("has {} of {} only: give {} ({}) too, or put it beside this one",
                     summary.has_image() ? "the kernel image" : "the modules", fmt::join(releases, ", "),
                     fmt::join(names, " or "), summary.version);
}

bool PackageKernel::look_inside() const {
  if (package_.empty()) return false;
  const Bytes content = Bytes::map_file(package_);
  if (const std::optional<PackageSummary> summary = summarise_package(content)) return summary->has_image();
  PackageReader reader(content, package_);
  while (const std::optional<std::string> member = reader.next()) {
    if (fs::path(*member).filename() == "vmlinux") return true;
    if (!is_kernel_path(*member)) continue;
    // By its name alone, if possible.
    if (is_kernel_file(*member, {}) || is_kernel_file(*member, reader.read())) return true;
  }
  return false;
}

std::map<std::string, std::string> PackageKernel::look_beside() const {
  std::map<std::string, std::string> companions;
  const auto add = [&](const SummarisedPackages& packages) {
    for (const auto& [path, summary] : packages) {
      for (const auto& [release, parts] : summary.releases) {
        if (parts.image) companions.emplace(release, path);
      }
    }
  };
  if (!package_.empty()) add(packages_beside(package_));
  add(summarise_packages(given_));
  return companions;
}

std::optional<std::string> PackageKernel::in_directories(const std::string& release) const {
  return in_directories_.get(release, [&]() -> std::optional<std::string> {
    for (const std::string& directory : given_) {
      if (std::optional<std::string> file = kernel_in_directory(directory, release)) return file;
    }
    return std::nullopt;
  });
}

std::optional<std::string> PackageKernel::source(const std::string& release) const {
  if (is_inside_.get([this] { return look_inside(); })) return package_;
  const auto& companions = companions_.get([this] { return look_beside(); });
  const auto companion = companions.find(release);
  return companion == companions.end() ? std::nullopt : std::optional(companion->second);
}

void PackageKernel::found() {
  is_inside_.get([] { return true; });
}

}  // namespace btfx

#include "image/kernels.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/attempt.h"
#include "base/bytes.h"
#include "base/error.h"
#include "image/carve.h"
#include "image/kernel_paths.h"
#include "image/package.h"
#include "image/plain_file.h"

namespace btfx {

namespace fs = std::filesystem;

namespace {

bool may_be_kernel(const fs::path& path) {
  if (is_module_path(path.filename().string())) return false;
  if (is_kernel_at(path.string())) return true;
  const auto looks_like_kernel = [&] {
    const Bytes content = Bytes::map_file(path.string());
    return begins_like_btf(content.view()) || !packed_package_kind(content.view()).empty();
  };
  return optional_on_error(looks_like_kernel).value_or(false);  // of a tree, files that cannot be read are left out
}

}  // namespace

bool is_kernel_at(const std::string& path) {
  const std::string in_package = "boot/" + fs::path(path).filename().string();  // a place that a package has it in
  if (is_kernel_file(in_package, {})) return true;                              // by its name alone
  if (!is_kernel_path(in_package)) return false;
  return optional_on_error([&] { return is_kernel_file(in_package, Bytes::map_file(path)); }).value_or(false);
}

namespace {

template <typename Wanted>
std::vector<std::string> files_below(const std::string& directory, Wanted&& wanted) {
  std::vector<std::string> found;
  std::error_code failure;
  fs::recursive_directory_iterator entry(directory, fs::directory_options::skip_permission_denied, failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    std::error_code ignored;
    if (is_plain_file(*entry) && wanted(entry->path())) found.push_back(entry->path().string());
  }
  if (failure) throw system_error("read the directory", failure.value(), directory);
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::vector<std::string> kernel_images_below(const std::string& directory) {
  return files_below(directory, [&](const fs::path& path) {
    return is_kernel_path(path.lexically_relative(directory).string()) && is_kernel_at(path.string());
  });
}

std::vector<std::string> kernel_sources_below(const std::string& directory) {
  return files_below(directory, may_be_kernel);
}

}  // namespace btfx

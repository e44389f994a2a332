#include "image/kernels.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "base/attempt.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory_error.h"
#include "image/carve.h"
#include "image/decompress.h"
#include "image/kernel_image.h"
#include "image/kernel_paths.h"
#include "image/package.h"
#include "image/package_summary.h"
#include "image/plain_file.h"

namespace btfx {

namespace fs = std::filesystem;

namespace {

bool may_be_kernel(const fs::path& path) {
  if (is_module_path(path.filename().string())) return false;
  const std::string in_package = "boot/" + path.filename().string();  // a place that a package has it in
  if (is_kernel_file(in_package, {})) return true;                    // by its name alone
  const Bytes content = Bytes::map_file(path.string());
  const ByteView bytes = content.view();
  if (begins_like_btf(bytes)) return may_be_root(bytes);
  if (is_kernel_path(in_package) && has_kernel_content(content)) return true;
  if (!package_kind(bytes).empty()) {
    const std::optional<PackageSummary> summary = summarise_package(content);
    return !summary || summary->has_image();
  }
  const std::optional<Compression> format = compression_at(without_skippable_frames(bytes));
  if (!format) return false;
  constexpr std::size_t head_length = 512;  // where a tar archive has its magic
  const std::vector<std::byte> head = decompress_head(bytes, *format, head_length);
  return begins_like_btf(head) || !package_kind(head).empty();
}

}  // namespace

bool is_kernel_at(const std::string& path) {
  const std::string in_package = "boot/" + fs::path(path).filename().string();  // a place that a package has it in
  if (is_kernel_file(in_package, {})) return true;                              // by its name alone
  if (!is_kernel_path(in_package)) return false;
  return optional_on_error([&] { return is_kernel_file(in_package, Bytes::map_file(path)); }).value_or(false);
}

bool is_kernel_below(const std::string& directory, const std::string& path) {
  return is_kernel_path(fs::path(path).lexically_relative(directory).string()) && is_kernel_at(path);
}

KernelSources all_kernel_sources_below(const std::string& directory) {
  KernelSources sources;
  std::vector<Error> unopened;
  sources.unread = for_each_plain_file(directory, true, [&](const std::string& path) {
    try {
      if (with_memory_as_error([&] { return may_be_kernel(path); })) sources.files.push_back(path);
    } catch (const Error& error) {
      // One that is damaged is no kernel; one that cannot be opened may be.
      if (error.code() == ErrorCode::io) unopened.push_back(error.in(path));
    }
  });
  const auto own =
      std::ranges::find_if(sources.unread, [&](const Error& error) { return error.place().file == directory; });
  if (own != sources.unread.end()) throw Error(*own);
  std::ranges::move(unopened, std::back_inserter(sources.unread));
  std::ranges::sort(sources.files);
  std::ranges::sort(sources.unread, {}, [](const Error& error) { return std::string(error.what()); });
  return sources;
}

std::vector<std::string> kernel_sources_below(const std::string& directory) {
  return all_kernel_sources_below(directory).files;
}

}  // namespace btfx

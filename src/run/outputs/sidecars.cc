#include "run/outputs/sidecars.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/atomic_file.h"

namespace btfx {

Sidecars write_sidecars(const std::string& stem, const std::vector<std::pair<std::string_view, Bytes>>& sections) {
  Sidecars sidecars;
  std::vector<FileContent> files;
  for (const auto& [section, content] : sections) {
    std::string path = stem + std::string(section);
    if (!content.empty()) {
      files.push_back({path, content});
      sidecars.written.push_back(std::move(path));
    } else if (std::error_code ignored; std::filesystem::exists(path, ignored)) {
      sidecars.left.push_back(std::move(path));
    }
  }
  replace_files(files);
  return sidecars;
}

void warn_of_left(const std::vector<std::string>& left, const Context& context) {
  for (const std::string& path : left) {
    context.warn(fmt::format("{}: is left from another run, and does not belong to what was written now", path));
  }
}

}  // namespace btfx

#include "support/temp_dir.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/error.h"

namespace btfx::test {

TempDir::TempDir() : path_((std::filesystem::temp_directory_path() / "btfx-test-XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr) throw system_error("create a directory", errno, path_);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.flush()) throw Error(ErrorCode::io, "cannot write", {.file = path});
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, "cannot open", {.file = path});
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string data_path(std::string_view name) {
  return std::string(BTFX_TEST_DATA "/").append(name);
}

}  // namespace btfx::test

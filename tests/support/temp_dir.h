// A directory that disappears with its test, and whole-file reads and writes.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace btfx::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path of a file in the directory.
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

void write_file(const std::string& path, std::string_view content);
std::string read_file(const std::string& path);

/// The path of a file in tests/data.
std::string data_path(std::string_view name);

}  // namespace btfx::test

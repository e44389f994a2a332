// pack_rpm 4|6 NAME VERSION-RELEASE DIRECTORY [NEEDED...]: writes to standard output an RPM package of that format,
// with the files below the directory, which needs other packages.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "support/packers.h"

namespace {

std::vector<btfx::test::PackedFile> files_below(const std::filesystem::path& directory) {
  std::vector<btfx::test::PackedFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files.push_back({.path = "./" + std::filesystem::relative(entry.path(), directory).string(),
                     .content = std::string(std::istreambuf_iterator<char>(file), {})});
  }
  std::ranges::sort(files, {}, &btfx::test::PackedFile::path);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 4 || (words[0] != "4" && words[0] != "6")) {
    std::cerr << "usage: pack_rpm 4|6 NAME VERSION-RELEASE DIRECTORY [NEEDED...]\n";
    return 2;
  }
  const auto format = words[0] == "4" ? btfx::test::RpmFormat::four : btfx::test::RpmFormat::six;
  const btfx::test::PackageNames names{
      .name = words[1], .version = words[2], .needs = {words.begin() + 4, words.end()}};
  std::cout << btfx::test::named_rpm_package(names, files_below(words[3]), format);
  return std::cout.flush() ? 0 : 1;
}

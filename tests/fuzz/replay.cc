// Runs a fuzz target on files without a fuzzer: every file of the directories given, in a buffer of exactly its size,
// so that a sanitizer sees the first byte that is read past it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "support/temp_dir.h"

void btfx::test::uncounted(const std::function<void()>& action) {
  action();
}

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc)) {
    if (argument.starts_with('-')) continue;  // libFuzzer's options mean nothing here
    for (const auto& entry : std::filesystem::directory_iterator(argument)) {
      const std::string content = btfx::test::read_file(entry.path().string());
      const auto exact = std::make_unique<std::uint8_t[]>(content.size());
      std::copy(content.begin(), content.end(), exact.get());
      LLVMFuzzerTestOneInput(exact.get(), content.size());
      ++count;
    }
  }
  std::printf("%zu inputs replayed\n", count);
  return count == 0 ? 1 : 0;
}

#include "inputs/module_pairs.h"

#include <filesystem>
#include <string>
#include <vector>

#include "catch.h"
#include "support/temp_dir.h"

namespace btfx::test {

TEST_CASE("Modules of two trees are paired by name; what one side lacks comes last") {
  const TempDir directory;
  for (const char* file :
       {"old/a/same.ko", "old/b/gone.ko", "old/b/moved.ko", "new/same.ko.xz", "new/z/moved.ko", "new/z/fresh.ko"}) {
    std::filesystem::create_directories(std::filesystem::path(directory / file).parent_path());
    write_file(directory / file, "content");
  }
  ModulePairs pairs({directory / "old"}, {directory / "new"});
  std::vector<std::string> found;
  const auto name = [&](const std::optional<ModuleItem>& item) {
    return item ? item->name.substr(directory.path().size() + 1) : std::string("-");
  };
  while (const std::optional<ModulePair> pair = pairs.next()) {
    found.push_back(pair->name + ": " + name(pair->before) + " " + name(pair->after));
  }
  CHECK(found == std::vector<std::string>{"same: old/a/same.ko new/same.ko.xz", "moved: old/b/moved.ko new/z/moved.ko",
                                          "gone: old/b/gone.ko -", "fresh: - new/z/fresh.ko"});
}

TEST_CASE("Modules of one name are paired one with one") {
  const TempDir directory;
  for (const char* file : {"old/a/m.ko", "old/b/m.ko", "new/m.ko"}) {
    std::filesystem::create_directories(std::filesystem::path(directory / file).parent_path());
    write_file(directory / file, "content");
  }
  ModulePairs pairs({directory / "old"}, {directory / "new"});
  const std::optional<ModulePair> first = pairs.next(), second = pairs.next();
  REQUIRE(first);
  CHECK((first->before && first->after));
  REQUIRE(second);
  CHECK(second->name == "m");
  CHECK((second->before && !second->after));
  CHECK_FALSE(pairs.next());
}

}  // namespace btfx::test

#include "base/file_parts.h"

#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

namespace btfx {

using test::error_of;
using test::TempDir;
using test::text_of;

namespace {

std::string numbered(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

}  // namespace

TEST_CASE("Parts of a file are what stands there, small and large, in any order") {
  const TempDir dir;
  const std::string content = numbered(1000003);
  test::write_file(dir / "file", content);
  const FileParts file = FileParts::open(dir / "file");
  CHECK(file.size() == content.size());
  CHECK(file.descriptor() >= 0);
  const auto check = [&](std::size_t offset, std::size_t length) {
    INFO(offset << " + " << length);
    CHECK((text_of(file.part(offset, length)) == content.substr(offset, length)));
  };
  for (const std::size_t length :
       {0U, 1U, 64U, 4095U, 4096U, 4097U, 16383U, 16384U, 16385U, 262144U, 262145U, 500000U}) {
    for (const std::size_t offset :
         {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{300001}, content.size() - length}) {
      check(offset, length);
    }
  }
  CHECK((text_of(file.all()) == content));
  check(777777, 10);
}

TEST_CASE("Parts that overlap take no more memory than the file twice") {
  const TempDir dir;
  const std::string content = numbered(300000);
  test::write_file(dir / "file", content);
  const FileParts file = FileParts::open(dir / "file");
  std::vector<Bytes> parts;
  for (std::size_t i = 0; i < 10; ++i) parts.push_back(file.part(i, 200000));
  for (std::size_t i = 0; i < 10; ++i) CHECK((text_of(parts[i]) == content.substr(i, 200000)));
  CHECK(parts[9].data() == parts[2].data() + 7);  // of one buffer, which is the whole file
  CHECK(file.all().data() == parts[9].data() - 9);
}

TEST_CASE("Parts outlive the file's name, and the file") {
  const TempDir dir;
  const std::string content = numbered(600000);
  test::write_file(dir / "file", content);
  std::vector<Bytes> parts;
  {
    const FileParts file = FileParts::open(dir / "file");
    REQUIRE(::unlink((dir / "file").c_str()) == 0);
    parts = {file.part(5, 10), file.part(1001, 300000), file.part(599990, 10)};
  }
  CHECK((text_of(parts[0]) == content.substr(5, 10)));
  CHECK((text_of(parts[1]) == content.substr(1001, 300000)));
  CHECK((text_of(parts[2]) == content.substr(599990, 10)));
}

TEST_CASE("What is in memory has parts too") {
  const FileParts file(Bytes::copy_of("hello world"));
  CHECK(file.size() == 11);
  CHECK(file.descriptor() == -1);
  CHECK(text_of(file.part(6, 5)) == "world");
  CHECK(text_of(file.part(11, 0)).empty());
  CHECK(text_of(file.all()) == "hello world");
}

TEST_CASE("An empty file and what is no file are read to their end") {
  const TempDir dir;
  test::write_file(dir / "empty", "");
  CHECK(FileParts::open(dir / "empty").size() == 0);
  CHECK(FileParts::open(dir / "empty").all().empty());
  CHECK(FileParts::open("/proc/self/status").size() > 100);
  CHECK(FileParts::open("/proc/self/status").descriptor() == -1);
}

TEST_CASE("A file that says it is longer than it is, as some of sysfs do, is read as far as it goes") {
  const std::string path = "/sys/kernel/profiling";
  if (!std::filesystem::exists(path) || std::filesystem::file_size(path) == 0) return;  // another kernel
  const FileParts file = FileParts::open(path);
  CHECK(file.all().size() < file.size());
  CHECK(text_of(file.all()).ends_with('\n'));
}

TEST_CASE("Files that cannot be opened, or are cut short meanwhile, are errors that name them") {
  const TempDir dir;
  CHECK(error_of([&] { FileParts::open(dir / "none"); }).sentence == "cannot open: No such file or directory");
  CHECK(error_of([&] { FileParts::open(dir.path()); }).sentence == "is a directory, not a file");
  test::write_file(dir / "file", numbered(100000));
  const FileParts file = FileParts::open(dir / "file");
  std::filesystem::resize_file(dir / "file", 50000);
  CHECK(text_of(file.part(0, 20000)) == numbered(20000));
  const auto caught = error_of([&] { (void)file.part(45000, 20000); });
  CHECK(caught.sentence == "has become shorter while it was read");
  CHECK(caught.place.file == dir / "file");
}

TEST_CASE("However many files are open, all can be read") {
  const TempDir dir;
  const std::string content = numbered(100000);
  test::write_file(dir / "file", content);
  std::vector<FileParts> files;
  int kept_open = 0;
  for (int i = 0; i < 2000; ++i) {
    files.push_back(FileParts::open(dir / "file"));
    kept_open += files.back().descriptor() >= 0 ? 1 : 0;
  }
  CHECK(kept_open > 0);
  CHECK(kept_open < 500);
  for (const FileParts& file : files) CHECK(text_of(file.part(99990, 10)) == content.substr(99990));
}

TEST_CASE("Many threads read parts of one file", "[threads]") {
  const TempDir dir;
  const std::string content = numbered(700000);
  test::write_file(dir / "file", content);
  const FileParts file = FileParts::open(dir / "file");
  std::vector<std::jthread> threads;
  std::vector<std::string> read(4);
  for (std::size_t i = 0; i < read.size(); ++i) {
    threads.emplace_back([&, i] {
      for (std::size_t at = i; at + 1000 < content.size(); at += 9973) read[i] += text_of(file.part(at, 1000));
    });
  }
  threads.clear();
  for (std::size_t i = 0; i < read.size(); ++i) {
    std::string expected;
    for (std::size_t at = i; at + 1000 < content.size(); at += 9973) expected += content.substr(at, 1000);
    CHECK((read[i] == expected));
  }
}

}  // namespace btfx

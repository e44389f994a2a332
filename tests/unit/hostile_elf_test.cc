// Cut and spoiled ELF files: either an error, or a file whose every section and symbol can be read or says why not.
#include <cstddef>
#include <string>

#include "base/error.h"
#include "catch.h"
#include "image/elf.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"
#include "support/walk.h"

namespace btfx {

namespace {

/// Small object files of either class and byte order, the samples that the fuzzer starts from too.
constexpr const char* samples[] = {"bpf-big-64", "i386-little-32", "mips-big-32", "x86-64-zlib"};

Bytes sample(const char* name) {
  return Bytes::copy_of(test::read_file(test::data_path("../fuzz/corpus/elf/") + name));
}

bool refused(const Bytes& file) {
  try {
    test::walk(ElfFile::parse(file));
    return false;
  } catch (const Error& error) {
    CHECK_FALSE(error.sentence().empty());
    return true;
  }
}

/// All that a file says, or why it cannot be read.
std::string told(const FileParts& file) {
  std::string text;
  const auto attempt = [&](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      text += error.place().section + ' ' + std::string(error.sentence()) + '\n';
    }
  };
  attempt([&] {
    const ElfFile elf = ElfFile::parse(file);
    for (const ElfSection& section : elf.sections()) {
      text += std::string(section.name) + '\n';
      attempt([&] { text += test::text_of(elf.contents(section)); });
    }
    attempt([&] {
      for (const ElfSymbol& symbol : elf.symbols())
        text += std::string(symbol.name) + ' ' + std::to_string(symbol.value);
    });
    attempt([&] { text += elf.note("GNU", 3) ? "note" : "no note"; });
  });
  return text;
}

}  // namespace

TEST_CASE("An ELF file says the same from disk as from memory, whole or spoiled") {
  const test::TempDir dir;
  const auto both_say = [&](const Bytes& file) {
    test::write_file(dir / "file", test::text_of(file));
    const std::string from_memory = told(file), from_disk = told(FileParts::open(dir / "file"));
    CHECK(from_memory == from_disk);
    return from_memory;
  };
  for (const char* name : samples) {
    const Bytes file = sample(name);
    CHECK(both_say(file).size() > 100);
    const ByteView view = file.view();
    for (std::size_t at = 0; at < file.size(); ++at) {
      const unsigned value = std::to_integer<unsigned>(view[at]) ^ (1U << at % 8);
      both_say(test::patched(file, at, {value}));
      if (at != 0 && at % 7 == 0) both_say(file.slice(0, at));
    }
  }
}

TEST_CASE("An ELF file that is cut before the end of its section headers is refused") {
  for (const char* name : samples) {
    const Bytes file = sample(name);
    CHECK_FALSE(refused(file));
    // The section headers are the last thing in these files.
    for (std::size_t length = 0; length < file.size(); ++length) {
      CHECK(refused(test::exact_copy(file.view().first(length))));
    }
  }
}

TEST_CASE("An ELF file with any byte spoiled is refused or can be read from end to end") {
  for (const char* name : samples) {
    const Bytes file = sample(name);
    const ByteView view = file.view();
    std::size_t refusals = 0;
    for (std::size_t at = 0; at < file.size(); ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        const unsigned value = std::to_integer<unsigned>(view[at]) ^ (1U << bit);
        if (refused(test::patched(file, at, {value}))) ++refusals;
      }
    }
    CHECK(refusals > 0);
  }
}

}  // namespace btfx

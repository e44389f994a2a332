// An ELF file of any class and byte order: read as a whole, and with sections replaced and added.
#include "image/elf.h"

#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "fuzz.h"
#include "image/elf_writer.h"
#include "support/walk.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace btfx;
  try {
    const ElfFile elf = ElfFile::parse(test::input_bytes(data, size));
    test::walk(elf);
    const std::vector<SectionUpdate> updates{{".BTF", Bytes::copy_of("larger than before")}, {".BTF.new", Bytes()}};
    const ElfFile updated = ElfFile::parse(update_sections(elf, updates));
    for (const SectionUpdate& update : updates) {
      const ElfSection* section = updated.find(update.name);
      if (section == nullptr) std::abort();
      if (test::text_of(updated.contents(*section)) != test::text_of(update.content)) std::abort();
    }
  } catch (const Error&) {
  }
  return 0;
}

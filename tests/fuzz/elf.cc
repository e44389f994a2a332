// An ELF file of any class and byte order.
#include "image/elf.h"

#include "base/error.h"
#include "fuzz.h"
#include "support/walk.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    btfx::test::walk(btfx::ElfFile::parse(btfx::test::input_bytes(data, size)));
  } catch (const btfx::Error&) {
  }
  return 0;
}

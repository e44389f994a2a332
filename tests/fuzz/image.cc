// Whatever a path may hold: compressed, a boot image, an ELF file, a raw BTF.
#include "image/image.h"

#include "base/error.h"
#include "fuzz.h"
#include "support/walk.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    btfx::test::walk(btfx::unwrap(btfx::test::input_bytes(data, size), "input", btfx::test::unpacked_limit));
  } catch (const btfx::Error&) {
  }
  return 0;
}

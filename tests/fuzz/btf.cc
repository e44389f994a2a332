// A blob without a base.
#include "btf/btf.h"

#include "base/error.h"
#include "fuzz.h"
#include "support/walk.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    btfx::test::walk(*btfx::Btf::parse(btfx::test::input_bytes(data, size)));
  } catch (const btfx::Error&) {
  }
  return 0;
}

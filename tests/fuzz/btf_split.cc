// A base and a split BTF on it: two bytes (big-endian) tell how many of the following are the base's.
#include "base/error.h"
#include "btf/btf.h"
#include "fuzz.h"
#include "support/walk.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t base_size = std::size_t{data[0]} << 8 | data[1];
  if (base_size > size - 2) return 0;
  try {
    const btfx::BtfPtr base = btfx::Btf::parse(btfx::test::input_bytes(data + 2, base_size));
    const btfx::Bytes rest = btfx::test::input_bytes(data + 2 + base_size, size - 2 - base_size);
    btfx::test::walk(*btfx::Btf::parse(rest, base));
  } catch (const btfx::Error&) {
  }
  return 0;
}

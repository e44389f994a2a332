// A base and a split BTF on it.
#include "base/error.h"
#include "btf/btf.h"
#include "fuzz.h"
#include "support/walk.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto inputs = btfx::test::two_inputs(data, size);
  if (!inputs) return 0;
  try {
    btfx::test::walk(*btfx::Btf::parse(inputs->second, btfx::Btf::parse(inputs->first)));
  } catch (const btfx::Error&) {
  }
  return 0;
}

// A package, and each file in it.
#include "image/package.h"

#include "base/error.h"
#include "fuzz.h"
#include "support/walk_parts.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const btfx::Bytes content = btfx::test::input_bytes(data, size);
    btfx::test::use(btfx::packed_package_kind(content.view()));
    btfx::PackageReader reader(content, "package");
    while (const auto path = reader.next()) {
      btfx::test::use(*path);
      const btfx::Bytes file = reader.read(btfx::test::unpacked_limit);
      btfx::test::use(btfx::as_text(file.view()));
    }
  } catch (const btfx::Error&) {
  }
  return 0;
}

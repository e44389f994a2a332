#include "image/kernels.h"

#include <filesystem>

#include "base/error.h"
#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

namespace btfx {
namespace {

using namespace test;

TEST_CASE("kernels: images by name, BTF and packages by content, modules never") {
  const TempDir dir;
  const std::string btf = text_of(small_base().finish());
  std::filesystem::create_directories(dir / "a/boot");
  std::filesystem::create_directories(dir / "b");
  for (const char* name : {"a/boot/vmlinuz-6.12", "a/boot/config-6.12", "a/m.ko", "b/vmlinux", "b/notes"}) {
    write_file(dir / name, "x");
  }
  for (const char* name : {"b/base.bin", "b/module.ko"}) write_file(dir / name, btf);
  write_file(dir / "b/kernel.deb", "!<arch>\ndebian-binary   ");
  CHECK(kernel_sources_below(dir.path()) == std::vector<std::string>{dir / "a/boot/vmlinuz-6.12", dir / "b/base.bin",
                                                                     dir / "b/kernel.deb", dir / "b/vmlinux"});
  CHECK(error_of([&] { kernel_sources_below(dir / "none"); }).code == ErrorCode::io);
  write_file(dir / "b/image-6.1", btf);
  write_file(dir / "b/image-1.png", "\x89PNG");
  CHECK(is_kernel_at(dir / "b/image-6.1"));
  CHECK(is_kernel_at(dir / "b/vmlinux"));
  CHECK_FALSE(is_kernel_at(dir / "b/image-1.png"));
  CHECK_FALSE(is_kernel_at(dir / "b/image-0"));
  CHECK(kernel_sources_below(dir / "b") ==
        std::vector<std::string>{dir / "b/base.bin", dir / "b/image-6.1", dir / "b/kernel.deb", dir / "b/vmlinux"});
}

}  // namespace
}  // namespace btfx

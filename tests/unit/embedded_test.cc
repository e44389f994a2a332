#include "image/embedded.h"

#include <string>

#include "catch.h"
#include "image/image.h"
#include "support/btf_samples.h"
#include "support/elf_samples.h"
#include "support/packers.h"

namespace btfx::test {

namespace {

/// Lines that compress a little, so that packed kernels are more than one block long.
std::string filler(std::size_t size) {
  std::string text;
  std::uint32_t state = 7;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += std::to_string(state >> 16) + " ";
  }
  return text;
}

/// A flat kernel large enough to be taken for one.
std::string kernel() {
  return flat_kernel("6.1-arm", base_blob()) + filler(400'000);
}

/// A boot image of ARM: code with magics by chance, the kernel, its size, more code.
std::string arm_image(const std::string& payload) {
  std::string image(0x1000, '\x90');
  image.replace(0x24, 4, "\x18\x28\x6f\x01");
  image += std::string(
               "\xfd"
               "7zXZ\0",
               6) +
           "\x1f\x8b" + "\x28\xb5\x2f\xfd" + "BZh" + std::string("\x5d\0\0", 3) + "\x02\x21\x4c\x18";
  image += packed(std::string(100'000, 'x'), Compression::gzip);  // such as a configuration: no kernel
  return image + "not a second member: " + payload + filler(3000);
}

}  // namespace

TEST_CASE("A packed kernel is found in an image that does not say where it is") {
  for (const Compression format : {Compression::gzip, Compression::xz, Compression::zstd, Compression::lz4,
                                   Compression::bzip2, Compression::lzma}) {
    CAPTURE(to_string(format));
    const Image image = unwrap(Bytes::copy_of(arm_image(kernel_payload_of(kernel(), format))), "zImage");
    CHECK(image.wrappings == std::vector<std::string>{"ARM zImage", std::string(to_string(format))});
    CHECK(image.form == Form::flat);
    CHECK((text_of(image.content()) == kernel()));
    CHECK(kernel_release(image) == "6.1-arm");
  }
}

TEST_CASE("A packed kernel is found in a FIT image") {
  const std::string tree("\xd0\x0d\xfe\xed\0\0\0\1images\0", 15);
  const Image image = unwrap(Bytes::copy_of(tree + packed(kernel(), Compression::gzip) + "the end"), "fit");
  CHECK(image.wrappings == std::vector<std::string>{"FIT image", "gzip"});
  CHECK((text_of(image.content()) == kernel()));
}

TEST_CASE("A packed kernel that was cut off is not found") {
  for (const Compression format : {Compression::gzip, Compression::xz, Compression::zstd, Compression::bzip2}) {
    CAPTURE(to_string(format));
    const std::string payload = packed(kernel(), format);
    const std::string image = std::string(1000, '\x90') + payload.substr(0, payload.size() - 100);
    CHECK_FALSE(find_embedded_kernel(as_bytes(image), Bytes::default_limit));
  }
}

TEST_CASE("Beginnings without an end are not followed to the end of the image again and again", "[slow]") {
  for (const std::string& beginning : {std::string("\xfd"
                                                   "7zXZ\0\0\x04",
                                                   8),
                                       std::string("\x28\xb5\x2f\xfd\0\0\x08", 7)}) {
    std::string image(0x1000, '\x90');
    for (int i = 0; i < 4200; ++i) image += beginning;
    image.resize(std::size_t{4} << 20);  // took minutes
    CHECK_FALSE(find_embedded_kernel(as_bytes(image), Bytes::default_limit));
  }
}

TEST_CASE("What is too large to unpack, too small to be a kernel, or without a banner is none") {
  const std::string large = packed(kernel(), Compression::zstd);
  CHECK(find_embedded_kernel(as_bytes(large), 1'000'000));
  CHECK_FALSE(find_embedded_kernel(as_bytes(large), 100'000));
  CHECK_FALSE(find_embedded_kernel(as_bytes(packed(flat_kernel("6.1", base_blob()), Compression::zstd)), 1'000'000));
  CHECK_FALSE(find_embedded_kernel(as_bytes(packed(filler(400'000), Compression::zstd)), 1'000'000));
  CHECK_FALSE(find_embedded_kernel(as_bytes(""), 1'000'000));
}

TEST_CASE("The banner is the one with a version behind it") {
  CHECK(banner_release(as_bytes("Linux version %s (x) Linux version 6.1-a (b)")) == "6.1-a");
  CHECK(banner_release(as_bytes("Linux version 6.1")).empty());
  CHECK(banner_release(as_bytes("Linux version ")).empty());
}

}  // namespace btfx::test

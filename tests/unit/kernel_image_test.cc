#include "image/kernel_image.h"

#include <string>

#include "catch.h"
#include "support/btf_samples.h"
#include "support/packers.h"

namespace btfx::test {

namespace {

Caught payload_error(const std::string& file) {
  return error_of([&] { kernel_payload(Bytes::copy_of(file)); });
}

}  // namespace

TEST_CASE("The payload of a bzImage lies where its header says") {
  const std::optional<KernelPayload> payload = kernel_payload(Bytes::copy_of(bz_image("the kernel")));
  REQUIRE(payload);
  CHECK(payload->wrapping == "x86 bzImage");
  CHECK(text_of(payload->content) == "the kernel");
}

TEST_CASE("No setup sectors in a bzImage means four") {
  std::string image(5 * 512 + 0x30, '\0');
  const std::string head = bz_image("the kernel").substr(0, 0x260);
  image.replace(0, head.size(), head);
  image[0x1f1] = '\0';
  const std::optional<KernelPayload> payload = kernel_payload(Bytes::copy_of(image + "the kernel"));
  REQUIRE(payload);
  CHECK(text_of(payload->content) == "the kernel");
}

TEST_CASE("A bzImage that is cut short or too old is an error") {
  const std::string good = bz_image("the kernel");
  CHECK(payload_error(good.substr(0, 0x220)).message == "x86 bzImage header needs 592 bytes, only 544 are there");
  const Caught cut = payload_error(good.substr(0, good.size() - 8));
  CHECK(cut.code == ErrorCode::truncated);
  CHECK(cut.message == "offset 0x630: x86 bzImage says that its payload has 10 bytes, but the file ends after 1593");
  const Caught old = payload_error(bz_image("the kernel", 0x207));
  CHECK(old.code == ErrorCode::unsupported);
  CHECK(old.message == "x86 bzImage of boot protocol 2.07 does not say where its payload is (2.08 does)");
}

TEST_CASE("The payload of a zboot image lies where its header says") {
  const std::string good = zboot_image("the kernel");
  const std::optional<KernelPayload> payload = kernel_payload(Bytes::copy_of(good));
  REQUIRE(payload);
  CHECK(payload->wrapping == "EFI zboot");
  CHECK(text_of(payload->content) == "the kernel");
  CHECK(payload_error(good.substr(0, 12)).message == "EFI zboot header needs 16 bytes, only 12 are there");
  CHECK(payload_error(good.substr(0, 0x1f0)).message ==
        "offset 0x200: EFI zboot says that its payload has 10 bytes, but the file ends after 496");
}

TEST_CASE("Images for firmware and boot loaders have the kernel where their headers say") {
  const auto kernel_in = [](const std::string& file) {
    const std::optional<KernelPayload> payload = kernel_payload(Bytes::copy_of(file));
    return payload ? std::string(payload->wrapping) + ": " + text_of(payload->content) : "none";
  };
  const std::string kernel = "the kernel";
  CHECK(kernel_in(unified_image(kernel)) == "EFI unified kernel: the kernel");
  CHECK(kernel_in(android_image(kernel, 0)) == "Android boot image: the kernel");
  CHECK(kernel_in(android_image(kernel, 2)) == "Android boot image: the kernel");
  CHECK(kernel_in(android_image(kernel, 3)) == "Android boot image: the kernel");
  CHECK(kernel_in(android_image(kernel, 4)) == "Android boot image: the kernel");
  CHECK(kernel_in(android_image(kernel, 5)) == "Android boot image: the kernel");
  CHECK(kernel_in(android_image(kernel, 600'000)) == "Android boot image: the kernel");
  CHECK(kernel_in(u_boot_image(kernel)) == "U-Boot image: the kernel");

  std::string no_kernel = unified_image(kernel);
  no_kernel.replace(no_kernel.find(".linux"), 6, ".uname");
  CHECK(kernel_in(no_kernel) == "none");
  CHECK(kernel_in(unified_image(kernel).substr(0, 0x1a0)) == "none");  // the section headers are not all there
  CHECK(payload_error(unified_image(kernel).substr(0, 0x604)).message ==
        "offset 0x600: EFI unified kernel says that its payload has 10 bytes, but the file ends after 1540");
  CHECK(payload_error(android_image(kernel, 0).substr(0, 43)).message ==
        "Android boot image header needs 44 bytes, only 43 are there");
  CHECK(payload_error(android_image(kernel, 4).substr(0, 4100)).message ==
        "offset 0x1000: Android boot image says that its payload has 10 bytes, but the file ends after 4100");
  CHECK(payload_error(u_boot_image(kernel).substr(0, 63)).message ==
        "U-Boot image header needs 64 bytes, only 63 are there");
}

TEST_CASE("Only images that unpack themselves have the unpacked size behind the payload") {
  const auto size_follows = [](const std::string& file) {
    return kernel_payload(Bytes::copy_of(file)).value().size_follows;
  };
  CHECK(size_follows(bz_image("the kernel")));
  CHECK(size_follows(zboot_image("the kernel")));
  CHECK_FALSE(size_follows(unified_image("the kernel")));
  CHECK_FALSE(size_follows(android_image("the kernel", 0)));
  CHECK_FALSE(size_follows(u_boot_image("the kernel")));
}

TEST_CASE("What is no packed boot image is left alone, and flat ones are known") {
  std::string arm(64, '\0');
  arm.replace(0, 2, "MZ");
  CHECK_FALSE(kernel_payload(Bytes::copy_of(arm)));
  const auto kind = [](const std::string& file) { return flat_kernel_kind(as_bytes(file)); };
  CHECK(kind(arm).empty());
  arm.replace(0x38, 4, "ARM\x64");
  CHECK_FALSE(kernel_payload(Bytes::copy_of(arm)));
  CHECK(kind(arm) == "arm64 Image");
  arm.replace(0x38, 4, "RSC\x05");
  CHECK(kind(arm) == "riscv Image");
  CHECK(kind(arm.substr(0, 0x3b)).empty());
  arm.replace(0x38, 4, "\0\0\0\0");
  arm.replace(0x24, 4, "\x18\x28\x6f\x01");
  CHECK(kind(arm) == "ARM zImage");
  arm.replace(0x24, 4, "\x01\x6f\x28\x18");
  CHECK(kind(arm) == "ARM zImage");
  CHECK(kind(std::string(0x10008, 'x') + "S390EP") == "s390 image");
  const std::string tree("\xd0\x0d\xfe\xed\0\0\0\1\0\0\0\0", 12);
  CHECK(kind(tree).empty());
  CHECK(kind(tree + std::string("\0\0\0\1images\0\0", 12)) == "FIT image");
  CHECK_FALSE(kernel_payload(Bytes()));
}

}  // namespace btfx::test

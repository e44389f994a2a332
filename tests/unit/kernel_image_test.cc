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
  CHECK_FALSE(kernel_payload(Bytes()));
}

}  // namespace btfx::test

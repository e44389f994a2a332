#include "image/kernel_image.h"

#include <fmt/format.h>

#include "base/endian.h"
#include "base/error.h"

namespace btfx {

namespace {

using namespace std::string_view_literals;

bool has(ByteView bytes, std::size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() && as_text(bytes.subspan(offset, magic.size())) == magic;
}

template <typename T>
T little(const Bytes& file, std::size_t offset) {
  return load<T>(file.data() + offset, ByteOrder::little);
}

KernelPayload payload_at(const Bytes& file, std::string_view wrapping, std::uint64_t offset, std::uint64_t length) {
  if (offset > file.size() || length > file.size() - offset) {
    throw Error(
        ErrorCode::truncated,
        fmt::format("{} says that its payload has {} bytes, but the file ends after {}", wrapping, length, file.size()),
        {.offset = offset});
  }
  return {wrapping, file.slice(offset, length)};
}

}  // namespace

std::optional<KernelPayload> kernel_payload(const Bytes& file) {
  const ByteView bytes = file.view();
  if (has(bytes, 0x1fe, "\x55\xaa") && has(bytes, 0x202, "HdrS")) {
    constexpr std::string_view wrapping = "x86 bzImage";
    constexpr std::size_t needed = 0x250;
    if (file.size() < needed) {
      throw Error(ErrorCode::truncated,
                  fmt::format("{} header needs {} bytes, only {} are there", wrapping, needed, file.size()));
    }
    if (const auto version = little<std::uint16_t>(file, 0x206); version < 0x0208) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} of boot protocol {}.{:02} does not say where its payload is (2.08 does)", wrapping,
                              version >> 8, version & 0xff));
    }
    std::uint64_t sectors = std::to_integer<std::uint8_t>(bytes[0x1f1]);
    if (sectors == 0) sectors = 4;  // by the boot protocol
    return payload_at(file, wrapping, (sectors + 1) * 512 + little<std::uint32_t>(file, 0x248),
                      little<std::uint32_t>(file, 0x24c));
  }
  if (has(bytes, 0, "MZ") && has(bytes, 4, "zimg")) {
    constexpr std::string_view wrapping = "EFI zboot";
    if (file.size() < 16) {
      throw Error(ErrorCode::truncated,
                  fmt::format("{} header needs 16 bytes, only {} are there", wrapping, file.size()));
    }
    return payload_at(file, wrapping, little<std::uint32_t>(file, 8), little<std::uint32_t>(file, 12));
  }
  return std::nullopt;
}

std::string_view flat_kernel_kind(ByteView bytes) {
  if (has(bytes, 0x38, "ARM\x64"sv)) return "arm64 Image";
  if (has(bytes, 0x38, "RSC\x05"sv)) return "riscv Image";
  if (has(bytes, 0x24, "\x18\x28\x6f\x01"sv) || has(bytes, 0x24, "\x01\x6f\x28\x18"sv)) return "ARM zImage";
  if (has(bytes, 0x10008, "S390EP"sv)) return "s390 image";
  return {};
}

}  // namespace btfx

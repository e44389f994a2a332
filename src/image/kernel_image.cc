#include "image/kernel_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/attempt.h"
#include "base/endian.h"
#include "base/error.h"
#include "image/carve.h"
#include "image/decompress.h"
#include "image/elf.h"

namespace btfx {

namespace {

using namespace std::string_view_literals;

template <typename T>
T little(const Bytes& file, std::size_t offset) {
  return load<T>(file.data() + offset, ByteOrder::little);
}

KernelPayload payload_at(const Bytes& file, std::string_view wrapping, std::uint64_t offset, std::uint64_t length,
                         bool size_follows = false) {
  if (offset > file.size() || length > file.size() - offset) {
    throw Error(
        ErrorCode::truncated,
        fmt::format("{} says that its payload has {} bytes, but the file ends after {}", wrapping, length, file.size()),
        {.offset = offset});
  }
  return {wrapping, file.slice(offset, length), size_follows};
}

/// Throws unless the file has as many bytes as its header needs.
void require_header(const Bytes& file, std::string_view wrapping, std::size_t needed) {
  if (file.size() >= needed) return;
  throw Error(ErrorCode::truncated,
              fmt::format("{} header needs {} bytes, only {} are there", wrapping, needed, file.size()));
}

std::optional<KernelPayload> bz_image_payload(const Bytes& file) {
  const ByteView bytes = file.view();
  if (!holds_at(bytes, 0x1fe, "\x55\xaa") || !holds_at(bytes, 0x202, "HdrS")) return std::nullopt;
  constexpr std::string_view wrapping = "x86 bzImage";
  constexpr std::size_t needed = 0x250;
  require_header(file, wrapping, needed);
  if (const auto version = little<std::uint16_t>(file, 0x206); version < 0x0208) {
    throw Error(ErrorCode::unsupported,
                fmt::format("{} of boot protocol {}.{:02} does not say where its payload is (2.08 does)", wrapping,
                            version >> 8, version & 0xff));
  }
  std::uint64_t sectors = std::to_integer<std::uint8_t>(bytes[0x1f1]);
  if (sectors == 0) sectors = 4;  // by the boot protocol
  return payload_at(file, wrapping, (sectors + 1) * 512 + little<std::uint32_t>(file, 0x248),
                    little<std::uint32_t>(file, 0x24c), true);
}

std::optional<KernelPayload> zboot_payload(const Bytes& file) {
  const ByteView bytes = file.view();
  if (!holds_at(bytes, 0, "MZ") || !holds_at(bytes, 4, "zimg")) return std::nullopt;
  constexpr std::string_view wrapping = "EFI zboot";
  require_header(file, wrapping, 16);
  return payload_at(file, wrapping, little<std::uint32_t>(file, 8), little<std::uint32_t>(file, 12), true);
}

/// The kernel in a unified kernel image: a section of an EFI program. Other EFI programs, as most kernels are, have
/// none. Source: the Unified Kernel Image specification; Microsoft's PE format.
std::optional<KernelPayload> unified_payload(const Bytes& file) {
  const ByteView bytes = file.view();
  if (!holds_at(bytes, 0, "MZ") || file.size() < 0x40) return std::nullopt;
  const std::uint64_t header = little<std::uint32_t>(file, 0x3c);
  constexpr std::uint64_t header_size = 24, section_size = 40;
  if (!holds_at(bytes, header, "PE\0\0"sv) || file.size() - header < header_size) return std::nullopt;
  const std::uint64_t sections = little<std::uint16_t>(file, header + 6);
  std::uint64_t at = header + header_size + little<std::uint16_t>(file, header + 20);
  for (std::uint64_t i = 0; i < sections && at + section_size <= file.size(); ++i, at += section_size) {
    if (!holds_at(bytes, at, ".linux\0\0"sv)) continue;
    // The size in the file is rounded up, that in memory is not.
    const auto in_memory = little<std::uint32_t>(file, at + 8), in_file = little<std::uint32_t>(file, at + 16);
    return payload_at(file, "EFI unified kernel", little<std::uint32_t>(file, at + 20), std::min(in_memory, in_file));
  }
  return std::nullopt;
}

/// The kernel in a boot.img. Source: Android's documentation of the boot image header. Version 0 has no version in its
/// header: vendors keep the size of a device tree there.
std::optional<KernelPayload> android_payload(const Bytes& file) {
  if (!holds_at(file.view(), 0, "ANDROID!")) return std::nullopt;
  constexpr std::string_view wrapping = "Android boot image";
  require_header(file, wrapping, 44);
  const auto version = little<std::uint32_t>(file, 40);
  const bool has_fixed_page = version == 3 || version == 4;
  const std::uint32_t page = has_fixed_page ? 4096 : little<std::uint32_t>(file, 36);
  return payload_at(file, wrapping, page, little<std::uint32_t>(file, 8));
}

/// What is in a legacy U-Boot image.
std::optional<KernelPayload> u_boot_payload(const Bytes& file) {
  if (!holds_at(file.view(), 0, "\x27\x05\x19\x56")) return std::nullopt;
  constexpr std::string_view wrapping = "U-Boot image";
  constexpr std::size_t header = 64;
  require_header(file, wrapping, header);
  return payload_at(file, wrapping, header, load<std::uint32_t>(file.data() + 12, ByteOrder::big));
}

}  // namespace

std::optional<KernelPayload> kernel_payload(const Bytes& file) {
  // The first two are EFI programs as well.
  for (const auto payload : {bz_image_payload, zboot_payload, unified_payload, android_payload, u_boot_payload}) {
    if (std::optional<KernelPayload> found = payload(file)) return found;
  }
  return std::nullopt;
}

std::string_view flat_kernel_kind(ByteView bytes) {
  if (holds_at(bytes, 0x38, "ARM\x64"sv)) return "arm64 Image";
  if (holds_at(bytes, 0x38, "RSC\x05"sv)) return "riscv Image";
  if (holds_at(bytes, 0x24, "\x18\x28\x6f\x01"sv) || holds_at(bytes, 0x24, "\x01\x6f\x28\x18"sv)) return "ARM zImage";
  if (holds_at(bytes, 0x10008, "S390EP"sv)) return "s390 image";
  // A tree of devices has the same magic, but no node for images.
  if (holds_at(bytes, 0, "\xd0\x0d\xfe\xed") && as_text(bytes).find("\0\0\0\1images\0"sv) != std::string_view::npos) {
    return "FIT image";
  }
  return {};
}

namespace {

bool begins_like_kernel(const Bytes& file) {
  const ByteView bytes = file.view();
  if (begins_like_btf(bytes) || ElfFile::recognise(bytes) || !flat_kernel_kind(bytes).empty()) return true;
  // An error is one in a kernel image: damage, or only the head of it is here.
  return optional_on_error([&] { return kernel_payload(file).has_value(); }).value_or(true);
}

}  // namespace

bool has_kernel_content(const Bytes& file) {
  if (begins_like_kernel(file)) return true;
  constexpr std::size_t head_length = 0x10040;  // where the last of the magics stands
  const ByteView bytes = file.view();
  const std::optional<Compression> format = compression_at(without_skippable_frames(bytes));
  if (!format) return carve_btf(file, 0).has_value();
  return begins_like_kernel(Bytes(decompress_head(bytes, *format, head_length)));
}

}  // namespace btfx

// Boot images of the kernel: where the payload is in those that unpack themselves.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace btfx {

/// What a boot image carries.
struct KernelPayload {
  std::string_view wrapping;  ///< "x86 bzImage", "EFI zboot", ...
  Bytes content;              ///< mostly compressed, or a boot image again
  bool size_follows = false;  ///< what is compressed, but for gzip, has its unpacked size behind it, in four bytes
};

/// The payload of an x86 bzImage (the boot protocol of the kernel's Documentation/arch/x86/boot.rst, from
/// version 2.08), of an EFI zboot image, a unified kernel image, an Android boot image or a legacy U-Boot image;
/// nothing when `file` is none of these. Throws Error(truncated, unsupported).
std::optional<KernelPayload> kernel_payload(const Bytes& file);

/// What boot image without a payload of known place the bytes begin like: "arm64 Image", "riscv Image", "ARM zImage",
/// "s390 image", "FIT image"; empty when none. The first two are the kernel itself, the others may have it packed
/// inside.
std::string_view flat_kernel_kind(ByteView bytes);

/// Whether a file may be a kernel, compressed or not: it begins like a boot image, an ELF file or raw BTF, or has BTF
/// in it as it is.
bool has_kernel_content(const Bytes& file);

}  // namespace btfx

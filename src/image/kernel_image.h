// Boot images of the kernel: where the payload is in those that unpack themselves.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace btfx {

/// What a boot image carries.
struct KernelPayload {
  std::string_view wrapping;  ///< "x86 bzImage" or "EFI zboot"
  Bytes content;              ///< mostly compressed, with four bytes of unpacked size after it
};

/// The payload of an x86 bzImage (the boot protocol of the kernel's Documentation/arch/x86/boot.rst, from version 2.08)
/// or of an EFI zboot image; nothing when `file` is neither. Throws Error(truncated, unsupported).
std::optional<KernelPayload> kernel_payload(const Bytes& file);

/// Whether the bytes begin like a boot image that is not packed: arm64, riscv, s390.
bool is_flat_kernel(ByteView bytes);

}  // namespace btfx

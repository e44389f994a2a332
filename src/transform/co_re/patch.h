// What a CO-RE relocation does to its instruction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "btf/bpf_object.h"
#include "results/co_re.h"
#include "transform/co_re/access.h"

namespace btfx {

/// What an instruction holds where a relocation would change it.
struct CoreSlot {
  CoreForm form = CoreForm::none;
  std::uint64_t value = 0;  ///< as the reference compares it: immediates and offsets extended as signed
  std::uint32_t width = 0;  ///< bytes that a load or store moves, or that are computed with
};

/// Reads instruction number `insn` of a program. When it is none that can be relocated: why.
std::optional<CoreFailure> read_slot(const BpfProgram& program, ByteOrder order, std::uint32_t insn, CoreSlot& slot);

/// The values of one relocation, when it is to be written.
struct CoreWrite {
  std::uint64_t old_value = 0, new_value = 0;
  bool checked = false;                      ///< whether the slot must hold `old_value`
  std::string clash = {};                    ///< why a load or store cannot be adapted, if it cannot: sizes_clash()
  std::uint32_t old_size = 0, new_size = 0;  ///< of a byte_offset: bytes that lie there
};

/// The outcome: written, poisoned because of a clash, or refused.
struct CoreWritten {
  CoreVerdict verdict = CoreVerdict::error;  ///< ok, same, poison or error
  CoreFailure failure = {};                  ///< for poison and error
  std::uint32_t new_width = 0;
  bool loses_bits = false;  ///< the value does not fit in the immediate, and is cut silently
};
CoreWritten write_slot(const CoreSlot& slot, const CoreWrite& write);

}  // namespace btfx

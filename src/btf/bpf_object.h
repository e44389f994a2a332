// BPF objects: ELF files with programs and the BTF that describes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "btf/btf.h"
#include "btf/btf_ext.h"
#include "image/image.h"

namespace btfx {

/// One instruction, decoded. Source: the kernel's Documentation/bpf/standardization/instruction-set.rst.
struct BpfInsn {
  std::uint8_t code = 0;
  std::uint8_t dst = 0, src = 0;
  std::int16_t offset = 0;
  std::int32_t imm = 0;

  static constexpr std::size_t size = 8;  ///< bytes

  // Classes: the low three bits of the code.
  static constexpr std::uint8_t ld = 0, ldx = 1, st = 2, stx = 3, alu = 4, jmp = 5, jmp32 = 6, alu64 = 7;
  static constexpr std::uint8_t load_immediate = 0x18;  ///< a code: 64 bits, whose high half is in the next instruction

  [[nodiscard]] std::uint8_t class_() const { return code & 0x07; }
  /// ALU and jumps: the operand is a register, not the immediate.
  [[nodiscard]] bool has_register_operand() const { return (code & 0x08) != 0; }
  /// ALU and jumps: which operation, in place (0x00, 0x10, ... 0xf0).
  [[nodiscard]] std::uint8_t operation() const { return code & 0xf0; }
  /// Loads and stores: neither atomic, nor of packets, nor sign-extending.
  [[nodiscard]] bool is_plain_access() const { return (code & 0xe0) == 0x60; }
  /// Loads and stores: how many bytes are moved.
  [[nodiscard]] std::uint32_t width() const {
    constexpr std::uint32_t widths[] = {4, 2, 1, 8};
    return widths[(code >> 3) & 3];
  }

  /// Decodes the eight bytes at `at`.
  static BpfInsn read(const std::byte* at, ByteOrder order);
};

/// One function of an object: a program, or a subprogram.
struct BpfProgram {
  std::string section, name;
  std::uint32_t first_insn = 0;  ///< in the section
  Bytes code;                    ///< whole instructions
  bool is_global = false;        ///< a subprogram that the kernel verifies by itself, for any arguments
  /// A subprogram that the kernel calls when a program throws, and so verifies though nothing in the object refers to
  /// it. Source: the declaration tag `exception_callback:NAME` of Linux 6.7.
  bool is_exception_callback = false;

  [[nodiscard]] std::uint32_t insns() const { return static_cast<std::uint32_t>(code.size() / BpfInsn::size); }
  /// Whether a loader leaves it out by default. Source: libbpf's names of sections.
  [[nodiscard]] bool is_optional() const { return section.starts_with('?'); }
  [[nodiscard]] bool covers(std::uint32_t insn) const { return insn >= first_insn && insn - first_insn < insns(); }
};

/// An instruction that the ELF file lets refer to something: a call, or a 64-bit immediate load of an address.
struct BpfReference {
  std::string section;
  std::uint32_t insn = 0;                    ///< in the section
  std::optional<std::size_t> function;       ///< one of the object, by index; nothing for data, maps and the kernel's
  bool is_changed = false;                   ///< data that may change while the program runs
  std::optional<std::size_t> external = {};  ///< what the loader fills in, by index of BpfObject::externs
};

/// A place in a function.
struct BpfPlace {
  std::size_t program = 0;
  std::uint32_t insn = 0;

  auto operator<=>(const BpfPlace&) const = default;
};

/// A read of what a program is run with.
struct ContextRead {
  std::size_t program = 0;  ///< that is run
  BpfPlace at = {};
  std::int32_t offset = 0;  ///< in bytes
  std::uint32_t width = 0;
};

/// What an object leaves to its loader: a setting of the kernel's configuration, or a function or variable of the
/// kernel.
struct BpfExtern {
  std::string name;
  bool is_weak = false;      ///< it may be missing
  TypeId id = void_id;       ///< the VAR or FUNC that declares it; void when none does, or one that is no declaration
  std::string section = {};  ///< whose DATASEC holds that: `.kconfig`, `.ksyms`; empty for none
};

/// A variable that holds callbacks of the kernel (struct_ops), as it is in the file.
struct BpfCallbacks {
  /// A member that is set to a program.
  struct Slot {
    std::uint32_t offset = 0;  ///< of the member, in bytes
    std::size_t program = 0;
  };

  std::string name;          ///< of the variable
  TypeId type = void_id;     ///< the STRUCT that it is
  bool is_optional = false;  ///< a loader leaves it out by default
  Bytes content;
  std::vector<Slot> slots = {};
};

/// What btfx reads of an ELF file for BPF: its functions, its BTF and what `.BTF.ext` says about both.
struct BpfObject {
  std::string name;  ///< the file, for messages
  BtfPtr btf;
  ByteOrder order = native_order;             ///< of instructions
  std::optional<BtfExt> ext;                  ///< if there is a `.BTF.ext`
  std::vector<BpfProgram> programs;           ///< by section and place
  std::vector<BpfReference> references = {};  ///< by section and place
  std::vector<BpfExtern> externs = {};        ///< in the order of the symbols
  std::vector<BpfCallbacks> callbacks = {};   ///< in the order of the BTF
};

/// The index of the function, of those sorted by section and place, that holds an instruction of a section; nothing
/// when there is none.
std::optional<std::size_t> find_program(std::span<const BpfProgram> programs, std::string_view section,
                                        std::uint32_t insn);

/// What an instruction of a section refers to, of references sorted by section and place; nullptr for nothing.
const BpfReference* find_reference(std::span<const BpfReference> references, std::string_view section,
                                   std::uint32_t insn);

/// Reads the functions and BTF of a BPF object. Throws Error: unsupported when it is none, no_btf when it has no
/// `.BTF`, and what the parts of it throw, naming file and section.
BpfObject read_bpf_object(const Image& image);

}  // namespace btfx

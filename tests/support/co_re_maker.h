// BPF objects with CO-RE relocations, made instruction by instruction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/endian.h"
#include "btf/bpf_object.h"
#include "btf/builder.h"
#include "results/co_re.h"
#include "transform/co_re/object.h"
#include "transform/co_re/resolve.h"

namespace btfx::test {

/// The eight bytes of an instruction.
std::string encode(const BpfInsn& insn, ByteOrder order);

// Instructions that relocations stand on.
BpfInsn move_immediate(std::uint8_t to, std::int32_t value);   ///< rN = value
BpfInsn load_field(std::uint32_t width, std::int16_t offset);  ///< r1 = *(uN *)(r2 + offset)
BpfInsn jump_if_equal(std::uint8_t reg, std::int32_t value, std::int16_t offset);
inline constexpr BpfInsn exit_program{.code = 0x95};

/// An object with one program, `prog`. Types go into `types`.
class CoreMaker {
 public:
  explicit CoreMaker(ByteOrder order = native_order) : order_(order) {}

  BtfBuilder types;
  std::string section = "sec";  ///< of the program

  /// Appends an instruction and gives its number.
  std::uint32_t add(const BpfInsn& insn);
  /// Appends a 64-bit immediate load into r1.
  std::uint32_t add_value(std::uint64_t value);
  /// Puts a relocation on an instruction.
  void relocate(std::uint32_t insn, CoreKind kind, TypeId root, std::string_view access);
  void relocate(std::uint32_t insn, std::uint32_t kind, TypeId root, std::string_view access);
  /// A relocation on a 64-bit immediate load of its own that holds `old`.
  void ask(CoreKind kind, TypeId root, std::string_view access, std::uint64_t old) {
    relocate(add_value(old), kind, root, access);
  }
  /// Tells the line of source of an instruction.
  void line(std::uint32_t insn, std::string_view file, std::string_view text, std::uint32_t number,
            std::uint32_t column = 3);

  /// `.BTF.ext` as it would be in the file.
  [[nodiscard]] std::string ext();
  [[nodiscard]] BpfObject bpf();
  [[nodiscard]] CoreObject object() { return read_core_object(bpf()); }
  /// The object as an ELF file.
  [[nodiscard]] std::string elf();

 private:
  struct Words {
    std::uint32_t words[4];
  };
  ByteOrder order_;
  std::string code_;
  std::vector<Words> relocations_, lines_;
};

/// `verdict value: message`, for comparisons: `ok 8`, `poison: no struct foo in vmlinux`.
std::string text_of(const CoreResult& result);

}  // namespace btfx::test

// Which line of source a CO-RE relocation belongs to.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/endian.h"
#include "btf/bpf_object.h"
#include "btf/btf_ext.h"

namespace btfx {

/// The lines of source that an object's instructions were compiled from.
class CoreLines {
 public:
  explicit CoreLines(const BtfExt& ext);

  /// The line of instruction number `insn` of a program, which is relocated; nullptr when none is told. A line counts
  /// up to the next instruction that has one, and compilers give none to the instruction that loads an offset or value:
  /// it belongs to the line of the instruction that uses what it loads.
  [[nodiscard]] const LineInfo* find(const BpfProgram& program, ByteOrder order, std::uint32_t insn) const&;
  const LineInfo* find(const BpfProgram&, ByteOrder, std::uint32_t) const&& = delete;

 private:
  std::map<std::string_view, std::vector<LineInfo>> lines_;  // of each section, ascending
};

}  // namespace btfx

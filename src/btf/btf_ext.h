// `.BTF.ext`: what a BPF object says about its instructions, function by function, line by line, and where it wants to
// be relocated to the running kernel's types.
//
// Words: a *record* concerns one instruction, which it names by the section's name and a byte offset in it. Source: the
// kernel's Documentation/bpf/btf.rst.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "btf/btf.h"
#include "btf/kinds.h"

namespace btfx {

/// The instruction is the first that a line of source was compiled to.
struct LineInfo {
  std::uint32_t insn_offset = 0;
  StringOffset file{}, text{};
  std::uint32_t line = 0, column = 0;  ///< from 1; 0: not known
};

/// The instruction depends on the layout of the running kernel's types.
struct CoreRecord {
  std::uint32_t insn_offset = 0;
  TypeId root = void_id;       ///< where the access starts, in the object's own BTF
  StringOffset access{};       ///< numbers joined by colons
  std::uint32_t kind = 0;      ///< a CoreKind, if btfx knows it
  std::uint64_t position = 0;  ///< of the record itself, in the blob
};

/// The records of one ELF section, in the order of the file.
template <typename Record>
struct ExtBlock {
  std::string_view section;  ///< points into the BTF's strings
  std::vector<Record> records;
};

/// A parsed `.BTF.ext`. Lives as long as the BTF it was parsed with.
class BtfExt {
 public:
  static constexpr std::string_view section_name = ".BTF.ext";

  /// Parses the section of an object whose `.BTF` is `btf`. Every length and offset is checked, and so are ids and
  /// strings, so that they can be looked up in `btf`; access strings and kinds may be anything. Throws Error(truncated,
  /// malformed, unsupported) with the offset in the blob.
  static BtfExt parse(ByteView blob, const Btf& btf);

  [[nodiscard]] ByteOrder byte_order() const { return order_; }
  [[nodiscard]] std::span<const ExtBlock<LineInfo>> lines() const { return lines_; }
  [[nodiscard]] std::span<const ExtBlock<CoreRecord>> relocations() const { return relocations_; }

 private:
  ByteOrder order_ = native_order;
  std::vector<ExtBlock<LineInfo>> lines_;
  std::vector<ExtBlock<CoreRecord>> relocations_;
};

}  // namespace btfx

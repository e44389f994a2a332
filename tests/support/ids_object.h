// Objects with `.BTF_ids` as compilers leave them, of either class and byte order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "btf/btf.h"
#include "btf/builder.h"
#include "btf/ids.h"
#include "image/elf.h"

namespace btfx::test {

/// A symbol of `.BTF_ids`. `name` comes after `__BTF_ID__`, or is a whole name when it has no such prefix: "=kfuncs".
struct IdSymbol {
  std::string_view name;
  std::uint64_t offset = 0;
  std::uint64_t size = 4;
};

/// What an object is made of.
struct IdsObject {
  bool is_64 = true;
  ByteOrder order = ByteOrder::little;
  std::vector<std::uint32_t> words = {};
  std::vector<IdSymbol> symbols = {};
  Bytes btf = {}, base = {};    ///< sections .BTF and .BTF.base, unless empty
  bool has_symbols = true;      ///< whether there is a symbol table
  std::string_view after = {};  ///< bytes after the last word

  [[nodiscard]] std::string make() const;
  /// The section alone, as read.
  [[nodiscard]] BtfIds ids() const;
};

/// A list of two ids, a set of two, a set of three kfuncs with flags that tell who is who, for ids_types(). Flags are
/// 7, 8 and 9; sorted by id the functions are fa, fb, fc.
IdsObject sample_ids_object(bool is_64 = true, ByteOrder order = ByteOrder::little);
/// int (1), void(int) (2), functions fc, fb, fa (3 to 5), struct s (6), union u (7), typedef t (8) and a second struct
/// s (9), each function with a tag `bpf_kfunc` (10 to 12).
BtfBuilder ids_types();

/// The words of a section.
std::vector<std::uint32_t> words_of(const Bytes& section, ByteOrder order = native_order);

}  // namespace btfx::test

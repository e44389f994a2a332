// String sections being written: each text once, found by its hash.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/growing_array.h"
#include "btf/kinds.h"
#include "btf/name_hash.h"

namespace btfx {

/// A growing string section. A root section begins with the empty string; one that continues a base begins empty, and
/// offsets count from the base's end. No suffix sharing: "foobar" and "bar" are two strings, as libbpf writes them.
class StringTable {
 public:
  /// `start`: the offset of the first byte, 0 for a root.
  explicit StringTable(std::uint32_t start = 0);
  /// Empties it but keeps the memory, for filling many tables one after the other. `expected`: about how many strings
  /// there will be; a wrong guess costs only time.
  void reset(std::uint32_t start, std::size_t expected);
  /// The table of a root's finished section: each string in it is found at its first offset, suffixes are not.
  static StringTable of_section(std::string_view section);

  /// The offset of `text`, appended when it is new. The empty text is offset 0. Throws Error(unsupported) past 4 GiB.
  StringOffset add(std::string_view text) { return add(HashedName{text, hash_name(text)}); }
  /// The offset of `text` if it is there, else 0.
  [[nodiscard]] StringOffset find(std::string_view text) const { return find(HashedName{text, hash_name(text)}); }
  /// The same when the text's hash_name() is known already.
  StringOffset add(const HashedName& name);
  [[nodiscard]] StringOffset find(const HashedName& name) const;
  /// Fetches the memory that a search for that hash looks at first.
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  /// Frees what finding takes: nothing is added or looked up any more.
  void close() { slots_ = {}; }

  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
  [[nodiscard]] std::uint32_t start() const { return start_; }
  [[nodiscard]] std::uint32_t end() const { return start_ + static_cast<std::uint32_t>(bytes_.size()); }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t offset = 0;  // into bytes_, plus 1; 0: empty
  };
  [[nodiscard]] bool is_at(std::size_t offset, std::string_view text) const;
  [[nodiscard]] std::size_t slot_of(std::string_view text, std::uint32_t hash) const;
  void enter(std::size_t at, std::uint32_t hash, std::size_t offset);
  void grow();

  std::uint32_t start_ = 0;
  std::uint32_t used_ = 0;
  GrowingArray<char> bytes_;
  std::vector<Slot> slots_;
  std::uint32_t mask_ = 0;  // one less than there are slots
};

}  // namespace btfx

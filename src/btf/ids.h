// `.BTF_ids`: type ids that kernel code reads at run time, laid out by macros and filled in after linking. Only symbols
// tell what its words are.
//
// Words: an *entry* is a word that holds one type's id, and has a symbol that names kind and name. Entries stand in
// *lists*, in the order of the source; in *sets*, behind a count, sorted by id; or in *sets of pairs* (set8), behind a
// count and flags of the set, each followed by flags of its own. Source: the kernel's include/linux/btf_ids.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "btf/kinds.h"
#include "image/elf.h"

namespace btfx {

/// One set, in words of the section.
struct IdSet {
  std::string name;
  bool pairs = false;      ///< a set8
  std::uint32_t word = 0;  ///< where its count stands
  std::uint32_t count =
      0;  ///< how many ids it has room for, by the size of its symbol; the stored count may be 0 still

  /// Bit 0 of a set8's flags: the ids are functions that BPF programs may call.
  static constexpr std::uint32_t kfunc_flag = 1;
  [[nodiscard]] std::uint32_t stride() const { return pairs ? 2 : 1; }
  [[nodiscard]] std::uint32_t first_id() const { return word + stride(); }
  [[nodiscard]] std::uint32_t end() const { return first_id() + stride() * count; }
  [[nodiscard]] bool contains(std::uint32_t at) const { return at >= word && at < end(); }
  /// The name of its symbol.
  [[nodiscard]] std::string symbol() const;
};

/// One symbol of an entry. Several entries may share kind and name.
struct IdEntry {
  Kind kind = Kind::unkn;   ///< STRUCT, UNION, TYPEDEF or FUNC
  std::string name;         ///< of the type
  std::uint32_t word = 0;   ///< where its id stood when the section was compiled; in a set it moves when that is sorted
  std::int32_t set = -1;    ///< the index of its set; -1: it stands in a list
  std::string list = {};    ///< the name of its list, if a symbol tells it
  std::string unique = {};  ///< what makes its symbol different from others of that kind and name

  /// The name of its symbol.
  [[nodiscard]] std::string symbol() const;
};

/// How a kind is spelled in the names of symbols: `struct`, `union`, `typedef`, `func`. For the kinds of entries only.
std::string_view entry_word(Kind kind);

/// The content of `.BTF_ids`.
class BtfIds {
 public:
  static constexpr std::string_view section_name = ".BTF_ids";

  /// Reads the section of an ELF file, and the symbols that describe it; nothing when there is no such section. Throws
  /// Error(malformed, truncated) naming section, offset and symbol for symbols that break the grammar, reach past the
  /// section, stand on the count or the flags of a set, name different types for one word, or are longer than any can
  /// be. `content`: what to read in place of the section's bytes.
  static std::optional<BtfIds> read(const ElfFile& elf, std::optional<ByteView> content = std::nullopt);
  /// The same out of its parts. `address`: the section's address, from which symbols count.
  static BtfIds parse(ByteView section, ByteOrder order, std::span<const ElfSymbol> symbols, std::uint64_t address);

  [[nodiscard]] std::span<const IdSet> sets() const { return sets_; }
  [[nodiscard]] std::span<const IdEntry> entries() const { return entries_; }
  /// The entries whose words lie in [begin, end): indices into entries(), ascending by word.
  [[nodiscard]] std::span<const std::uint32_t> entries_between(std::uint32_t begin, std::uint32_t end) const;
  /// Whether there are symbols to tell ids from counts and flags.
  [[nodiscard]] bool has_symbols() const { return !sets_.empty() || !entries_.empty(); }
  /// Whether every word is 0: then there are no ids yet.
  [[nodiscard]] bool is_zero() const;
  [[nodiscard]] std::span<const std::uint32_t> words() const { return words_; }
  [[nodiscard]] std::span<std::uint32_t> words() { return words_; }
  /// The positions of all words that hold ids: all of a set, and the entries of lists; ascending, each once.
  [[nodiscard]] std::vector<std::uint32_t> id_words() const;
  /// The set a word belongs to; null when it is in a list.
  [[nodiscard]] const IdSet* set_of(std::uint32_t word) const;
  /// What a word is, for messages: `word 3 (struct nf_conn of list btf_nf_conn_ids)`, `word 2 (of set nf_nat_set)`.
  [[nodiscard]] std::string describe(std::uint32_t word) const;

  /// Sorts the ids of every set, with their flags; equal ids keep their order.
  void sort_sets();
  /// Renumbers every id that is not 0 and sorts the sets again. Gives back the words whose id has no new number; they
  /// become 0.
  std::vector<std::uint32_t> renumber(const std::function<std::optional<TypeId>(TypeId)>& new_id);

  /// The section, in the byte order it was read in, and of the same size.
  [[nodiscard]] Bytes bytes() const;

 private:
  void add_set(std::string_view rest, std::uint32_t word, std::uint64_t size);
  void add_entry(std::string_view rest, std::uint32_t word);
  void order_sets();
  void place_entries(std::span<const ElfSymbol> symbols, std::uint64_t address);
  void require_one_type_per_word() const;

  ByteOrder order_ = native_order;
  std::vector<std::uint32_t> words_;
  std::vector<std::byte> rest_;         // bytes after the last whole word
  std::vector<IdSet> sets_;             // ascending
  std::vector<IdEntry> entries_;        // in the order of the symbols
  std::vector<std::uint32_t> by_word_;  // all entries, ascending by word
};

}  // namespace btfx

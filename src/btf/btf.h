// A parsed BTF: immutable, validated enough that every later walk is safe, and always in native byte order.
//
// Words: a *base* BTF stands alone; a *split* BTF continues the ids and strings of its base. `first_id()` is the first
// id a BTF holds itself, `end_id()` one past its last; ids below first_id() are its base's. A *root* BTF has no base.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/once.h"
#include "btf/header.h"
#include "btf/kinds.h"
#include "btf/odd_strings.h"

namespace btfx {

class Btf;
class NameIndex;
class TypeGroups;
class RawBtf;

/// A view of one member of a composite, decoded.
struct Member {
  StringOffset name;
  TypeId type;
  std::uint32_t bit_offset;
  std::uint32_t bitfield_size;  ///< in bits; 0: an ordinary member
};

/// A view of one parameter of a prototype.
struct Param {
  StringOffset name;
  TypeId type;
};

/// A view of one entry of a DATASEC.
struct SectionEntry {
  TypeId type;
  std::uint32_t offset;
  std::uint32_t size;
};

/// One record of a BTF. Two words: pass it by value; it lives as long as its BTF.
class TypeView {
 public:
  TypeView(const Btf* btf, const std::uint32_t* words) : btf_(btf), words_(words) {}

  [[nodiscard]] Kind kind() const { return info_word().kind(); }
  [[nodiscard]] bool kind_flag() const { return info_word().kind_flag(); }
  [[nodiscard]] std::uint32_t vlen() const { return info_word().vlen(); }
  [[nodiscard]] InfoWord info_word() const { return InfoWord(words_[1]); }
  [[nodiscard]] StringOffset name_offset() const { return StringOffset{words_[0]}; }
  /// The name; empty when anonymous.
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] bool is_named() const { return words_[0] != 0; }

  /// The third word read as a size (INT, STRUCT, UNION, ENUM, ENUM64, FLOAT, DATASEC).
  [[nodiscard]] std::uint32_t size() const { return words_[2]; }
  /// The third word read as a type id (pointers, modifiers, TYPEDEF, FUNC, FUNC_PROTO, VAR, DECL_TAG).
  [[nodiscard]] TypeId target() const { return TypeId{words_[2]}; }

  /// The whole record.
  [[nodiscard]] std::span<const std::uint32_t> words() const;
  /// Its first word, for those who know its length.
  [[nodiscard]] const std::uint32_t* record() const { return words_; }
  /// The words after the record's header.
  [[nodiscard]] const std::uint32_t* payload() const { return words_ + header_words; }
  /// The BTF that holds the record: for a type of the base, the base.
  [[nodiscard]] const Btf& btf() const { return *btf_; }

  // INT
  [[nodiscard]] std::uint32_t int_encoding() const { return (payload()[0] >> 24) & 0xf; }
  [[nodiscard]] std::uint32_t int_bit_offset() const { return (payload()[0] >> 16) & 0xff; }
  [[nodiscard]] std::uint32_t int_bits() const { return payload()[0] & 0xff; }
  // ARRAY
  [[nodiscard]] TypeId element() const { return TypeId{payload()[0]}; }
  [[nodiscard]] TypeId index_type() const { return TypeId{payload()[1]}; }
  [[nodiscard]] std::uint32_t element_count() const { return payload()[2]; }
  // STRUCT, UNION
  [[nodiscard]] Member member(std::uint32_t i) const {
    const std::uint32_t* word = payload() + std::size_t{3} * i;
    if (!kind_flag()) return {StringOffset{word[0]}, TypeId{word[1]}, word[2], 0};
    return {StringOffset{word[0]}, TypeId{word[1]}, word[2] & 0xffffff, word[2] >> 24};
  }
  // ENUM, ENUM64
  [[nodiscard]] StringOffset enumerator_name(std::uint32_t i) const {
    return StringOffset{payload()[(kind() == Kind::enum64 ? std::size_t{3} : std::size_t{2}) * i]};
  }
  /// The value, sign-extended to 64 bits when kind_flag says that the enum is signed, else zero-extended.
  [[nodiscard]] std::uint64_t enumerator_value(std::uint32_t i) const {
    if (kind() == Kind::enum64) {
      const std::uint32_t* word = payload() + std::size_t{3} * i;
      return std::uint64_t{word[2]} << 32 | word[1];
    }
    const std::uint32_t value = payload()[std::size_t{2} * i + 1];
    return kind_flag() ? static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)}) : value;
  }
  // FUNC_PROTO
  [[nodiscard]] Param param(std::uint32_t i) const {
    const std::uint32_t* word = payload() + std::size_t{2} * i;
    return {StringOffset{word[0]}, TypeId{word[1]}};
  }
  // DATASEC
  [[nodiscard]] SectionEntry entry(std::uint32_t i) const {
    const std::uint32_t* word = payload() + std::size_t{3} * i;
    return {TypeId{word[0]}, word[1], word[2]};
  }
  // FUNC (in vlen), VAR: 0 static, 1 global, 2 extern
  [[nodiscard]] std::uint32_t linkage() const { return kind() == Kind::func ? vlen() : payload()[0]; }
  // DECL_TAG: a member or parameter from 0, or -1 for the target itself
  [[nodiscard]] std::int32_t component() const { return static_cast<std::int32_t>(payload()[0]); }

 private:
  const Btf* btf_;
  const std::uint32_t* words_;
};

/// Shares a Btf. Nothing can be looked up through a temporary one, because the view that comes out would dangle: keep
/// it in a variable first. `*pointer` works on a temporary as well, for handing a Btf to a function.
class BtfPtr : public std::shared_ptr<const Btf> {
 public:
  using std::shared_ptr<const Btf>::shared_ptr;

  const Btf* operator->() const& noexcept { return get(); }
  const Btf* operator->() const&& = delete;
};

/// See the top of this file. Made by parse() and by BtfBuilder, always through a shared_ptr, because a split BTF keeps
/// its base.
class Btf {
 public:
  /// Parses a blob, on top of `base` when it is split. `pointer_size` is that of the ELF file the blob came from (4 or
  /// 8), or 0: then it is taken from the base, or from the size of `long`. Accepts what libbpf 1.8 accepts, but for ids
  /// out of range in a prototype's return type, which it forgets to check, and for names that overlap so much that
  /// together they are more than 64 times as long as the blob. Throws Error(truncated, malformed, unsupported, no_base)
  /// with offset (in the blob) and type id.
  static BtfPtr parse(Bytes blob, BtfPtr base = nullptr, unsigned pointer_size = 0);
  /// Parses what was made of `before` by mapping ids and names, on another base: records lie where they lay there, and
  /// ids and names are taken to be in range.
  static BtfPtr parse_mapped(Bytes blob, BtfPtr base, const Btf& before);
  /// Parses what was read into `records` to its end, and weighed by weigh_base() on the same base without a fault:
  /// records are taken to lie, and ids and names to lead, where they were found. Throws what parse() throws.
  static BtfPtr parse_weighed(Bytes blob, BtfPtr base, const RawBtf& records, unsigned pointer_size = 0);

  /// A BTF of records that were made in memory, with the strings of `names`, which it keeps. Behind `base` (null for a
  /// root) it continues the ids; names are offsets of `names`. The records are whole, begin at `starts`, and are of
  /// known kinds; their ids and names are taken to be in range. It has no blob: it can be looked at, but not be
  /// written.
  static BtfPtr of_records(std::vector<std::uint32_t> words, std::vector<std::uint32_t> starts, BtfPtr base,
                           BtfPtr names);

  Btf(const Btf&) = delete;
  Btf& operator=(const Btf&) = delete;
  ~Btf();

  [[nodiscard]] TypeId first_id() const { return TypeId{first_id_}; }
  [[nodiscard]] TypeId end_id() const { return TypeId{end_id_}; }
  /// How many types this BTF holds itself.
  [[nodiscard]] std::uint32_t own_types() const { return end_id_ - first_id_; }
  [[nodiscard]] bool contains(TypeId id) const { return raw(id) < end_id_; }
  /// The record with that id, from the base where it is the base's. `id` is below end_id(); void is a record of kind 0.
  [[nodiscard]] TypeView type(TypeId id) const {
    const Btf* btf = this;
    while (raw(id) < btf->first_id_ && btf->base_) btf = btf->base_.get();
    return raw(id) == 0 ? TypeView(btf, void_record)
                        : TypeView(btf, btf->words_ + btf->offsets_[raw(id) - btf->first_id_]);
  }

  /// The kind of the type with that id, without reading its record.
  [[nodiscard]] Kind kind(TypeId id) const {
    const Btf* btf = this;
    while (raw(id) < btf->first_id_ && btf->base_) btf = btf->base_.get();
    return raw(id) == 0 ? Kind::unkn : btf->kinds_[raw(id) - btf->first_id_];
  }

  /// The string at an offset, up to its NUL; from the base where it is the base's. `offset` is below string_end().
  [[nodiscard]] std::string_view string(StringOffset offset) const { return c_string(offset); }
  [[nodiscard]] const char* c_string(StringOffset offset) const {
    const Btf* btf = this;
    while (raw(offset) < btf->string_start_) btf = btf->base_.get();
    return raw(offset) < btf->string_end_ ? btf->strings_ + (raw(offset) - btf->string_start_) : "";
  }
  [[nodiscard]] std::uint32_t string_start() const { return string_start_; }
  [[nodiscard]] std::uint32_t string_end() const { return string_end_; }
  /// The string section of this BTF itself.
  [[nodiscard]] std::string_view own_strings() const { return {strings_, string_end_ - string_start_}; }
  /// The string section that holds an offset, from there on: the string, its NUL, and those behind it. `offset` is
  /// below string_end().
  [[nodiscard]] std::string_view strings_from(StringOffset offset) const {
    const Btf* btf = this;
    while (raw(offset) < btf->string_start_) btf = btf->base_.get();
    return btf->own_strings().substr(raw(offset) - btf->string_start_);
  }
  /// Where the record of each type of this BTF itself begins in own_words().
  [[nodiscard]] const std::vector<std::uint32_t>& own_starts() const { return offsets_; }
  /// The kind of each type of this BTF itself.
  [[nodiscard]] const std::vector<Kind>& own_kinds() const { return kinds_; }
  /// All type records of this BTF itself, in native order.
  [[nodiscard]] std::span<const std::uint32_t> own_words() const { return {words_, header_.type_length / 4}; }

  [[nodiscard]] const BtfPtr& base() const { return base_; }
  [[nodiscard]] bool is_split() const { return base_ != nullptr; }
  [[nodiscard]] const BtfHeader& header() const { return header_; }
  /// The order the blob was written in; everything this class hands out is native.
  [[nodiscard]] ByteOrder byte_order() const { return order_; }
  /// 4 or 8; 8 when nothing tells.
  [[nodiscard]] unsigned pointer_size() const { return pointer_size_ != 0 ? pointer_size_ : 8; }
  /// The blob as it was given.
  [[nodiscard]] const Bytes& blob() const { return blob_; }
  /// Whether a record of a kind that btfx does not know, or of kind 0, is among the types of this BTF itself.
  [[nodiscard]] bool has_unknown_kinds() const { return has_unknown_kinds_; }
  /// Whether header bytes that btfx does not know are nonzero: such a blob can be read but must not be rewritten.
  [[nodiscard]] bool has_unknown_header() const { return has_unknown_header_; }
  /// Whether it or its base may hold a string that may_have_long_strings() speaks of.
  [[nodiscard]] bool has_long_strings() const { return has_long_strings_; }
  /// The layout entries for kinds, from this BTF's own layout section or else its base's; empty without one.
  [[nodiscard]] std::span<const LayoutEntry> layout() const;

  /// Which strings of this BTF and its bases are no plain words, found on first use; safe to call from many threads.
  [[nodiscard]] const OddStrings& odd_strings() const;

  /// The types of this BTF and its bases by what they are, sorted on first use; safe to call from many threads.
  [[nodiscard]] const TypeGroups& groups() const;

  /// The index of all names of this BTF's own types, built on first use; safe to call from many threads.
  [[nodiscard]] const NameIndex& names() const;

  /// Words of the record at `words`, of any kind that parse() accepted in this BTF.
  [[nodiscard]] std::uint64_t record_words(const std::uint32_t* words) const;

 private:
  friend class BtfParser;
  Btf();

  static constexpr std::uint32_t void_record[header_words] = {0, 0, 0};

  Bytes blob_;
  BtfPtr base_;
  BtfPtr strings_of_;                  // whose strings these are, if not its own
  std::vector<std::uint32_t> native_;  // the type words, when they could not be used in place
  const std::uint32_t* words_ = nullptr;
  const char* strings_ = "";
  std::vector<std::uint32_t> offsets_;  // word offset of each own type
  std::vector<Kind> kinds_;             // of each own type: a fortieth of the records, so that it stays in a cache
  std::vector<LayoutEntry> layout_;
  BtfHeader header_;
  std::uint32_t first_id_ = 1, end_id_ = 1;
  std::uint32_t string_start_ = 0, string_end_ = 0;
  ByteOrder order_ = native_order;
  unsigned pointer_size_ = 0;  // 0: nothing tells
  bool has_unknown_kinds_ = false, has_unknown_header_ = false;
  bool has_long_strings_ = false;  // its own or its base's; may be true of strings that are only rather long
  mutable Once<std::unique_ptr<const NameIndex>> names_;
  mutable Once<OddStrings> odd_strings_;
  mutable Once<std::unique_ptr<const TypeGroups>> groups_;
};

inline std::string_view TypeView::name() const {
  return btf_->string(name_offset());
}

inline std::span<const std::uint32_t> TypeView::words() const {
  return {words_, static_cast<std::size_t>(btf_->record_words(words_))};
}

/// The blob of `btf` in the given byte order, header, gaps and unused strings included: in its own order that is the
/// blob as it was parsed. Throws Error(unsupported) when records of unknown kinds or unknown header bytes would have to
/// be swapped.
Bytes serialise(const Btf& btf, ByteOrder order);

/// Whether a string section may hold a string so long that parse() looks at how much the names of the BTF overlap.
bool may_have_long_strings(std::string_view strings);

/// The first INT of 4 or 8 bytes named like C's `long`, the base's before its own; void when there is none.
TypeId find_long(const Btf& btf);
/// The pointer size that find_long() tells: 4, 8, or 0 when there is none.
unsigned guess_pointer_size(const Btf& btf);

}  // namespace btfx

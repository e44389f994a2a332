// The only BTF that can be changed. finish() gives bytes that parse again.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "btf/btf.h"
#include "btf/string_table.h"

namespace btfx {

/// Builds a BTF record by record, on top of a base or as a root.
class BtfBuilder {
 public:
  /// A root.
  BtfBuilder() : strings_(0) {}
  /// A split BTF on `base`. Names go into its own strings, even where the base's strings hold the same text.
  explicit BtfBuilder(BtfPtr base);

  [[nodiscard]] TypeId first_id() const { return TypeId{first_id_}; }
  [[nodiscard]] TypeId end_id() const { return TypeId{first_id_ + static_cast<std::uint32_t>(offsets_.size())}; }
  [[nodiscard]] StringTable& strings() { return strings_; }
  [[nodiscard]] const StringTable& strings() const { return strings_; }

  /// The offset of a name: the empty name is 0.
  StringOffset name(std::string_view text) { return strings_.add(text); }

  /// Appends a record whose words are final: names and ids as they shall be written. Throws Error(malformed) when the
  /// length does not fit kind and vlen, and Error(unsupported) for unknown kinds and past 2^31 types.
  TypeId add(std::span<const std::uint32_t> words);
  /// Appends a record of header and payload.
  TypeId add(Kind kind, std::string_view text, std::uint32_t size_or_type,
             std::initializer_list<std::uint32_t> payload = {}, std::uint32_t vlen = 0, bool kind_flag = false);
  /// Copies a record of another BTF: names are looked up or added here, ids are left as they are.
  TypeId copy(TypeView type);

  // The common kinds, for tests and transforms that make types of their own.
  TypeId add_int(std::string_view text, std::uint32_t size, std::uint32_t encoding = 0);
  TypeId add_ptr(TypeId target) { return add(Kind::ptr, {}, raw(target)); }
  /// A composite without members yet; members follow through add_member.
  TypeId add_composite(Kind kind, std::string_view text, std::uint32_t size, bool kind_flag = false);
  /// Adds a member to the last record, which is a composite. `bitfield_size` is written only when the composite has
  /// kind_flag.
  void add_member(std::string_view text, TypeId type, std::uint32_t bit_offset, std::uint32_t bitfield_size = 0);
  /// Adds an enumerator to the last record, which is an ENUM or ENUM64.
  void add_enumerator(std::string_view text, std::uint64_t value);
  /// Adds a parameter to the last record, which is a FUNC_PROTO.
  void add_param(std::string_view text, TypeId type);
  /// Adds an entry to the last record, which is a DATASEC.
  void add_entry(TypeId type, std::uint32_t offset, std::uint32_t size);

  /// The words of a record added before, for rewriting in place.
  [[nodiscard]] std::span<std::uint32_t> record(TypeId id);
  /// All words added so far, for walks that rewrite everything.
  [[nodiscard]] std::span<std::uint32_t> words() { return words_; }
  [[nodiscard]] const std::vector<std::uint32_t>& offsets() const { return offsets_; }

  /// The blob: header of `header_length` bytes (24 or 32), types, strings; no gaps and no layout section.
  [[nodiscard]] Bytes finish(ByteOrder order = native_order,
                             std::uint32_t header_length = BtfHeader::layout_header_length) const;
  /// finish() and parse it again, on the base this was made with.
  [[nodiscard]] BtfPtr build(ByteOrder order = native_order) const;

 private:
  void append_element(std::initializer_list<std::uint32_t> words);

  BtfPtr base_;
  std::uint32_t first_id_ = 1;
  StringTable strings_;
  std::vector<std::uint32_t> words_;
  std::vector<std::uint32_t> offsets_;
};

/// A layout section as it is stored; empty where there is none.
struct LayoutSection {
  ByteView bytes = {};
  ByteOrder order = native_order;
};
/// That of a BTF itself, not of its base.
LayoutSection layout_section(const Btf& btf);

/// The size of the blob that assemble_btf() makes of so many words and bytes of strings, without a layout. Throws
/// Error(unsupported) for more than 4 GiB.
std::size_t assembled_size(std::uint64_t type_words, std::uint64_t string_bytes,
                           std::uint32_t header_length = BtfHeader::layout_header_length);

/// A blob out of its parts: header, then type words, layout, and strings, in the given order. With a layout section the
/// header has at least the length that it takes to tell of it.
Bytes assemble_btf(std::span<const std::uint32_t> type_words, std::string_view strings, ByteOrder order,
                   std::uint32_t header_length = BtfHeader::layout_header_length, const LayoutSection& layout = {});
/// The same of words and strings that lie in two pieces: those of a base, and what continues it. Copies on so many
/// threads.
Bytes assemble_btf(const std::array<std::span<const std::uint32_t>, 2>& type_words,
                   const std::array<std::string_view, 2>& strings, ByteOrder order, std::uint32_t header_length,
                   const LayoutSection& layout, unsigned jobs = 1);

}  // namespace btfx

// BTF as it stands in a blob, before anything but the bounds of its records is known to be true: for judging input that
// Btf::parse() refuses, or that was parsed on a base it may not belong to.
#pragma once

#include <array>
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
#include "btf/kinds.h"

namespace btfx {

struct BaseEvidence;

/// One record, with its payload wholly there. Ids and string offsets in it may be anything.
struct RawRecord {
  std::uint32_t id;
  const std::uint32_t* words;

  [[nodiscard]] InfoWord info_word() const { return InfoWord(words[1]); }
  [[nodiscard]] Kind kind() const { return info_word().kind(); }
  [[nodiscard]] std::uint32_t name() const { return words[0]; }
  [[nodiscard]] std::uint32_t size_or_type() const { return words[2]; }
  [[nodiscard]] const std::uint32_t* payload() const { return words + header_words; }
  /// The first word of element `i`.
  [[nodiscard]] const std::uint32_t* element(std::uint32_t i) const {
    return payload() + std::size_t{btfx::kind_info(kind()).element_words} * i;
  }
};

/// The offset word of a member, read as the struct's kind_flag says.
struct MemberPlace {
  std::uint32_t bit_offset, bitfield_size;

  MemberPlace(std::uint32_t word, bool kind_flag)
      : bit_offset(kind_flag ? word & 0xffffff : word), bitfield_size(kind_flag ? word >> 24 : 0) {}
};

/// Records and strings of one BTF, on a base that is known to be sound, or none. Lives as long as the blob or BTF it
/// was made of.
class RawBtf {
 public:
  explicit RawBtf(const Btf* base = nullptr);
  /// The BTF that was parsed, which must outlive this.
  static RawBtf of(const BtfPtr& btf) { return of_parsed(*btf); }
  static RawBtf of(BtfPtr&& btf) = delete;
  /// What a blob holds, up to the first record whose length is unknown. Throws Error(truncated, malformed) when its
  /// sections do not lie inside it.
  static RawBtf read(ByteView blob, const Btf* base);

  /// Records that are known to begin there in the words of a blob that is not looked at: for Btf::parse_weighed().
  static RawBtf at(const Btf* base, std::vector<std::uint32_t> starts);

  RawBtf(RawBtf&&) = default;
  RawBtf& operator=(RawBtf&&) = default;
  RawBtf(const RawBtf&) = delete;  // the words may be in storage_
  RawBtf& operator=(const RawBtf&) = delete;
  ~RawBtf() = default;

  /// Takes the sections; the bytes of an incomplete last word of `types` are left out. Records are added next.
  void take_sections(ByteView types, ByteOrder order, std::string_view strings);
  /// Adds the record at a word offset, whose words are all there; it gets the next id.
  void add_record(std::uint64_t at) {
    offsets_.push_back(static_cast<std::uint32_t>(at));
    kinds_.push_back(InfoWord(words_[at + 1]).kind());
  }
  /// Says that the types end with the last record that was added.
  void end_records() { is_whole_ = true; }

  [[nodiscard]] const Btf* base() const { return base_; }
  [[nodiscard]] std::uint32_t first_id() const { return first_id_; }
  [[nodiscard]] std::uint32_t end_id() const { return first_id_ + static_cast<std::uint32_t>(offsets_.size()); }
  [[nodiscard]] std::span<const std::uint32_t> words() const { return words_; }

  /// The record with that id, the base's where it is the base's; nothing when there is none.
  [[nodiscard]] std::optional<RawRecord> record(std::uint32_t id) const {
    if (id >= end_id()) return std::nullopt;
    if (id >= first_id_) return RawRecord{id, words_.data() + offsets_[id - first_id_]};
    return RawRecord{id, base_ != nullptr ? base_->type(TypeId{id}).record() : void_words.data()};
  }
  /// Where the own records begin in words().
  [[nodiscard]] const std::vector<std::uint32_t>& starts() const { return offsets_; }
  /// The kind of each own type.
  [[nodiscard]] const std::vector<Kind>& kinds() const { return kinds_; }
  /// Whether these are all the records that there are, each of a kind that btfx knows.
  [[nodiscard]] bool is_whole() const { return is_whole_; }

  /// The own string section.
  [[nodiscard]] std::string_view strings() const { return strings_; }
  /// The first offset of the own strings.
  [[nodiscard]] std::uint32_t string_start() const { return string_start_; }
  /// The kind of the type with that id, which is below end_id().
  [[nodiscard]] Kind kind(std::uint32_t id) const {
    if (id >= first_id_) return kinds_[id - first_id_];
    return base_ != nullptr ? base_->kind(TypeId{id}) : Kind::unkn;
  }
  /// Whether a string begins at or goes through that offset.
  [[nodiscard]] bool has_string(std::uint32_t offset) const {
    return offset < string_start_ || offset - string_start_ < strings_.size();
  }
  /// The string at an offset, of which at most `limit` bytes are looked at; has_string(offset) holds.
  [[nodiscard]] std::string_view string(std::uint32_t offset, std::size_t limit = std::string_view::npos) const;
  /// The section that holds an offset, from there on; has_string(offset) holds. Own strings need not end in NUL.
  [[nodiscard]] std::string_view strings_from(std::uint32_t offset) const {
    return offset < string_start_ ? base_->strings_from(StringOffset{offset}) : strings_.substr(offset - string_start_);
  }

 private:
  friend BaseEvidence weigh_base(const Btf& btf);
  friend std::string describe(const BaseEvidence& evidence, const Btf& btf);
  static RawBtf of_parsed(const Btf& btf);

  static constexpr std::array<std::uint32_t, header_words> void_words{};

  const Btf* base_;
  std::uint32_t first_id_, string_start_;
  std::vector<std::uint32_t> storage_;  // when the words could not be used in place
  std::span<const std::uint32_t> words_;
  std::string_view strings_;
  std::vector<std::uint32_t> offsets_;
  std::vector<Kind> kinds_;
  bool is_whole_ = false;
};

}  // namespace btfx

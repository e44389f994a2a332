#include "btf/builder.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/batch.h"
#include "base/error.h"
#include "btf/fields.h"

namespace btfx {

BtfBuilder::BtfBuilder(BtfPtr base)
    : base_(std::move(base)), first_id_(raw(base_->end_id())), strings_(base_->string_end()) {}

TypeId BtfBuilder::add(std::span<const std::uint32_t> words) {
  const TypeId id = end_id();
  if (raw(id) >= 0x7fffffff) throw Error(ErrorCode::unsupported, "too many types");
  const InfoWord record(words.size() < header_words ? 0 : words[1]);
  if (!is_known(record.kind())) {
    throw Error(ErrorCode::unsupported, "types of unknown kinds cannot be written", {.type_id = raw(id)});
  }
  if (record.kind() == Kind::unkn || record_words(record) != words.size()) {
    throw Error(ErrorCode::malformed, "record length does not fit its kind and vlen", {.type_id = raw(id)});
  }
  offsets_.push_back(static_cast<std::uint32_t>(words_.size()));
  words_.insert(words_.end(), words.begin(), words.end());
  return id;
}

TypeId BtfBuilder::add(Kind kind, std::string_view text, std::uint32_t size_or_type,
                       std::initializer_list<std::uint32_t> payload, std::uint32_t vlen, bool kind_flag) {
  std::vector<std::uint32_t> words{raw(name(text)), InfoWord(kind, vlen, kind_flag).word, size_or_type};
  words.insert(words.end(), payload);
  return add(words);
}

TypeId BtfBuilder::copy(TypeView type) {
  const TypeId id = add(type.words());
  visit_names(words_.data() + offsets_.back(),
              [&](std::uint32_t& word) { word = raw(name(type.btf().string(StringOffset{word}))); });
  return id;
}

TypeId BtfBuilder::add_int(std::string_view text, std::uint32_t size, std::uint32_t encoding) {
  return add(Kind::int_, text, size, {encoding << 24 | size * 8});
}

TypeId BtfBuilder::add_composite(Kind kind, std::string_view text, std::uint32_t size, bool kind_flag) {
  return add(kind, text, size, {}, 0, kind_flag);
}

void BtfBuilder::append_element(std::initializer_list<std::uint32_t> words) {
  std::uint32_t& word = words_[offsets_.back() + 1];
  const InfoWord old(word);
  if (old.vlen() == InfoWord::max_vlen) throw Error(ErrorCode::unsupported, "too many elements in one type");
  word = InfoWord(old.kind(), old.vlen() + 1, old.kind_flag()).word;
  words_.insert(words_.end(), words);
}

void BtfBuilder::add_member(std::string_view text, TypeId type, std::uint32_t bit_offset, std::uint32_t bitfield_size) {
  const bool flag = InfoWord(words_[offsets_.back() + 1]).kind_flag();
  append_element({raw(name(text)), raw(type), flag ? bitfield_size << 24 | bit_offset : bit_offset});
}

void BtfBuilder::add_enumerator(std::string_view text, std::uint64_t value) {
  const std::uint32_t offset = raw(name(text));
  const auto low = static_cast<std::uint32_t>(value);
  if (InfoWord(words_[offsets_.back() + 1]).kind() == Kind::enum64) {
    append_element({offset, low, static_cast<std::uint32_t>(value >> 32)});
  } else {
    append_element({offset, low});
  }
}

void BtfBuilder::add_param(std::string_view text, TypeId type) {
  append_element({raw(name(text)), raw(type)});
}

void BtfBuilder::add_entry(TypeId type, std::uint32_t offset, std::uint32_t size) {
  append_element({raw(type), offset, size});
}

std::span<std::uint32_t> BtfBuilder::record(TypeId id) {
  const std::size_t index = raw(id) - first_id_;
  const std::size_t begin = offsets_.at(index);
  const std::size_t end = index + 1 < offsets_.size() ? offsets_[index + 1] : words_.size();
  return std::span(words_).subspan(begin, end - begin);
}

Bytes BtfBuilder::finish(ByteOrder order, std::uint32_t header_length) const {
  return assemble_btf(words_, strings_.bytes(), order, header_length);
}

BtfPtr BtfBuilder::build(ByteOrder order) const {
  return Btf::parse(finish(order), base_);
}

LayoutSection layout_section(const Btf& btf) {
  const BtfHeader& header = btf.header();
  if (header.layout_length == 0) return {};
  return {btf.blob().view().subspan(std::size_t{header.header_length} + header.layout_offset, header.layout_length),
          btf.byte_order()};
}

namespace {

std::size_t checked_size(std::uint32_t header_length, std::uint64_t string_offset, std::uint64_t string_bytes) {
  if (string_offset + string_bytes > 0xffffffff - std::uint64_t{header_length}) {
    throw Error(ErrorCode::unsupported, "result is larger than 4 GiB");
  }
  return header_length + string_offset + string_bytes;
}

/// Most of what copying takes is the first touch of the pages, which threads share.
void copy(std::byte* to, ByteView from, unsigned jobs) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  run_ranges(
      0, from.size(), jobs,
      [&](std::size_t begin, std::size_t end) { std::memcpy(to + begin, from.data() + begin, end - begin); }, piece);
}

}  // namespace

std::size_t assembled_size(std::uint64_t type_words, std::uint64_t string_bytes, std::uint32_t header_length) {
  return checked_size(header_length, type_words * 4, string_bytes);
}

Bytes assemble_btf(std::span<const std::uint32_t> type_words, std::string_view strings, ByteOrder order,
                   std::uint32_t header_length, const LayoutSection& layout) {
  return assemble_btf({type_words, {}}, {strings, {}}, order, header_length, layout);
}

Bytes assemble_btf(const std::array<std::span<const std::uint32_t>, 2>& type_words,
                   const std::array<std::string_view, 2>& strings, ByteOrder order, std::uint32_t header_length,
                   const LayoutSection& layout, unsigned jobs) {
  const std::uint64_t type_bytes = (std::uint64_t{type_words[0].size()} + type_words[1].size()) * 4;
  const std::uint64_t string_bytes = std::uint64_t{strings[0].size()} + strings[1].size();
  const std::uint64_t layout_bytes = layout.bytes.size(), string_offset = type_bytes + layout_bytes;
  if (layout_bytes != 0) header_length = std::max(header_length, BtfHeader::layout_header_length);
  const std::size_t size = checked_size(header_length, string_offset, string_bytes);
  // Not a vector, which would clear bytes that are overwritten anyway; of words, because parsing reads words in place.
  const auto blob = std::make_shared_for_overwrite<std::uint64_t[]>((size + 7) / 8);
  auto* at = reinterpret_cast<std::byte*>(blob.get());
  const ByteView written(at, size);
  std::memset(at, 0, header_length);
  store(at, BtfHeader::magic, order);
  at[2] = std::byte{1};
  store(at + 4, header_length, order);
  store(at + 12, static_cast<std::uint32_t>(type_bytes), order);
  store(at + 16, static_cast<std::uint32_t>(string_offset), order);
  store(at + 20, static_cast<std::uint32_t>(string_bytes), order);
  if (layout_bytes != 0) {
    store(at + 24, static_cast<std::uint32_t>(type_bytes), order);
    store(at + 28, static_cast<std::uint32_t>(layout_bytes), order);
  }
  at += header_length;
  for (const std::span<const std::uint32_t> words : type_words) {
    if (order != native_order) {
      for (std::size_t i = 0; i < words.size(); ++i) store(at + 4 * i, words[i], order);
    } else if (!words.empty()) {
      copy(at, std::as_bytes(words), jobs);
    }
    at += words.size_bytes();
  }
  for (std::size_t i = 0; i + 4 <= layout_bytes; i += 4) {
    at[i] = layout.bytes[i];  // the two sizes are bytes
    at[i + 1] = layout.bytes[i + 1];
    store(at + i + 2, load<std::uint16_t>(layout.bytes.data() + i + 2, layout.order), order);  // flags
  }
  std::memset(at + layout_bytes / 4 * 4, 0, layout_bytes % 4);
  at += layout_bytes;
  for (const std::string_view text : strings) {
    copy(at, as_bytes(text), jobs);
    at += text.size();
  }
  return {blob, written};
}

}  // namespace btfx

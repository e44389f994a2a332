#include "btf/btf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "btf/fields.h"
#include "btf/names.h"

namespace btfx {

namespace {

constexpr std::uint64_t max_string_length = 0x80000000;  // libbpf's limit
constexpr std::uint32_t max_types = 0x7fffffff;          // libbpf's limit

[[noreturn]] void malformed(std::string sentence, std::uint64_t offset,
                            std::optional<std::uint32_t> id = std::nullopt) {
  throw Error(ErrorCode::malformed, std::move(sentence), {.offset = offset, .type_id = id});
}

[[noreturn]] void unsupported(std::string sentence, std::uint64_t offset,
                              std::optional<std::uint32_t> id = std::nullopt) {
  throw Error(ErrorCode::unsupported, std::move(sentence), {.offset = offset, .type_id = id});
}

}  // namespace

/// Parses one blob, step by step; every step relies on what the steps before have made sure of.
class BtfParser {
 public:
  BtfParser(Bytes blob, BtfPtr base) : btf_(new Btf), owner_(btf_) {
    btf_->blob_ = std::move(blob);
    btf_->base_ = std::move(base);
    data_ = btf_->blob_.data();
    size_ = btf_->blob_.size();
  }

  BtfPtr run(unsigned pointer_size) {
    read_header();       // now: every section lies inside the blob, types before layout before strings
    read_strings();      // now: the last own string ends in NUL, or there is none
    read_layout();       // now: the length of every record can be told
    take_words();        // now: type words are native and aligned, if all their kinds are known
    find_records();      // now: offsets_ holds every record, and each lies inside the section
    check_references();  // now: every id and string offset is in range, every FUNC has a FUNC_PROTO
    if (pointer_size == 0 && btf_->base_) pointer_size = btf_->base_->pointer_size_;
    btf_->pointer_size_ = pointer_size != 0 ? pointer_size : guess_pointer_size(*btf_);
    return owner_;
  }

 private:
  [[nodiscard]] std::uint32_t word_at(std::uint64_t offset) const {
    return load<std::uint32_t>(data_ + offset, btf_->order_);
  }

  void read_header() {
    BtfHeader& header = btf_->header_;
    if (size_ == 0) throw Error(ErrorCode::truncated, "is empty");
    if (size_ < BtfHeader::old_length) {
      throw Error(ErrorCode::truncated,
                  fmt::format("BTF header needs {} bytes, only {} are there", BtfHeader::old_length, size_));
    }
    const auto little = load<std::uint16_t>(data_, ByteOrder::little);
    if (little == BtfHeader::magic) {
      btf_->order_ = ByteOrder::little;
    } else if (byte_swap(little) == BtfHeader::magic) {
      btf_->order_ = ByteOrder::big;
    } else {
      malformed(fmt::format("no BTF magic (0x{:04x} instead of 0x{:04x})", little, BtfHeader::magic), 0);
    }
    header.version = std::to_integer<std::uint8_t>(data_[2]);
    header.flags = std::to_integer<std::uint8_t>(data_[3]);
    header.header_length = word_at(4);
    if (header.header_length < BtfHeader::old_length) {
      malformed(fmt::format("header length {} is less than {}", header.header_length, BtfHeader::old_length), 4);
    }
    if (header.header_length > size_) {
      throw Error(ErrorCode::truncated,
                  fmt::format("header length {} is more than the {} bytes that are there", header.header_length, size_),
                  {.offset = 4});
    }
    header.type_offset = word_at(8);
    header.type_length = word_at(12);
    header.string_offset = word_at(16);
    header.string_length = word_at(20);
    if (header.known_length() == BtfHeader::layout_header_length) {
      header.layout_offset = word_at(24);
      header.layout_length = word_at(28);
    }
    for (std::uint64_t i = header.known_length(); i < header.header_length; ++i) {
      if (data_[i] != std::byte{0}) btf_->has_unknown_header_ = true;
    }

    const std::uint64_t room = size_ - header.header_length;
    const std::uint64_t type_end = std::uint64_t{header.type_offset} + header.type_length;
    const std::uint64_t string_end = std::uint64_t{header.string_offset} + header.string_length;
    if (string_end > room) {
      throw Error(ErrorCode::truncated,
                  fmt::format("strings end at {} after the header, but only {} bytes are there", string_end, room),
                  {.offset = 16});
    }
    if (type_end > header.string_offset) {
      malformed(fmt::format("types end at {} after the header, strings start before that, at {}", type_end,
                            header.string_offset),
                12);
    }
    if (header.type_offset % 4 != 0)
      malformed(fmt::format("type offset {} is no multiple of 4", header.type_offset), 8);
    if (header.layout_length != 0) {
      const std::uint64_t layout_end = std::uint64_t{header.layout_offset} + header.layout_length;
      if (header.layout_offset % 4 != 0) {
        malformed(fmt::format("layout offset {} is no multiple of 4", header.layout_offset), 24);
      }
      if (header.layout_offset < type_end || layout_end > header.string_offset) {
        malformed(fmt::format("layout section [{}, {}) does not lie between types and strings", header.layout_offset,
                              layout_end),
                  24);
      }
      if (header.layout_length % 4 != 0) {
        malformed(fmt::format("layout length {} is no multiple of 4", header.layout_length), 28);
      }
    }
  }

  void read_strings() {
    const BtfHeader& header = btf_->header_;
    const std::uint64_t start = std::uint64_t{header.header_length} + header.string_offset;
    const auto* text = reinterpret_cast<const char*>(data_ + start);
    if (header.string_length == 0) {
      if (!btf_->base_) malformed("string section is empty", 20);
    } else {
      if (header.string_length - 1 > max_string_length - 1) malformed("string section is too long", 20);
      if (text[header.string_length - 1] != '\0') {
        malformed("string section does not end with a NUL byte", start + header.string_length - 1);
      }
      if (!btf_->base_ && text[0] != '\0') {
        throw Error(ErrorCode::no_base,
                    "string section does not begin with a NUL byte: this is split BTF and needs its base (-B)",
                    {.offset = start});
      }
    }
    btf_->strings_ = text;
    btf_->string_start_ = btf_->base_ ? btf_->base_->string_end() : 0;
    if (std::uint64_t{btf_->string_start_} + header.string_length > 0xffffffff) malformed("too many strings", 20);
    btf_->string_end_ = btf_->string_start_ + header.string_length;
    btf_->first_id_ = btf_->base_ ? raw(btf_->base_->end_id()) : 1;
  }

  void read_layout() {
    const BtfHeader& header = btf_->header_;
    if (header.layout_length == 0) return;  // then the offset may be anything
    const std::byte* entry = data_ + header.header_length + header.layout_offset;
    btf_->layout_.reserve(header.layout_length / 4);
    for (std::uint32_t i = 0; i < header.layout_length / 4; ++i, entry += 4) {
      btf_->layout_.push_back({std::to_integer<std::uint8_t>(entry[0]), std::to_integer<std::uint8_t>(entry[1])});
    }
  }

  void take_words() {
    const BtfHeader& header = btf_->header_;
    const std::byte* start = data_ + header.header_length + header.type_offset;
    const std::size_t count = header.type_length / 4;
    const bool aligned = reinterpret_cast<std::uintptr_t>(start) % alignof(std::uint32_t) == 0;
    if (btf_->order_ == native_order && aligned) {
      btf_->words_ = reinterpret_cast<const std::uint32_t*>(start);
      return;
    }
    btf_->native_.resize(count);
    for (std::size_t i = 0; i < count; ++i) btf_->native_[i] = load<std::uint32_t>(start + 4 * i, btf_->order_);
    btf_->words_ = btf_->native_.data();
  }

  /// Where in the blob a word of the type section stands.
  [[nodiscard]] std::uint64_t blob_offset(std::uint64_t word) const {
    return std::uint64_t{btf_->header_.header_length} + btf_->header_.type_offset + 4 * word;
  }

  /// Words of the record at `at`, which has a whole header and a kind that btfx does not know, or kind 0.
  [[nodiscard]] std::uint64_t unknown_record_words(std::uint64_t at, std::uint32_t id) const {
    const Info record(btf_->words_[at + 1]);
    const auto kind = static_cast<std::uint32_t>(record.kind());
    if (btf_->order_ != native_order) {
      unsupported(fmt::format("kind {} is unknown, so its byte order cannot be changed", kind), blob_offset(at), id);
    }
    const std::span<const LayoutEntry> layout = btf_->layout();
    if (kind >= layout.size()) {
      unsupported(fmt::format("kind {} is unknown, and no layout section describes it", kind), blob_offset(at), id);
    }
    const LayoutEntry entry = layout[kind];
    if (entry.fixed_bytes % 4 != 0 || entry.element_bytes % 4 != 0) {
      malformed(fmt::format("layout of kind {} ({} and {} bytes) is no multiple of 4", kind, entry.fixed_bytes,
                            entry.element_bytes),
                blob_offset(at), id);
    }
    return btf_->record_words(btf_->words_ + at);
  }

  void find_records() {
    const std::uint64_t count = btf_->header_.type_length / 4;
    const std::uint32_t* words = btf_->words_;
    btf_->offsets_.reserve(static_cast<std::size_t>(count / 8));
    std::uint32_t id = btf_->first_id_;
    std::uint64_t at = 0;
    while (count - at >= header_words) {
      const Info record(words[at + 1]);
      std::uint64_t length = 0;
      if (is_known(record.kind()) && record.kind() != Kind::void_) {
        length = btfx::record_words(record);
      } else {
        length = unknown_record_words(at, id);
        btf_->has_unknown_kinds_ = true;
      }
      if (length > count - at) {
        malformed(fmt::format("{} with vlen {} needs {} bytes, only {} are left", info(record.kind()).name,
                              record.vlen(), 4 * length, btf_->header_.type_length - 4 * at),
                  blob_offset(at), id);
      }
      if (id - btf_->first_id_ == max_types - 1 || id == 0xffffffff) malformed("too many types", blob_offset(at), id);
      btf_->offsets_.push_back(static_cast<std::uint32_t>(at));
      at += length;
      ++id;
    }
    if (4 * at != btf_->header_.type_length) {
      malformed(fmt::format("{} bytes are left after the last type, a record needs at least 12",
                            btf_->header_.type_length - 4 * at),
                blob_offset(at), id);
    }
    btf_->end_id_ = id;
  }

  /// Finds the largest id and string offset first, which is all that good input needs; only bad input is searched for
  /// where.
  void check_references() {
    std::uint32_t largest_id = 0, largest_name = 0;
    bool functions_fit = true;
    const std::uint32_t* words = btf_->words_;
    for (const std::uint32_t at : btf_->offsets_) {
      visit_names(words + at, [&](std::uint32_t name) { largest_name = std::max(largest_name, name); });
      visit_type_ids(words + at, [&](std::uint32_t id) { largest_id = std::max(largest_id, id); });
    }
    if (largest_id < btf_->end_id_) {
      for (const std::uint32_t at : btf_->offsets_) {
        if (Info(words[at + 1]).kind() != Kind::func) continue;
        functions_fit = functions_fit && btf_->type(TypeId{words[at + 2]}).kind() == Kind::func_proto;
      }
    }
    if (largest_id < btf_->end_id_ && (largest_name < btf_->string_end_ || largest_name == 0) && functions_fit) return;
    for (std::uint32_t i = 0; i < btf_->own_types(); ++i) check_record(btf_->first_id_ + i, btf_->offsets_[i]);
  }

  void check_record(std::uint32_t id, std::uint32_t at) const {
    const std::uint32_t* words = btf_->words_;
    const auto place = [&](const std::uint32_t& word) {
      return blob_offset(static_cast<std::uint64_t>(&word - words));
    };
    visit_names(words + at, [&](const std::uint32_t& name) {
      if (name >= btf_->string_end_ && name != 0) {
        malformed(fmt::format("string offset {} is out of range (strings end at {})", name, btf_->string_end_),
                  place(name), id);
      }
    });
    visit_type_ids(words + at, [&](const std::uint32_t& target) {
      if (target >= btf_->end_id_) {
        malformed(fmt::format("refers to type {}, but the last type is {}", target, btf_->end_id_ - 1), place(target),
                  id);
      }
    });
    if (Info(words[at + 1]).kind() != Kind::func) return;
    if (const Kind kind = btf_->type(TypeId{words[at + 2]}).kind(); kind != Kind::func_proto) {
      malformed(fmt::format("FUNC refers to type {}, which is a {}, not a FUNC_PROTO", words[at + 2], info(kind).name),
                place(words[at + 2]), id);
    }
  }

  Btf* btf_;  // mutable only here
  BtfPtr owner_;
  const std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
};

Btf::Btf() = default;
Btf::~Btf() = default;

BtfPtr Btf::parse(Bytes blob, BtfPtr base, unsigned pointer_size) {
  return BtfParser(std::move(blob), std::move(base)).run(pointer_size);
}

std::span<const LayoutEntry> Btf::layout() const {
  const Btf* btf = this;
  while (btf->layout_.empty() && btf->base_) btf = btf->base_.get();
  return btf->layout_;
}

std::uint64_t Btf::record_words(const std::uint32_t* words) const {
  const Info record(words[1]);
  if (is_known(record.kind()) && record.kind() != Kind::void_) return btfx::record_words(record);
  const auto kind = static_cast<std::size_t>(record.kind());
  const std::span<const LayoutEntry> known = layout();
  if (words == void_record || kind >= known.size()) return header_words;
  return header_words + known[kind].fixed_bytes / 4U + std::uint64_t{known[kind].element_bytes / 4U} * record.vlen();
}

const NameIndex& Btf::names() const {
  std::call_once(names_once_, [this] { names_ = std::make_unique<const NameIndex>(*this); });
  return *names_;
}

Bytes serialise(const Btf& btf, ByteOrder order) {
  if (order == btf.byte_order()) return btf.blob();
  if (btf.has_unknown_kinds()) {
    throw Error(ErrorCode::unsupported, "holds types of unknown kinds, whose byte order cannot be changed");
  }
  if (btf.has_unknown_header()) {
    throw Error(ErrorCode::unsupported, "has a header with unknown fields, whose byte order cannot be changed");
  }
  const Bytes& source = btf.blob();
  const BtfHeader& header = btf.header();
  const ByteView bytes = source.view();
  std::vector<std::byte> swapped(bytes.begin(), bytes.end());
  const auto swap_words = [&](std::uint64_t offset, std::uint64_t length) {
    for (std::uint64_t at = offset; at + 4 <= offset + length; at += 4) {
      store(swapped.data() + at, load<std::uint32_t>(source.data() + at, btf.byte_order()), order);
    }
  };
  store(swapped.data(), BtfHeader::magic, order);
  swap_words(4, header.known_length() - 4);
  swap_words(std::uint64_t{header.header_length} + header.type_offset, header.type_length);
  for (std::uint64_t at = std::uint64_t{header.header_length} + header.layout_offset, i = 0;
       i < header.layout_length / 4; ++i, at += 4) {
    std::swap(swapped[at + 2], swapped[at + 3]);  // the flags; the two sizes are bytes
  }
  return Bytes(std::move(swapped));
}

unsigned guess_pointer_size(const Btf& btf) {
  static constexpr std::array<std::string_view, 11> long_names{"long",
                                                               "long int",
                                                               "int long",
                                                               "unsigned long",
                                                               "long unsigned",
                                                               "unsigned long int",
                                                               "unsigned int long",
                                                               "long unsigned int",
                                                               "long int unsigned",
                                                               "int unsigned long",
                                                               "int long unsigned"};
  if (btf.base()) {
    if (const unsigned of_base = guess_pointer_size(*btf.base()); of_base != 0) return of_base;
  }
  for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    if (type.kind() != Kind::int_ || (type.size() != 4 && type.size() != 8)) continue;
    if (std::ranges::find(long_names, type.name()) != long_names.end()) return type.size();
  }
  return 0;
}

}  // namespace btfx

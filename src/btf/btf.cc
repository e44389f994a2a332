#include "btf/btf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "btf/fields.h"
#include "btf/find_records.h"
#include "btf/names.h"
#include "btf/raw_btf.h"
#include "btf/type_groups.h"

namespace btfx {

namespace {

constexpr std::uint64_t max_string_length = 0x80000000;  // libbpf's limit

// Names may overlap: n names that end in the same n bytes take n² bytes to print, hash or copy. Names of the records of
// one BTF together have at most so many bytes for each byte of the blob, and a small blob may have `free_name_bytes`.
constexpr std::uint64_t name_bytes_per_byte = 64;
constexpr std::uint64_t free_name_bytes = std::uint64_t{16} << 20;
// Names shorter than two of these cannot take much more than the records that refer to them.
constexpr std::size_t long_string = 2048;

/// The kinds of records that begin at those words.
std::vector<Kind> kinds_at(const std::uint32_t* words, std::span<const std::uint32_t> starts) {
  std::vector<Kind> kinds(starts.size());
  std::ranges::transform(starts, kinds.begin(), [&](std::uint32_t at) { return InfoWord(words[at + 1]).kind(); });
  return kinds;
}

}  // namespace

/// A string of 2 * long_string bytes or more fills an aligned block.
bool may_have_long_strings(std::string_view strings) {
  for (std::size_t at = 0; at + long_string <= strings.size(); at += long_string) {
    if (strings.find('\0', at) >= at + long_string) return true;
  }
  return false;
}

/// Parses one blob, step by step; every step relies on what the steps before have made sure of.
class BtfParser {
 public:
  BtfParser(Bytes blob, BtfPtr base) : btf_(new Btf), owner_(btf_) {
    btf_->blob_ = std::move(blob);
    btf_->base_ = std::move(base);
    data_ = btf_->blob_.data();
  }

  BtfPtr run(unsigned pointer_size) {
    read_outside();
    find_records();      // now: offsets_ holds every record, and each lies inside the section
    check_references();  // now: every id and string offset is in range, every FUNC has a FUNC_PROTO
    return finish(pointer_size);
  }

  BtfPtr run_mapped(const Btf& before) {
    read_outside();
    btf_->offsets_ = before.offsets_;
    btf_->kinds_ = before.kinds_;
    btf_->end_id_ = btf_->first_id_ + before.own_types();
    btf_->has_unknown_kinds_ = before.has_unknown_kinds_;
    return finish(before.pointer_size());
  }

  BtfPtr run_weighed(const RawBtf& records, unsigned pointer_size) {
    read_outside();
    btf_->offsets_ = records.starts();
    btf_->end_id_ = records.end_id();
    btf_->kinds_ =
        records.kinds().size() == btf_->offsets_.size() ? records.kinds() : kinds_at(btf_->words_, btf_->offsets_);
    if (!functions_have_prototypes()) check_records();  // references to void are not weighed
    return finish(pointer_size);
  }

 private:
  /// All but the records.
  void read_outside() {
    read_header();   // now: every section lies inside the blob, types before layout before strings
    read_strings();  // now: the last own string ends in NUL, or there is none
    read_layout();   // now: the length of every record is known
    take_words();    // now: type words are native and aligned, if all their kinds are known
  }

  BtfPtr finish(unsigned pointer_size) {
    check_names();  // now: a walk over all names costs no more than a multiple of the blob's size
    if (pointer_size == 0 && btf_->base_) pointer_size = btf_->base_->pointer_size_;
    btf_->pointer_size_ = pointer_size != 0 ? pointer_size : guess_pointer_size(*btf_);
    return owner_;
  }

  void read_header() {
    const ReadHeader read = btfx::read_header(btf_->blob_.view());
    btf_->header_ = read.header;
    btf_->order_ = read.order;
    btf_->has_unknown_header_ = read.has_unknown_fields;
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

  void read_layout() { btf_->layout_ = btfx::read_layout(btf_->blob_.view(), btf_->header_); }

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

  void find_records() {
    btf_->offsets_.reserve(btf_->header_.type_length / 24);  // less than the average record takes
    btf_->kinds_.reserve(btf_->header_.type_length / 24);
    const std::span words(btf_->words_, btf_->header_.type_length / 4);
    FoundRecords found{.starts = btf_->offsets_, .kinds = btf_->kinds_};
    btfx::find_records(words, found);
    while (4 * found.end != btf_->header_.type_length) {
      take_other_record(words, found);
      btfx::find_records(words, found);
    }
    limits_ = found.limits;
    btf_->end_id_ = btf_->first_id_ + static_cast<std::uint32_t>(btf_->offsets_.size());
  }

  /// Takes the record that is not of a known kind, or throws what is wrong with it.
  void take_other_record(std::span<const std::uint32_t> words, FoundRecords& found) {
    const std::uint32_t id = btf_->first_id_ + static_cast<std::uint32_t>(btf_->offsets_.size());
    if (words.size() - found.end < header_words) throw_trailing_bytes(btf_->header_, found.end, id);
    const InfoWord record(words[found.end + 1]);
    const std::uint64_t length =
        checked_record_words(btf_->header_, btf_->order_, btf_->layout(), found.end, id, record);
    found.add_unknown(words, length);
    btf_->has_unknown_kinds_ = true;
  }

  /// The largest id and string offset are all that good input needs; only bad input is searched for where.
  void check_references() {
    const std::uint32_t largest_id = limits_.largest_id, largest_name = limits_.largest_name;
    const bool all_in_range = largest_id < btf_->end_id_ && (largest_name < btf_->string_end_ || largest_name == 0);
    if (!all_in_range || !functions_have_prototypes()) check_records();
  }

  /// Whether every FUNC refers to a FUNC_PROTO; ids are in range.
  [[nodiscard]] bool functions_have_prototypes() const {
    constexpr std::size_t batch = 256;
    std::array<std::uint32_t, batch> functions{};
    const std::vector<Kind>& kinds = btf_->kinds_;
    for (std::size_t first = 0; first < kinds.size(); first += batch) {
      // Which types are functions cannot be predicted: they are listed without asking, and then looked at.
      std::size_t count = 0;
      for (std::size_t i = first; i < std::min(first + batch, kinds.size()); ++i) {
        functions[count] = btf_->offsets_[i];
        count += kinds[i] == Kind::func ? 1 : 0;
      }
      for (const std::uint32_t at : std::span(functions.data(), count)) {
        if (btf_->kind(TypeId{btf_->words_[at + 2]}) != Kind::func_proto) return false;
      }
    }
    return true;
  }

  void check_records() const {
    for (std::uint32_t i = 0; i < btf_->own_types(); ++i) check_record(btf_->first_id_ + i, btf_->offsets_[i]);
  }

  void check_record(std::uint32_t id, std::uint32_t at) const {
    const std::uint32_t* words = btf_->words_;
    const auto place = [&](const std::uint32_t& word) {
      return btf_->header_.blob_offset(static_cast<std::uint64_t>(&word - words));
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
    if (InfoWord(words[at + 1]).kind() != Kind::func) return;
    if (const Kind kind = btf_->type(TypeId{words[at + 2]}).kind(); kind != Kind::func_proto) {
      malformed(
          fmt::format("FUNC refers to type {}, which is a {}, not a FUNC_PROTO", words[at + 2], kind_info(kind).name),
          place(words[at + 2]), id);
    }
  }

  void check_names() {
    btf_->has_long_strings_ =
        may_have_long_strings(btf_->own_strings()) || (btf_->base_ && btf_->base_->has_long_strings_);
    if (!btf_->has_long_strings_) return;
    std::uint64_t left = free_name_bytes + name_bytes_per_byte * btf_->blob_.size();
    for (std::uint32_t i = 0; i < btf_->own_types(); ++i) {
      visit_names(btf_->words_ + btf_->offsets_[i], [&](const std::uint32_t& name) {
        const std::size_t length = btf_->string(StringOffset{name}).size();
        if (length > left) {
          throw Error(ErrorCode::unsupported, "names overlap, and together are too long for a BTF of this size",
                      {.offset = btf_->header_.blob_offset(static_cast<std::uint64_t>(&name - btf_->words_)),
                       .type_id = btf_->first_id_ + i});
        }
        left -= length;
      });
    }
  }

  Btf* btf_;  // mutable only here
  BtfPtr owner_;
  const std::byte* data_ = nullptr;
  FieldLimits limits_;  // of all records
};

Btf::Btf() = default;
Btf::~Btf() = default;

BtfPtr Btf::parse(Bytes blob, BtfPtr base, unsigned pointer_size) {
  return BtfParser(std::move(blob), std::move(base)).run(pointer_size);
}

BtfPtr Btf::parse_mapped(Bytes blob, BtfPtr base, const Btf& before) {
  return BtfParser(std::move(blob), std::move(base)).run_mapped(before);
}

BtfPtr Btf::parse_weighed(Bytes blob, BtfPtr base, const RawBtf& records, unsigned pointer_size) {
  return BtfParser(std::move(blob), std::move(base)).run_weighed(records, pointer_size);
}

BtfPtr Btf::of_records(std::vector<std::uint32_t> words, std::vector<std::uint32_t> starts, BtfPtr base, BtfPtr names) {
  auto* const made = new Btf;
  BtfPtr owner(made);
  made->native_ = std::move(words);
  made->words_ = made->native_.data();
  made->offsets_ = std::move(starts);
  made->kinds_ = kinds_at(made->words_, made->offsets_);
  made->header_.type_length = static_cast<std::uint32_t>(made->native_.size() * 4);
  made->first_id_ = base ? raw(base->end_id()) : 1;
  made->end_id_ = made->first_id_ + static_cast<std::uint32_t>(made->offsets_.size());
  made->strings_ = names->strings_;
  made->string_start_ = names->string_start_;
  made->string_end_ = names->string_end_;
  made->order_ = names->order_;
  made->pointer_size_ = names->pointer_size_;
  made->has_long_strings_ = names->has_long_strings_;
  made->base_ = std::move(base);
  made->strings_of_ = std::move(names);
  return owner;
}

std::span<const LayoutEntry> Btf::layout() const {
  const Btf* btf = this;
  while (btf->layout_.empty() && btf->base_) btf = btf->base_.get();
  return btf->layout_;
}

std::uint64_t Btf::record_words(const std::uint32_t* words) const {
  // Void itself is in no type section, so that no layout applies to it.
  return words == void_record ? header_words : btfx::record_words(InfoWord(words[1]), layout());
}

const OddStrings& Btf::odd_strings() const {
  return odd_strings_.get(
      [this] { return OddStrings(own_strings(), string_start_, base_ ? &base_->odd_strings() : nullptr); });
}

const TypeGroups& Btf::groups() const {
  return *groups_.get([this] { return std::make_unique<const TypeGroups>(*this); });
}

const NameIndex& Btf::names() const {
  return *names_.get([this] { return std::make_unique<const NameIndex>(*this); });
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

TypeId find_long(const Btf& btf) {
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
    if (const TypeId of_base = find_long(*btf.base()); of_base != void_id) return of_base;
  }
  const std::vector<Kind>& kinds = btf.own_kinds();
  for (auto at = std::ranges::find(kinds, Kind::int_); at != kinds.end();
       at = std::find(at + 1, kinds.end(), Kind::int_)) {
    const TypeId id = btf.first_id() + static_cast<std::uint32_t>(at - kinds.begin());
    const TypeView type = btf.type(id);
    if (type.size() != 4 && type.size() != 8) continue;
    if (std::ranges::find(long_names, type.name()) != long_names.end()) return id;
  }
  return void_id;
}

unsigned guess_pointer_size(const Btf& btf) {
  const TypeId tells = find_long(btf);
  return tells == void_id ? 0 : btf.type(tells).size();
}

}  // namespace btfx

// Every record by itself: its words, names and ranges. Kinds are checked in the order of the kernel's checks, because
// the first finding is the answer.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "btf/kernel_rules/names.h"
#include "btf/kernel_rules/passes.h"

namespace btfx {

namespace {

constexpr std::uint32_t largest_type_id = 0xfffff;
constexpr std::uint32_t narrow_info = 0x9f00ffff;  // vlen, kind and kind_flag before both grew
constexpr std::uint32_t int_word = 0x0fffffff;     // encoding, bit offset and bits

/// Counts types as the kernel does. Its table grows by a quarter at a time, up to a limit, and is full only once it has
/// grown to that limit.
class TypeTable {
 public:
  explicit TypeTable(std::uint32_t first_id) : start_(first_id == 1 ? 0 : first_id) {}

  /// Whether there is room for another type.
  bool add() {
    if (room_ == used_) {
      if (start_ + room_ == largest_type_id) return false;
      room_ = std::min(largest_type_id, room_ + std::max(room_ >> 2, 16U));
      if (used_ == 0 && start_ == 0) ++used_;  // void
    }
    ++used_;
    return true;
  }

 private:
  std::uint32_t start_, room_ = 0, used_ = 0;
};

class RecordPass {
 public:
  RecordPass(JudgedBtf& subject, const ValidateOptions& options, KernelReport& report)
      : subject_(subject),
        options_(options),
        report_(report),
        odd_strings_(subject.strings(), subject.string_start(),
                     subject.base() != nullptr ? &subject.base()->odd_strings() : nullptr) {}

  bool run() {
    TypeTable table(subject_.first_id());
    const std::uint64_t bytes = subject_.header.type_length;
    std::uint32_t id = subject_.first_id();
    for (std::uint64_t at = 0; 4 * at < bytes; ++id) {
      const std::uint64_t left = bytes - 4 * at;
      if (left < std::uint64_t{4} * header_words) return report_.plain(BtfRule::record_truncated, TypeId{id}, id, left);
      const RawRecord record{id, subject_.words().data() + at};
      if (!check(record, left - std::uint64_t{4} * header_words)) return false;
      if (table.add()) {
        subject_.add_record(at);
      } else {
        report_.plain(BtfRule::too_many_types, TypeId{id});
      }
      at += words_;
    }
    return true;
  }

 private:
  /// Checks one record, behind whose header `left` bytes are left. Returns false when the pass ends with it.
  bool check(const RawRecord& record, std::uint64_t left) {
    const InfoWord info = record.info_word();
    const TypeId id{record.id};
    if (!options_.kernel.wide_vlen && (info.word & ~narrow_info) != 0) {
      report_.plain(BtfRule::info_reserved, id, record.id, info.word);
      if (!report_.goes_on()) return false;
    }
    const auto kind = static_cast<std::uint32_t>(info.kind());
    const bool has_length = is_known(info.kind()) && kind != 0;
    if (!has_length || kind > options_.kernel.highest_kind) {
      report_.plain(BtfRule::kind_unknown, id, record.id, kind);
      if (!has_length || !report_.goes_on()) return false;
    }
    if (!is_name_offset(subject_, record.name())) {
      report_.plain(BtfRule::name_offset, id, record.id, record.name());
      if (!report_.goes_on()) return false;
    }
    words_ = record_words(info);
    const std::uint64_t payload = 4 * (words_ - header_words);
    if (payload > left) return report_.basic(record, BtfRule::payload_truncated, left, payload);
    if (!report_.is_faulty(record.id)) check_kind(record);
    return report_.goes_on();
  }

  bool check_kind(const RawRecord& record) {
    switch (record.kind()) {
      case Kind::int_:
        return check_int(record);
      case Kind::array:
        return check_array(record);
      case Kind::struct_:
      case Kind::union_:
        return check_composite(record);
      case Kind::enum_:
      case Kind::enum64:
        return check_enum(record);
      case Kind::fwd:
        return check_fwd(record);
      case Kind::func:
        return check_func(record);
      case Kind::func_proto:
        return check_func_proto(record);
      case Kind::var:
        return check_var(record);
      case Kind::datasec:
        return check_datasec(record);
      case Kind::float_:
        return check_float(record);
      case Kind::decl_tag:
        return check_decl_tag(record);
      default:  // pointers, modifiers, TYPEDEF
        return check_reference(record);
    }
  }

  // Parts of the checks. Each returns whether the record passes, and records a finding if it does not.

  bool no_vlen(const RawRecord& record) {
    return record.info_word().vlen() == 0 || report_.type(record, BtfRule::vlen);
  }
  bool no_kind_flag(const RawRecord& record) {
    return !record.info_word().kind_flag() || report_.type(record, BtfRule::kind_flag);
  }
  bool valid_type_id(const RawRecord& record) {
    return record.size_or_type() <= largest_type_id || report_.type(record, BtfRule::type_id);
  }
  bool named(const RawRecord& record) {
    return (record.name() != 0 && is_identifier(record.name())) || report_.type(record, BtfRule::name);
  }
  bool named_or_anonymous(const RawRecord& record) { return record.name() == 0 || named(record); }
  bool anonymous(const RawRecord& record) { return record.name() == 0 || report_.type(record, BtfRule::name); }

  [[nodiscard]] bool is_identifier(std::uint32_t offset) const {
    const std::size_t limit = options_.kernel.identifier_limit;
    if (limit < OddStrings::longest_plain || odd_strings_.may_be_odd(offset)) {
      return btfx::is_identifier(subject_, offset, limit);
    }
    return may_begin_identifier(subject_.strings_from(offset).front());
  }
  [[nodiscard]] static bool is_reference_to_type(std::uint32_t id) { return id != 0 && id <= largest_type_id; }

  // The kinds.

  bool check_int(const RawRecord& record) {
    const std::uint32_t word = record.payload()[0];
    if (!no_vlen(record) || !no_kind_flag(record)) return false;
    if ((word & ~int_word) != 0) return report_.basic(record, BtfRule::int_word, word);
    const std::uint32_t bits = (word & 0xff) + (word >> 16 & 0xff), encoding = word >> 24 & 0xf;
    if (bits > 128) return report_.type(record, BtfRule::int_bits);
    if ((bits + 7) / 8 > record.size_or_type()) return report_.type(record, BtfRule::int_size);
    if (encoding != 0 && encoding != 1 && encoding != 2 && encoding != 4) {
      return report_.type(record, BtfRule::int_encoding);
    }
    report_.log_type(record);
    return true;
  }

  bool check_reference(const RawRecord& record) {
    const bool is_tag = record.kind() == Kind::type_tag;
    if (!no_vlen(record)) return false;
    if (!(is_tag && options_.kernel.tag_kind_flag) && !no_kind_flag(record)) return false;
    if (!valid_type_id(record)) return false;
    if (is_tag) {
      if (!is_text(subject_, record.name())) return report_.type(record, BtfRule::name);
    } else if (record.kind() == Kind::typedef_ ? !named(record) : !anonymous(record)) {
      return false;
    }
    report_.log_type(record);
    return true;
  }

  bool check_fwd(const RawRecord& record) {
    if (!no_vlen(record)) return false;
    if (record.size_or_type() != 0) return report_.type(record, BtfRule::fwd_word);
    if (!named(record)) return false;
    report_.log_type(record);
    return true;
  }

  bool check_array(const RawRecord& record) {
    if (!anonymous(record) || !no_vlen(record) || !no_kind_flag(record)) return false;
    if (record.size_or_type() != 0) return report_.type(record, BtfRule::array_word);
    if (!is_reference_to_type(record.payload()[0])) return report_.type(record, BtfRule::array_element);
    if (!is_reference_to_type(record.payload()[1])) return report_.type(record, BtfRule::array_index);
    report_.log_type(record);
    return true;
  }

  bool check_composite(const RawRecord& record) {
    if (!named_or_anonymous(record)) return false;
    report_.log_type(record);
    const bool is_union = record.kind() == Kind::union_, kind_flag = record.info_word().kind_flag();
    std::uint32_t last_offset = 0;
    const std::uint32_t* member = record.payload();
    for (std::uint32_t n = record.info_word().vlen(); n > 0; --n, member += kind_info(Kind::struct_).element_words) {
      const auto fails = [&](BtfRule rule, auto... values) {
        return report_.member(record, member, member[1], rule, values...);
      };
      if (!is_name_offset(subject_, member[0])) return fails(BtfRule::member_name_offset, member[0]);
      if (member[0] != 0 && !is_identifier(member[0])) return fails(BtfRule::member_name);
      if (!is_reference_to_type(member[1])) return fails(BtfRule::member_type);
      const std::uint32_t offset = MemberPlace(member[2], kind_flag).bit_offset;
      if ((is_union && offset != 0) || offset < last_offset) return fails(BtfRule::member_offset);
      if ((std::uint64_t{offset} + 7) / 8 > record.size_or_type()) return fails(BtfRule::member_beyond);
      report_.log_member(record, member);
      last_offset = offset;
    }
    return true;
  }

  bool check_enum(const RawRecord& record) {
    const std::uint32_t size = record.size_or_type();
    if (size != 1 && size != 2 && size != 4 && size != 8) return report_.type(record, BtfRule::enum_size);
    if (!named_or_anonymous(record)) return false;
    report_.log_type(record);
    for (std::uint32_t i = 0, n = record.info_word().vlen(); i < n; ++i) {
      const std::uint32_t* enumerator = record.element(i);
      const std::uint32_t name = enumerator[0];
      if (!is_name_offset(subject_, name))
        return report_.plain(BtfRule::enumerator_name_offset, TypeId{record.id}, name);
      if (name == 0 || !is_identifier(name)) return report_.type(record, BtfRule::enumerator_name);
      report_.log_enumerator(record, enumerator);
    }
    return true;
  }

  bool check_func_proto(const RawRecord& record) {
    if (!anonymous(record) || !no_kind_flag(record)) return false;
    report_.log_type(record);
    return true;
  }

  bool check_func(const RawRecord& record) {
    if (!named(record)) return false;
    if (record.info_word().vlen() > 1) return report_.type(record, BtfRule::func_linkage);
    if (!no_kind_flag(record)) return false;
    report_.log_type(record);
    return true;
  }

  bool check_var(const RawRecord& record) {
    if (!no_vlen(record) || !no_kind_flag(record) || !named(record)) return false;
    if (!is_reference_to_type(record.size_or_type())) return report_.type(record, BtfRule::type_id);
    if (record.payload()[0] > 1) return report_.type(record, BtfRule::var_linkage);
    report_.log_type(record);
    return true;
  }

  bool check_datasec(const RawRecord& record) {
    const std::uint32_t size = record.size_or_type();
    if (size == 0) return report_.type(record, BtfRule::datasec_size);
    if (!no_kind_flag(record)) return false;
    const bool is_named = options_.kernel.any_section_name
                              ? is_section_name(subject_, record.name(), options_.kernel.identifier_limit)
                              : is_identifier(record.name());
    if (record.name() == 0 || !is_named) {
      return report_.type(record, BtfRule::name);
    }
    report_.log_type(record);
    std::uint64_t sum = 0;
    std::uint32_t last_end = 0;
    for (std::uint32_t i = 0, n = record.info_word().vlen(); i < n; ++i) {
      const std::uint32_t* entry = record.element(i);
      const std::uint32_t offset = entry[1], length = entry[2];
      if (!is_reference_to_type(entry[0])) return report_.entry(record, entry, BtfRule::entry_type);
      if (offset < last_end || offset >= size) return report_.entry(record, entry, BtfRule::entry_offset);
      if (length == 0 || length > size) return report_.entry(record, entry, BtfRule::entry_size);
      last_end = offset + length;  // in 32 bits, as the kernel adds them
      if (last_end > size) return report_.entry(record, entry, BtfRule::entry_end);
      report_.log_entry(entry);
      sum += length;
    }
    return sum <= size || report_.type(record, BtfRule::datasec_sum);
  }

  bool check_float(const RawRecord& record) {
    if (!no_vlen(record) || !no_kind_flag(record)) return false;
    constexpr std::array<std::uint32_t, 5> sizes{2, 4, 8, 12, 16};
    if (std::ranges::find(sizes, record.size_or_type()) == sizes.end())
      return report_.type(record, BtfRule::float_size);
    report_.log_type(record);
    return true;
  }

  bool check_decl_tag(const RawRecord& record) {
    if (!is_text(subject_, record.name())) return report_.type(record, BtfRule::tag_text);
    if (!no_vlen(record)) return false;
    if (!options_.kernel.tag_kind_flag && !no_kind_flag(record)) return false;
    if (static_cast<std::int32_t>(record.payload()[0]) < -1) return report_.type(record, BtfRule::component);
    report_.log_type(record);
    return true;
  }

  JudgedBtf& subject_;
  const ValidateOptions& options_;
  KernelReport& report_;
  OddStrings odd_strings_;
  std::uint64_t words_ = 0;  // how many the record has that check() looks at
};

}  // namespace

bool check_records(JudgedBtf& subject, const ValidateOptions& options, KernelReport& report) {
  return RecordPass(subject, options, report).run();
}

}  // namespace btfx

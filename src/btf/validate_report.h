// For the validator only: the BTF under judgement as raw words, and the writer of what is found in it.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "btf/btf.h"
#include "btf/validate.h"
#include "btf/validate_rules.h"

namespace btfx {

/// One record, with its payload wholly there unless said otherwise.
struct RawRecord {
  std::uint32_t id;
  const std::uint32_t* words;

  [[nodiscard]] Info info() const { return Info(words[1]); }
  [[nodiscard]] Kind kind() const { return info().kind(); }
  [[nodiscard]] std::uint32_t name() const { return words[0]; }
  [[nodiscard]] std::uint32_t third() const { return words[2]; }
  [[nodiscard]] const std::uint32_t* payload() const { return words + header_words; }
  /// The first word of element `i`.
  [[nodiscard]] const std::uint32_t* element(std::uint32_t i) const {
    return payload() + std::size_t{btfx::info(kind()).element_words} * i;
  }
};

/// The offset word of a member, read as the struct's kind_flag says.
struct MemberPlace {
  std::uint32_t bit_offset, bitfield_size;

  MemberPlace(std::uint32_t word, bool kind_flag)
      : bit_offset(kind_flag ? word & 0xffffff : word), bitfield_size(kind_flag ? word >> 24 : 0) {}
};

/// The BTF under judgement. The passes fill it in, each relying on those before.
struct RawBtf {
  ByteView blob;
  const Btf* base = nullptr;

  // by check_header
  std::uint16_t magic = 0;
  BtfHeader header = {};
  std::vector<std::uint32_t> words = {};  ///< the type section, in native order
  std::string_view strings = {};          ///< the own string section; ends in NUL once check_sections() has passed
  std::uint32_t string_start = 0;
  std::uint32_t first_id = 1;

  // by check_records
  std::vector<std::uint32_t> offsets = {};  ///< where in `words` each own type is

  [[nodiscard]] std::uint32_t end_id() const { return first_id + static_cast<std::uint32_t>(offsets.size()); }
  /// The record with that id, the base's where it is the base's; nothing when there is none.
  [[nodiscard]] std::optional<RawRecord> record(std::uint32_t id) const {
    if (id >= end_id()) return std::nullopt;
    if (id >= first_id) return RawRecord{id, words.data() + offsets[id - first_id]};
    return base != nullptr ? RawRecord{id, base->type(TypeId{id}).words().data()} : RawRecord{0, void_words.data()};
  }
  /// Whether a string begins at or goes through that offset.
  [[nodiscard]] bool has_string(std::uint32_t offset) const {
    return offset < string_start || offset - string_start < strings.size();
  }
  /// The string at an offset, of which at most `limit` bytes are looked at; `offset` is that of a string.
  [[nodiscard]] std::string_view string(std::uint32_t offset, std::size_t limit) const;

 private:
  static constexpr std::array<std::uint32_t, header_words> void_words{};
};

/// Writes the log in the kernel's words, and makes findings out of what goes wrong. Each of the functions that take a
/// rule records one finding and returns false, for its caller to pass on: that record, or that blob, has failed.
class KernelReport {
 public:
  KernelReport(const RawBtf& subject, const ValidateOptions& options, BtfVerdict& verdict)
      : subject_(subject), options_(options), verdict_(verdict) {}

  /// Whether to look for more after what has been found.
  [[nodiscard]] bool goes_on() const {
    return verdict_.error == 0 || (options_.all_findings && verdict_.findings.size() < options_.max_findings);
  }
  /// Whether a fault of that type has been found.
  [[nodiscard]] bool is_faulty(std::uint32_t id) const { return faulty_.contains(id); }
  /// Types are being resolved: a line on a member or entry is preceded by one on its type.
  void begin_resolving() { resolving_ = true; }

  /// Just a text, without a newline.
  template <typename... Values>
  bool plain(BtfRule rule, std::optional<TypeId> type, Values... values) {
    return fail(rule, type, [&] { text(rule, values...); });
  }
  /// A line on a type that names it.
  template <typename... Values>
  bool basic(const RawRecord& record, BtfRule rule, Values... values) {
    return fail(rule, TypeId{record.id}, [&] {
      line_start(record, false);
      text_and_newline(rule, values...);
    });
  }
  /// A line on a type with its details.
  template <typename... Values>
  bool type(const RawRecord& record, BtfRule rule, Values... values) {
    return fail(rule, TypeId{record.id}, [&] {
      line_start(record, true);
      text_and_newline(rule, values...);
    });
  }
  /// A line on a member of a composite, which is said to be of `member_type` (its own or what that resolves to).
  template <typename... Values>
  bool member(const RawRecord& record, const std::uint32_t* member, std::uint32_t member_type, BtfRule rule,
              Values... values) {
    return fail(rule, TypeId{record.id}, [&] {
      if (resolving_) type_line(record);
      member_start(record, member, member_type);
      text_and_newline(rule, values...);
    });
  }
  /// A line on an entry of a DATASEC.
  bool entry(const RawRecord& record, const std::uint32_t* entry, BtfRule rule) {
    return fail(rule, TypeId{record.id}, [&] {
      if (resolving_) type_line(record);
      entry_start(entry);
      text_and_newline(rule);
    });
  }

  // What the log says of things that are as they should be; nothing on the kernel path.
  void log_header();
  void log_type(const RawRecord& record) {
    if (keeps_log()) type_line(record);
  }
  void log_member(const RawRecord& record, const std::uint32_t* member);
  void log_enumerator(const RawRecord& record, const std::uint32_t* enumerator);
  void log_entry(const std::uint32_t* entry);

 private:
  [[nodiscard]] bool keeps_log() const {
    return options_.path == LoadPath::user && verdict_.log.size() < options_.log_limit;
  }
  template <typename Write>
  bool fail(BtfRule rule, std::optional<TypeId> type, Write&& write) {
    BtfFinding finding{rule, rule_text(rule).error, type};
    line_ = &finding.line;
    write();
    line_ = nullptr;
    record(std::move(finding));
    return false;
  }
  void record(BtfFinding finding);

  /// One piece of text, as the kernel prints it at once: it has a buffer of 1024 bytes, and cuts what is longer.
  void piece(std::string_view text);
  template <typename... Values>
  void print(fmt::format_string<Values...> pattern, Values... values) {
    fmt::memory_buffer buffer;
    fmt::vformat_to(std::back_inserter(buffer), pattern, fmt::make_format_args(values...));
    piece({buffer.data(), buffer.size()});
  }
  template <typename... Values>
  void text(BtfRule rule, Values... values) {
    piece(fmt::vformat(rule_text(rule).text, fmt::make_format_args(values...)));
  }
  template <typename... Values>
  void text_and_newline(BtfRule rule, Values... values) {
    piece(" ");
    text(rule, values...);
    piece("\n");
  }
  void line_start(const RawRecord& record, bool with_details);
  void details(const RawRecord& record);
  void arguments(const RawRecord& record);
  void type_line(const RawRecord& record) {
    line_start(record, true);
    piece("\n");
  }
  void member_start(const RawRecord& record, const std::uint32_t* member, std::uint32_t member_type);
  void entry_start(const std::uint32_t* entry);
  /// A name as the log spells it.
  [[nodiscard]] std::string_view name(std::uint32_t offset) const;

  const RawBtf& subject_;
  const ValidateOptions& options_;
  BtfVerdict& verdict_;
  std::string* line_ = nullptr;  ///< where pieces go besides the log, while a finding is written
  std::unordered_set<std::uint32_t> faulty_;
  bool resolving_ = false;
};

}  // namespace btfx

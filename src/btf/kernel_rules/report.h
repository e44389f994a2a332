// For the validator only: what is being judged, and the writer of what is found in it.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "btf/header.h"
#include "btf/kernel_rules/rules.h"
#include "btf/kernel_rules/validate.h"
#include "btf/raw_btf.h"

namespace btfx {

/// The BTF that is being validated. Each pass fills in a part, and relies on those before it.
struct JudgedBtf : RawBtf {
  JudgedBtf(ByteView bytes, const Btf* base) : RawBtf(base), blob(bytes) {}

  ByteView blob;
  std::uint16_t magic = 0;
  BtfHeader header = {};
};

/// Writes the log in the kernel's words, and records findings. Each function that takes a rule records one finding and
/// returns false, which its caller returns in turn: that record, or that blob, has failed.
class KernelReport {
 public:
  KernelReport(const JudgedBtf& subject, const ValidateOptions& options, BtfVerdict& verdict)
      : subject_(subject), options_(options), verdict_(verdict) {}

  /// Whether to go on after a finding.
  [[nodiscard]] bool goes_on() const {
    return verdict_.error == 0 || (options_.all_findings && verdict_.findings.size() < options_.max_findings);
  }
  /// Whether a fault of that type has been found.
  [[nodiscard]] bool is_faulty(std::uint32_t id) const { return !faulty_.empty() && faulty_.contains(id); }
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
  void log_member(const RawRecord& record, const std::uint32_t* member) {
    if (keeps_log()) member_line(record, member);
  }
  void log_enumerator(const RawRecord& record, const std::uint32_t* enumerator) {
    if (keeps_log()) enumerator_line(record, enumerator);
  }
  void log_entry(const std::uint32_t* entry) {
    if (keeps_log()) entry_line(entry);
  }

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
  void member_line(const RawRecord& record, const std::uint32_t* member);
  void enumerator_line(const RawRecord& record, const std::uint32_t* enumerator);
  void entry_line(const std::uint32_t* entry);
  void member_start(const RawRecord& record, const std::uint32_t* member, std::uint32_t member_type);
  void entry_start(const std::uint32_t* entry);
  /// A name as the log spells it.
  [[nodiscard]] std::string_view name(std::uint32_t offset) const;

  const JudgedBtf& subject_;
  const ValidateOptions& options_;
  BtfVerdict& verdict_;
  std::string* line_ = nullptr;  ///< where pieces go besides the log, while a finding is written
  std::unordered_set<std::uint32_t> faulty_;
  bool resolving_ = false;
};

}  // namespace btfx

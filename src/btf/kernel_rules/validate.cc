#include "btf/kernel_rules/validate.h"

#include "btf/kernel_rules/passes.h"
#include "btf/kernel_rules/report.h"
#include "btf/raw_btf.h"

namespace btfx {

bool check_modifier_chains(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report) {
  constexpr unsigned longest_chain = 32;
  std::uint32_t last_good = subject.first_id() - 1;
  for (std::uint32_t id = subject.first_id(); id < subject.end_id(); ++id) {
    const auto is_link = [](Kind kind) { return is_modifier(kind) || kind == Kind::typedef_; };
    if (!is_link(subject.kind(id))) continue;
    std::optional<RawRecord> record = subject.record(id);
    if (report.is_faulty(id)) {
      last_good = id;  // so that what leads here is not followed any further
      continue;
    }
    const auto fails = [&](BtfRule rule) {
      report.plain(rule, TypeId{id});
      return true;
    };
    bool failed = false, in_tags = record->kind() == Kind::type_tag;
    for (unsigned links = 0; !failed && is_link(record->kind()); ++links) {
      const bool is_tag = record->kind() == Kind::type_tag;
      if (links == longest_chain) {
        failed = fails(BtfRule::chain_length);
      } else if (is_tag && !in_tags && options.kernel.tag_order) {
        failed = fails(BtfRule::tag_order);
      } else {
        in_tags = is_tag;
        if (record->id <= last_good) break;
        record = subject.record(record->size_or_type());
        if (!record) failed = fails(BtfRule::chain_broken);
      }
    }
    if (failed && !report.goes_on()) return false;
    last_good = id;
  }
  return true;
}

BtfVerdict validate_btf(ByteView blob, const ValidateOptions& options, const Btf* base) {
  RawBtf records;
  return validate_btf(blob, options, base, records);
}

BtfVerdict validate_btf(ByteView blob, const ValidateOptions& options, const Btf* base, RawBtf& records) {
  BtfVerdict verdict;
  JudgedBtf subject(blob, base);
  KernelReport report(subject, options, verdict);
  const bool is_user_root = options.path == LoadPath::user && base == nullptr;
  const bool resolves = is_user_root || options.resolve_all;
  const bool whole = check_header(subject, options, report) && check_sections(subject, options, report) &&
                     check_records(subject, options, report) &&
                     (!resolves || resolve_types(subject, options, report)) &&
                     check_modifier_chains(subject, options, report);
  // Only types that are sound can be walked through for these.
  if (whole && is_user_root && verdict.ok()) check_special_fields(subject, options, report);
  if (whole && verdict.ok()) subject.end_records();
  records = static_cast<RawBtf&&>(subject);
  return verdict;
}

}  // namespace btfx

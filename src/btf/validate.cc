#include "btf/validate.h"

#include <algorithm>
#include <array>

#include "btf/validate_passes.h"
#include "btf/validate_report.h"

namespace btfx {

bool check_tag_order(const JudgedBtf& subject, KernelReport& report) {
  constexpr unsigned longest_chain = 32;
  std::uint32_t last_good = subject.first_id() - 1;
  for (std::uint32_t id = subject.first_id(); id < subject.end_id(); ++id) {
    const auto is_link = [](const RawRecord& record) {
      return is_modifier(record.kind()) || record.kind() == Kind::typedef_;
    };
    std::optional<RawRecord> record = subject.record(id);
    if (!is_link(*record)) continue;
    if (report.is_faulty(id)) {
      last_good = id;  // so that what leads here is not followed any further
      continue;
    }
    const auto fails = [&](BtfRule rule) {
      report.plain(rule, TypeId{id});
      return true;
    };
    bool failed = false, in_tags = record->kind() == Kind::type_tag;
    for (unsigned links = 0; !failed && is_link(*record); ++links) {
      const bool is_tag = record->kind() == Kind::type_tag;
      if (links == longest_chain) {
        failed = fails(BtfRule::chain_length);
      } else if (is_tag && !in_tags) {
        failed = fails(BtfRule::tag_order);
      } else {
        in_tags = is_tag;
        if (record->id <= last_good) break;
        record = subject.record(record->third());
        if (!record) failed = fails(BtfRule::chain_broken);
      }
    }
    if (failed && !report.goes_on()) return false;
    last_good = id;
  }
  return true;
}

bool has_special_fields(const JudgedBtf& subject) {
  constexpr std::size_t longest = 32;
  constexpr std::array structs{"bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer",   "bpf_wq",       "bpf_list_head",
                               "bpf_list_node", "bpf_rb_root",       "bpf_rb_node", "bpf_refcount", "bpf_task_work"};
  constexpr std::array tags{"kptr", "kptr_untrusted", "percpu_kptr", "uptr"};
  const auto one_of = [&](const auto& names, const RawRecord& record) {
    return std::ranges::find(names, subject.string(record.name(), longest)) != names.end();
  };
  for (std::uint32_t id = subject.first_id(); id < subject.end_id(); ++id) {
    const RawRecord record = *subject.record(id);
    if (record.kind() == Kind::struct_ && one_of(structs, record)) return true;
    if (record.kind() != Kind::ptr) continue;
    const std::optional<RawRecord> target = subject.record(record.third());
    if (target && target->kind() == Kind::type_tag && one_of(tags, *target)) return true;
  }
  return false;
}

BtfVerdict validate_btf(ByteView blob, const ValidateOptions& options, const Btf* base) {
  BtfVerdict verdict;
  JudgedBtf subject(blob, base);
  KernelReport report(subject, options, verdict);
  const bool resolves = options.path == LoadPath::user && base == nullptr;
  const bool whole = check_header(subject, options, report) && check_sections(subject, options, report) &&
                     check_records(subject, options, report) &&
                     (!resolves || resolve_types(subject, options, report)) && check_tag_order(subject, report);
  if (whole && resolves && verdict.ok() && has_special_fields(subject))
    report.plain(BtfRule::special_fields, std::nullopt);
  return verdict;
}

}  // namespace btfx

#include <nlohmann/json.hpp>

#include "btf/measure.h"
#include "emit/report/diff_report.h"
#include "emit/report/json_results.h"

namespace btfx {

namespace {

JsonRecord number_record(std::uint64_t number, bool is_signed) {
  return is_signed ? JsonRecord(static_cast<std::int64_t>(number)) : JsonRecord(number);
}

JsonRecord detail_record(const Detail& detail) {
  const DetailKindInfo& words = detail_kind_info(detail.kind());
  JsonRecord record{{"what", words.word}, {"severity", to_string(detail.impact)}};
  const auto set = [&](std::string_view field, const auto& value) { record[std::string(field)] = value; };
  if (!detail.name.empty() && !words.subject.empty()) set(words.subject, detail.name);
  std::visit(
      [&](const auto& of) {
        if constexpr (requires { of.old_text; }) set(words.old_text, of.old_text);
        if constexpr (requires { of.new_text; }) set(words.new_text, of.new_text);
        if constexpr (requires { of.old_signed; }) {
          set(words.old_number, number_record(of.old_number, of.old_signed));
        } else if constexpr (requires { of.old_number; }) {
          set(words.old_number, of.old_number);
        }
        if constexpr (requires { of.new_signed; }) {
          set(words.new_number, number_record(of.new_number, of.new_signed));
        } else if constexpr (requires { of.new_number; }) {
          set(words.new_number, of.new_number);
        }
        if constexpr (requires { of.placement; }) {
          if (of.placement != MemberPlacement::none) record["spot"] = to_string(of.placement);
        }
      },
      detail.content);
  return record;
}

/// The kind as users write it: a forward declaration is of the kind it declares, ENUM64 is an enum.
std::string kind_word(TypeView type) {
  return lower_name(declared_kind(type));
}

JsonRecord name_record(TypeView type) {
  return type.name().empty() ? JsonRecord(nullptr) : JsonRecord(type.name());
}

JsonRecord change_record(const Change& change) {
  const TypeView type = change.subject().view();
  JsonRecord record{{"change", to_string(change.kind)},
                    {"severity", to_string(change.impact)},
                    {"kind", kind_word(type)},
                    {"name", name_record(type)}};
  if (change.kind == ChangeKind::renamed) record["old_name"] = name_record(change.before.view());
  const auto side = [&](const Declared& declared, const std::string& prefix) {
    if (!declared.exists()) return;
    record[prefix + "_id"] = raw(declared.id);
    const bool has_size = !is_forward(declared.view()) && declared.view().kind() != Kind::var;
    if (const auto size = size_of(*declared.btf, declared.id); size && has_size) record[prefix + "_size"] = *size;
  };
  side(change.before, "old");
  side(change.after, "new");
  if (!change.causes.empty()) record["because_of"] = change.causes;
  if (!change.parts_before.empty()) record["old_parts"] = change.parts_before;
  if (!change.parts_after.empty()) record["new_parts"] = change.parts_after;
  record["details"] = JsonRecord::array();
  for (const Detail& detail : change.details) record["details"].push_back(detail_record(detail));
  return record;
}

JsonRecord effect_record(const Effect& effect) {
  JsonRecord record{{"use", to_string(effect.dependence)}, {"needs_rebuild", effect.refused}};
  if (effect.refused) record["reason"] = effect.reason;
  return record;
}

/// Modules that must be rebuilt or use what changed.
JsonRecord verdict_records(const DiffReport& report) {
  JsonRecord records = JsonRecord::array();
  for (const ModuleVerdict& verdict : report.verdicts) {
    if (!verdict.needs_rebuild && verdict.effects.empty()) continue;
    JsonRecord record{{"module", verdict.module}, {"verdict", verdict.needs_rebuild ? "needs rebuild" : "safe"}};
    if (!verdict.message.empty()) record["kernel_log"] = verdict.message;
    if (!verdict.others.empty()) record["also"] = verdict.others;
    record["uses"] = JsonRecord::array();
    for (const Effect& effect : verdict.effects) {
      const TypeView type = report.before_base->type(effect.before);
      JsonRecord use{{"kind", kind_word(type)}, {"name", name_record(type)}, {"severity", to_string(effect.impact)}};
      use.update(effect_record(effect));
      record["uses"].push_back(std::move(use));
    }
    records.push_back(std::move(record));
  }
  return records;
}

JsonRecord source_record(const DiffReport& report, const DiffSource& source) {
  JsonRecord record{{"source", source.name}, {"types", source.types}};
  if (report.whole_kernels) record["modules"] = source.modules;
  return record;
}

}  // namespace

void write_diff_json(const DiffReport& report, bool summary, bool pretty, Output& out) {
  JsonResults results(out, pretty);
  const auto affected = affected_modules(report);
  for (std::size_t i = 0; i < report.changes.size() && !summary; ++i) {
    JsonRecord record = change_record(report.changes[i]);
    if (report.judged) {
      record["modules"] = JsonRecord::array();
      if (const auto modules = affected.find(i); modules != affected.end()) {
        for (const Affected& one : modules->second) {
          JsonRecord module{{"module", one.verdict->module}};
          module.update(effect_record(*one.effect));
          record["modules"].push_back(std::move(module));
        }
      }
    }
    results.add(record);
  }
  const DiffCounts counts = count(report);
  JsonRecord record{{"old", source_record(report, report.before)},
                    {"new", source_record(report, report.after)},
                    {"equal", report.changes.empty() && report.modules_added.empty() && report.modules_removed.empty()},
                    {"changes", report.changes.size()}};
  for (std::size_t i = 0; i < counts.by_kind.size(); ++i) {
    record[std::string(to_string(static_cast<ChangeKind>(i)))] = counts.by_kind[i];
  }
  record["consequences"] = counts.consequences;
  for (std::size_t i = counts.by_impact.size(); i-- > 0;) {
    record["severities"][std::string(to_string(static_cast<Impact>(i)))] = counts.by_impact[i];
  }
  if (report.whole_kernels) {
    record["modules_added"] = report.modules_added;
    record["modules_removed"] = report.modules_removed;
  }
  if (report.judged) {
    record["judged"] = report.verdicts.size();
    record["need_rebuild"] = counts.rebuilds;
    record["modules"] = verdict_records(report);
  }
  results.finish(record);
}

}  // namespace btfx

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "btf/declared.h"
#include "btf/measure.h"
#include "emit/report/diff_report.h"
#include "emit/report/diff_walk.h"
#include "emit/report/json_results.h"

namespace btfx {

namespace {

Value number(std::uint64_t value, bool is_signed) {
  return is_signed ? Value(static_cast<std::int64_t>(value)) : Value(value);
}

Record detail_record(const Detail& detail) {
  const DetailKindInfo& words = detail_kind_info(detail.kind());
  Record record{{"what", words.word}, {"severity", to_string(detail.impact)}};
  const auto set = [&](std::string_view field, Value value) { record.add(std::string(field), std::move(value)); };
  if (!detail.name.empty() && !words.subject.empty()) set(words.subject, detail.name);
  const DetailFields fields = detail.fields();
  if (fields.old_text != nullptr) set(words.old_text, *fields.old_text);
  if (fields.new_text != nullptr) set(words.new_text, *fields.new_text);
  if (fields.old_number != nullptr) set(words.old_number, number(*fields.old_number, fields.old_signed));
  if (fields.new_number != nullptr) set(words.new_number, number(*fields.new_number, fields.new_signed));
  if (fields.placement != MemberPlacement::none) record.add("spot", to_string(fields.placement));
  return record;
}

/// The kind as users write it: a forward declaration is of the kind it declares, ENUM64 is an enum.
std::string kind_word(TypeView type) {
  return lower_name(declared_kind(type));
}

Value name_of(TypeView type) {
  return or_null(type.name());
}

}  // namespace

Record change_record(const Change& change) {
  const TypeView type = change.subject().view();
  Record record{{"change", to_string(change.kind)},
                {"severity", to_string(change.impact)},
                {"kind", kind_word(type)},
                {"name", name_of(type)}};
  if (change.kind == ChangeKind::renamed) record.add("old_name", name_of(change.before.view()));
  const auto side = [&](const Declared& declared, const std::string& prefix) {
    if (!declared.exists()) return;
    record.add(prefix + "_id", raw(declared.id));
    const bool has_size = !is_forward(declared.view()) && declared.view().kind() != Kind::var;
    if (const auto size = size_of(*declared.btf, declared.id); size && has_size) record.add(prefix + "_size", *size);
  };
  side(change.before, "old");
  side(change.after, "new");
  if (!change.causes.empty()) record.add("because_of", change.causes);
  if (!change.parts_before.empty()) record.add("old_parts", change.parts_before);
  if (!change.parts_after.empty()) record.add("new_parts", change.parts_after);
  Value::List details;
  for (const Detail& detail : change.details) details.emplace_back(detail_record(detail));
  record.add("details", std::move(details));
  return record;
}

namespace {

void add_effect(const Effect& effect, Record& record) {
  record.add("use", to_string(effect.dependence));
  record.add("needs_rebuild", effect.refused);
  if (effect.refused) record.add("reason", effect.reason);
}

class DiffJson {
 public:
  DiffJson(const DiffReport& report, bool pretty, Output& out)
      : report_(report), counts_(count(report)), results_(out, pretty) {}

  void sources() {
    summary_.add("old", source(report_.before));
    summary_.add("new", source(report_.after));
  }

  void answer() {
    summary_.add("equal", report_.changes.empty() && report_.modules_added.empty() && report_.modules_removed.empty());
    summary_.add("changes", report_.changes.size());
    for (std::size_t i = 0; i < counts_.by_kind.size(); ++i) {
      summary_.add(std::string(to_string(static_cast<ChangeKind>(i))), counts_.by_kind[i]);
    }
    summary_.add("consequences", counts_.consequences);
    Record severities;
    for (std::size_t i = counts_.by_impact.size(); i-- > 0;) {
      severities.add(std::string(to_string(static_cast<Impact>(i))), counts_.by_impact[i]);
    }
    summary_.add("severities", std::move(severities));
  }

  void modules() {
    if (!report_.whole_kernels) return;
    summary_.add("modules_added", report_.modules_added);
    summary_.add("modules_removed", report_.modules_removed);
  }

  /// Modules that must be rebuilt or use what changed.
  void verdicts() {
    Value::List modules;
    for (const ModuleVerdict& verdict : report_.verdicts) {
      if (verdict.needs_rebuild || !verdict.effects.empty()) modules.push_back(module(verdict));
    }
    summary_.add("judged", report_.verdicts.size());
    summary_.add("need_rebuild", counts_.rebuilds);
    summary_.add("modules", std::move(modules));
  }

  void overview() const {}

  void change(const ReportedChange& reported) {
    Record record = change_record(reported.change);
    if (report_.judged) {
      Value::List modules;
      if (reported.affected != nullptr) {
        for (const Affected& one : *reported.affected) {
          Record module{{"module", one.verdict->module}};
          add_effect(*one.effect, module);
          modules.emplace_back(std::move(module));
        }
      }
      record.add("modules", std::move(modules));
    }
    results_.add(record);
  }

  void finish() { results_.finish(summary_); }

 private:
  [[nodiscard]] Value source(const DiffSource& side) const {
    Record record{{"source", side.name}, {"types", side.types}};
    if (report_.whole_kernels) record.add("modules", side.modules);
    return record;
  }

  [[nodiscard]] Value module(const ModuleVerdict& verdict) const {
    Record record{{"module", verdict.module}, {"verdict", verdict.needs_rebuild ? "needs rebuild" : "safe"}};
    if (!verdict.message.empty()) record.add("kernel_log", verdict.message);
    if (!verdict.others.empty()) record.add("also", verdict.others);
    Value::List uses;
    for (const Effect& effect : verdict.effects) {
      const TypeView type = report_.before_base->type(effect.before);
      Record use{{"kind", kind_word(type)}, {"name", name_of(type)}, {"severity", to_string(effect.impact)}};
      add_effect(effect, use);
      uses.emplace_back(std::move(use));
    }
    record.add("uses", std::move(uses));
    return record;
  }

  const DiffReport& report_;
  DiffCounts counts_;
  JsonResults results_;
  Record summary_;
};

}  // namespace

void write_diff_json(const DiffReport& report, bool summary, bool pretty, Output& out) {
  DiffJson style(report, pretty, out);
  walk_diff(report, summary, style);
}

}  // namespace btfx

#include <string>
#include <string_view>
#include <utility>

#include "btf/declared.h"
#include "btf/measure.h"
#include "emit/report/diff_report.h"
#include "emit/report/history_report.h"
#include "emit/report/json_results.h"

namespace btfx {

namespace {

void add_range(const History& history, const KernelRange& range, Record& record) {
  record.add("first", history.kernels[range.first].name);
  record.add("last", history.kernels[range.last].name);
  record.add("kernels", range.last - range.first + 1);
}

Record stage_record(const History& history, const TypeStage& stage) {
  Record record;
  add_range(history, stage.kernels, record);
  record.add("exists", stage.type.exists());
  if (!stage.type.exists()) return record;
  const TypeView type = stage.type.view();
  record.add("name", or_null(type.name()));
  record.add("id", raw(stage.type.id));
  record.add("layout", stage.layout);
  const bool has_size = !is_forward(type) && type.kind() != Kind::var;
  if (const auto size = size_of(*stage.type.btf, stage.type.id); size && has_size) record.add("size", *size);
  return record;
}

Record element_record(const History& history, const TypeHistory& type, const ElementHistory& element) {
  Value::List stages;
  std::string_view name;  // the last one
  const Kind kind = declared_kind(type.subject().view());
  for (const ElementStage& stage : element.stages) {
    Record record;
    add_range(history, stage.kernels, record);
    record.add("exists", stage.state.has_value());
    if (const std::optional<ElementState>& state = stage.state) {
      name = state->name;
      record.add("name", state->name);
      if (is_enum(kind)) {
        record.add("value", state->is_signed ? Value(static_cast<std::int64_t>(state->number)) : Value(state->number));
      } else {
        record.add("type", state->type);
        record.add(kind == Kind::func ? "index" : "bit_offset", state->number);
        if (state->bits != 0) record.add("bits", state->bits);
      }
    }
    stages.emplace_back(std::move(record));
  }
  return {{"name", name}, {"story", story_of(history, element)}, {"stages", std::move(stages)}};
}

}  // namespace

void write_history_json(const History& history, bool summary, bool pretty, Output& out) {
  JsonResults results(out, pretty);
  std::uint64_t changed = 0, changes = 0;
  for (const TypeHistory& type : history.types) {
    changed += type.is_changed();
    changes += type.changes.size();
    if (summary) continue;
    const TypeView subject = type.subject().view();
    Record record{{"kind", lower_name(declared_kind(subject))},
                  {"name", or_null(subject.name())},
                  {"story", story_of(history, type)}};
    Value::List stages, steps, elements;
    for (const TypeStage& stage : type.stages) stages.emplace_back(stage_record(history, stage));
    for (std::size_t i = 0; i < type.changes.size(); ++i) {
      const std::size_t at = type.stages[i + 1].kernels.first;
      Record step{{"from", history.kernels[at - 1].name}, {"to", history.kernels[at].name}};
      step.append(change_record(type.changes[i]));
      steps.emplace_back(std::move(step));
    }
    for (const ElementHistory& element : type.elements) elements.emplace_back(element_record(history, type, element));
    record.add("stages", std::move(stages));
    record.add("changes", std::move(steps));
    record.add("elements", std::move(elements));
    results.add(record);
  }
  Value::List kernels;
  for (const HistoryKernel& kernel : history.kernels) {
    kernels.emplace_back(Record{{"source", kernel.source}, {"name", kernel.name}, {"types", kernel.types}});
  }
  results.finish(Record{
      {"kernels", std::move(kernels)}, {"types", history.types.size()}, {"changed", changed}, {"changes", changes}});
}

}  // namespace btfx

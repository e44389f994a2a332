#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "emit/report/co_re_report.h"
#include "emit/report/json_results.h"

namespace btfx {

namespace {

JsonRecord text_or_null(std::string_view text) {
  return text.empty() ? JsonRecord(nullptr) : JsonRecord(text);
}

JsonRecord number(std::uint64_t value, bool is_signed) {
  return is_signed ? JsonRecord(static_cast<std::int64_t>(value)) : JsonRecord(value);
}

std::string_view state_word(CoreCandidate::State state) {
  switch (state) {
    case CoreCandidate::State::match:
      return "match";
    case CoreCandidate::State::rejected:
      return "rejected";
    case CoreCandidate::State::not_reached:
      break;
  }
  return "not-reached";
}

/// What an object says about one of its relocations.
JsonRecord local_record(const CoreObject& object, const CoreRelocation& relocation) {
  JsonRecord record{{"object", object.name}, {"section", relocation.section}};
  record["program"] = object.programs[relocation.program].name;
  record["optional"] = object.programs[relocation.program].is_optional();
  record["relocation"] = relocation.index;
  record["insn"] = relocation.insn;
  record["program_insn"] = relocation.program_insn;
  record["file"] = text_or_null(relocation.file);
  record["line"] = relocation.line == 0 ? JsonRecord(nullptr) : JsonRecord(relocation.line);
  record["source_line"] = text_or_null(relocation.source);
  record["kind"] =
      relocation.kind ? JsonRecord(core_kind_info(*relocation.kind).name) : JsonRecord(relocation.kind_number);
  record["path"] = relocation.path;
  record["access"] = relocation.access_string;
  record["local_id"] = raw(relocation.access.root);
  record["local_spec"] = text_or_null(relocation.spec);
  record["old"] = relocation.own_value ? number(*relocation.own_value, relocation.own_is_signed) : JsonRecord(nullptr);
  return record;
}

void add_result(const CoreColumn& kernel, const CoreResult& result, JsonRecord& record) {
  record["kernel"] = kernel.name;
  record["new"] = result.new_value ? number(*result.new_value, result.is_signed) : JsonRecord(nullptr);
  record["verdict"] = to_string(result.verdict);
  if (result.verdict == CoreVerdict::poison) record["guarded"] = is_guarded(result.guard);
  record["reason"] = text_or_null(to_string(result.reason));
  record["message"] = text_or_null(result.message);
  const bool decided = result.access && result.verdict != CoreVerdict::ambiguous;
  record["target_id"] = decided ? JsonRecord(raw(result.access->root)) : JsonRecord(nullptr);
  record["source"] = decided ? JsonRecord(kernel.parts[result.part]) : JsonRecord(nullptr);
  record["target_spec"] = decided ? JsonRecord(result.spec) : JsonRecord(nullptr);
  record["width"] = result.new_width == 0 ? JsonRecord(nullptr) : JsonRecord(result.new_width);
  record["beyond_reference"] = result.beyond_reference;
  JsonRecord& candidates = record["candidates"] = JsonRecord::array();
  for (const CoreCandidate& candidate : result.candidates) {
    JsonRecord entry{
        {"id", raw(candidate.id)}, {"source", kernel.parts[candidate.part]}, {"state", state_word(candidate.state)}};
    if (candidate.state == CoreCandidate::State::rejected) {
      entry["reason"] = to_string(candidate.reason);
      entry["message"] = candidate.message;
    }
    candidates.push_back(std::move(entry));
  }
  record["findings"] = json_records(result.findings);
}

/// Without a kernel: what is wrong whatever the kernel.
void add_local_verdict(const CoreRelocation& relocation, JsonRecord& record) {
  record["kernel"] = nullptr;
  record["new"] = nullptr;
  record["verdict"] = relocation.reason == CoreReason::none ? JsonRecord(nullptr) : JsonRecord("error");
  record["reason"] = text_or_null(to_string(relocation.reason));
  record["message"] = text_or_null(relocation.message);
}

/// An extern of an object, on a kernel if there is one.
JsonRecord extern_record(const CoreObject& object, std::size_t index, const CoreColumn* kernel,
                         const CoreAnswer* answer) {
  const CoreExtern& external = object.externs[index];
  JsonRecord record{{"object", object.name},
                    {"extern", external.name},
                    {"type", to_string(external.kind)},
                    {"weak", external.is_weak}};
  record["kernel"] = kernel == nullptr ? JsonRecord(nullptr) : JsonRecord(kernel->name);
  if (answer == nullptr) {
    record["state"] = external.error.empty() ? JsonRecord(nullptr) : JsonRecord("unfit");
    record["message"] = text_or_null(external.error);
    return record;
  }
  const CoreExternResult& result = answer->externs[index];
  record["state"] = to_string(result.state);
  record["value"] = text_or_null(result.spelling);
  record["target_id"] = result.id == void_id ? JsonRecord(nullptr) : JsonRecord(raw(result.id));
  record["source"] = result.id == void_id ? JsonRecord(nullptr) : JsonRecord(kernel->parts[result.part]);
  record["called"] = result.is_called;
  record["message"] = text_or_null(result.message);
  return record;
}

/// A program of an object on a kernel.
JsonRecord program_record(const CoreObject& object, std::size_t index, const CoreColumn& kernel,
                          const CoreAnswer& answer) {
  const BpfProgram& program = object.programs[index];
  const CoreTargetResult& target = answer.targets[index];
  JsonRecord record{{"object", object.name},
                    {"program", program.name},
                    {"section", program.section},
                    {"optional", program.is_optional()},
                    {"kernel", kernel.name}};
  record["fails"] = std::ranges::find(answer.doomed, index) != answer.doomed.end();
  record["target"] = to_string(target.state);
  record["target_name"] = text_or_null(object.targets[index].name);
  record["target_id"] = target.id == void_id ? JsonRecord(nullptr) : JsonRecord(raw(target.id));
  record["source"] = target.id == void_id ? JsonRecord(nullptr) : JsonRecord(kernel.parts[target.part]);
  record["needed_at_load"] = target.at_load;
  record["message"] = text_or_null(target.message);
  return record;
}

/// What an object comes to on a kernel, as a whole.
JsonRecord object_record(const CoreObject& object, const CoreColumn& kernel, const CoreAnswer& answer) {
  return {{"object", object.name},
          {"kernel", kernel.name},
          {"load", to_string(answer.load())},
          {"findings", json_records(answer.findings)}};
}

/// The records of one object that are not of relocations.
void add_object(const CoreMatrix& matrix, std::size_t index, JsonResults& results) {
  const CoreObject& object = matrix.objects[index];
  if (object.error) return;
  for (std::size_t e = 0; e < object.externs.size() && matrix.is_local(); ++e) {
    results.add(extern_record(object, e, nullptr, nullptr));
  }
  for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
    const CoreColumn& kernel = matrix.kernels[k];
    const CoreAnswer& answer = matrix.answers[index][k];
    results.add(object_record(object, kernel, answer));
    for (std::size_t e = 0; e < object.externs.size(); ++e) results.add(extern_record(object, e, &kernel, &answer));
    for (std::size_t p = 0; p < object.programs.size(); ++p) {
      if (is_core_program(object, p)) results.add(program_record(object, p, kernel, answer));
    }
  }
}

JsonRecord summary_record(const CoreMatrix& matrix) {
  std::size_t relocations = 0, errors = matrix.unread.size(), warnings = 0;
  JsonRecord objects = JsonRecord::array();
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    const CoreObject& object = matrix.objects[i];
    if (object.error) {
      ++errors;
      continue;
    }
    relocations += object.relocations.size();
    JsonRecord loads = JsonRecord::array(), poisoned = JsonRecord::array(), fails = JsonRecord::array();
    JsonRecord optional = JsonRecord::array();
    for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
      const CoreAnswer& answer = matrix.answers[i][k];
      warnings += answer.warnings;
      if (answer.optional_failures != 0) optional.push_back(matrix.kernels[k].name);
      const CoreLoad load = answer.load();
      (load == CoreLoad::fails      ? fails
       : load == CoreLoad::may_load ? poisoned
                                    : loads)
          .push_back(matrix.kernels[k].name);
    }
    objects.push_back({{"object", object.name},
                       {"relocations", object.relocations.size()},
                       {"loads_on", std::move(loads)},
                       {"poisoned_on", std::move(poisoned)},
                       {"fails_on", std::move(fails)},
                       {"optional_fails_on", std::move(optional)},
                       {"findings", json_records(object.findings)}});
  }
  return {{"objects", std::move(objects)},
          {"relocations", relocations},
          {"kernels", matrix.kernels.size()},
          {"warnings", warnings},
          {"errors", errors}};
}

}  // namespace

void write_core_json(const CoreMatrix& matrix, Output& out, bool pretty) {
  JsonResults results(out, pretty);
  for (const CoreUnread& unread : matrix.unread) {
    results.add(failed_record(unread.is_module ? "module" : "kernel", unread.source, unread.error));
  }
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    const CoreObject& object = matrix.objects[i];
    if (object.error) results.add(failed_record("object", object.name, *object.error));
    for (std::size_t r = 0; r < object.relocations.size(); ++r) {
      const CoreRelocation& relocation = object.relocations[r];
      if (matrix.is_local()) {
        JsonRecord record = local_record(object, relocation);
        add_local_verdict(relocation, record);
        results.add(record);
      }
      for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
        const CoreResult& result = matrix.answers[i][k].results[r];
        JsonRecord record = local_record(object, relocation);
        add_result(matrix.kernels[k], result, record);
        results.add(record);
      }
    }
    add_object(matrix, i, results);
  }
  results.finish(summary_record(matrix));
}

}  // namespace btfx

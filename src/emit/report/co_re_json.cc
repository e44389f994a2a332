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
JsonRecord local_record(const CoreObject& object, const CoreRelocation& relocation, bool is_signed) {
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
  record["old"] = relocation.old_value ? number(*relocation.old_value, is_signed) : JsonRecord(nullptr);
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
  record["source"] = decided ? JsonRecord(kernel.parts[result.part].name) : JsonRecord(nullptr);
  record["target_spec"] = decided ? JsonRecord(result.spec) : JsonRecord(nullptr);
  record["width"] = result.new_width == 0 ? JsonRecord(nullptr) : JsonRecord(result.new_width);
  record["beyond_reference"] = result.beyond_reference;
  JsonRecord& candidates = record["candidates"] = JsonRecord::array();
  for (const CoreCandidate& candidate : result.candidates) {
    JsonRecord entry{{"id", raw(candidate.id)},
                     {"source", kernel.parts[candidate.part].name},
                     {"state", state_word(candidate.state)}};
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
      (answer.failures != 0 ? fails : answer.unguarded != 0 ? poisoned : loads).push_back(matrix.kernels[k].name);
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
        JsonRecord record = local_record(object, relocation, false);
        add_local_verdict(relocation, record);
        results.add(record);
      }
      for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
        const CoreResult& result = matrix.answers[i][k].results[r];
        JsonRecord record = local_record(object, relocation, result.is_signed);
        add_result(matrix.kernels[k], result, record);
        results.add(record);
      }
    }
  }
  results.finish(summary_record(matrix));
}

}  // namespace btfx

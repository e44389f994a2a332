#include "emit/report/relocate_report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

namespace btfx {

namespace {

std::string table(const RelocationAnswer& answer) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "  {:>4} {:<6} {:>6} {:<9} {:>7} {:<6} {:>6}  {}\n", "ID", "KIND", "SIZE", "STATUS", "TO", "KIND",
                 "SIZE", "NAME, USE");
  for (const RelocatedType& each : answer.types) {
    const TypeView type = answer.split->type(each.id);
    fmt::format_to(out, "  {:>4} {:<6} {:>6} {:<9} ", raw(each.id), kind_info(type.kind()).name, type.size(),
                   each.status);
    if (each.to == void_id) {
      fmt::format_to(out, "{:>7} {:<6} {:>6}", "-", "-", "-");
    } else {
      const TypeView now = answer.target->type(each.to);
      fmt::format_to(out, "{:>7} {:<6} {:>6}", raw(each.to), kind_info(now.kind()).name, now.size());
    }
    fmt::format_to(out, "  {}{}{}\n", type.name(), each.use.empty() ? "" : ", ", each.use);
  }
  return text;
}

JsonRecord type_record(const RelocationAnswer& answer, TypeId id) {
  const TypeView type = answer.target->type(id);
  return {{"id", raw(id)}, {"kind", kind_info(type.kind()).name}, {"name", type.name()}, {"size", type.size()}};
}

JsonRecord finding_record(const RelocationAnswer& answer, const RelocationFinding& finding) {
  JsonRecord record = json_record(finding.diagnostic);
  JsonRecord candidates = JsonRecord::array();
  for (const TypeId id : finding.candidates) candidates.push_back(type_record(answer, id));
  record["candidates"] = std::move(candidates);
  record["changes"] = finding.changes;
  return record;
}

}  // namespace

std::string relocation_text(const RelocationAnswer& answer, int verbosity) {
  const bool succeeded = answer.relocates;
  const Severity least = verbosity < 0 ? Severity::error : verbosity == 0 ? Severity::warning : Severity::note;
  std::string findings;
  const auto out = std::back_inserter(findings);
  for (const RelocationFinding& finding : answer.findings) {
    const Diagnostic& said = finding.diagnostic;
    if (said.severity < least) continue;
    fmt::format_to(out, "  {}: {} [{}]\n", severity_word(said.severity), said.text, said.code.word());
    for (const std::string& change : finding.changes) fmt::format_to(out, "      since then: {}\n", change);
  }
  if (succeeded && findings.empty() && verbosity <= 0) return {};

  std::string text = answer.module + ": ";
  if (succeeded) {
    text += "relocates\n";
  } else {
    text += "does not relocate";
    if (answer.misfits != 0) {
      text += fmt::format(": {} of {} base types {} not fit", answer.misfits, answer.base_types,
                          answer.misfits == 1 ? "does" : "do");
    }
    text += '\n';
  }
  text += findings;
  const auto& failure = answer.kernel_failure;
  if (failure && !failure->message.empty()) {
    text += fmt::format("  the kernel would say: {} ({})\n", failure->message, -failure->error);
  }
  if (!succeeded && !answer.strict && answer.sound) {
    text += "  the kernel's rules refuse it without need: --strict relocates it\n";
  }
  if (verbosity > 0) text += table(answer);
  for (const std::string& path : answer.written) {
    if (verbosity > 0) text += "  written: " + path + "\n";
  }
  return text;
}

JsonRecord relocation_record(const RelocationAnswer& answer) {
  JsonRecord types = JsonRecord::array();
  for (const RelocatedType& each : answer.types) {
    const TypeView type = answer.split->type(each.id);
    JsonRecord record{{"id", raw(each.id)},  {"kind", kind_info(type.kind()).name},
                      {"name", type.name()}, {"size", type.size()},
                      {"use", each.use},     {"status", each.status}};
    record["to"] = each.to == void_id ? JsonRecord(nullptr) : type_record(answer, each.to);
    if (each.sound_to != each.to) {
      record["sound_to"] = each.sound_to == void_id ? JsonRecord(nullptr) : type_record(answer, each.sound_to);
    }
    types.push_back(std::move(record));
  }
  JsonRecord findings = JsonRecord::array();
  for (const RelocationFinding& finding : answer.findings) findings.push_back(finding_record(answer, finding));
  JsonRecord record{{"module", answer.module},
                    {"relocates", answer.relocates},
                    {"kernel_relocates", !answer.kernel_failure},
                    {"sound", answer.sound}};
  const auto& failure = answer.kernel_failure;
  record["kernel_log"] = failure && !failure->message.empty() ? JsonRecord(failure->message) : JsonRecord(nullptr);
  record["errno"] = failure ? failure->error : 0;
  record["findings"] = std::move(findings);
  record["types"] = std::move(types);
  record["written"] = answer.written;
  return record;
}

}  // namespace btfx

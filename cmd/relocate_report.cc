#include "cmd/relocate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "transform/relocate/module_uses.h"

namespace btfx {

namespace {

/// What the rules that were followed say about a type.
std::string_view status_of(const TypeFit& fit, bool strict) {
  if (strict) return fit.sound_target == void_id ? "fails" : "mapped";
  switch (fit.kernel) {
    case TypeFit::Kernel::mapped:
      return "mapped";
    case TypeFit::Kernel::missing:
      return "missing";
    default:
      return "ambiguous";
  }
}

TypeId target_of(const TypeFit& fit, bool strict) {
  return strict || fit.kernel != TypeFit::Kernel::mapped ? fit.sound_target : fit.kernel_target;
}

std::string table(const RelocationAnswer& answer) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "  {:>4} {:<6} {:>6} {:<9} {:>7} {:<6} {:>6}  {}\n", "ID", "KIND", "SIZE", "STATUS", "TO", "KIND",
                 "SIZE", "NAME, USE");
  ModuleUses uses(answer.split);
  for (const TypeFit& fit : answer.relocation.types) {
    const TypeView type = answer.split.type(fit.id);
    const TypeId to = target_of(fit, answer.strict);
    const std::string use = uses.describe(fit);
    fmt::format_to(out, "  {:>4} {:<6} {:>6} {:<9} ", raw(fit.id), kind_info(type.kind()).name, type.size(),
                   status_of(fit, answer.strict));
    if (to == void_id) {
      fmt::format_to(out, "{:>7} {:<6} {:>6}", "-", "-", "-");
    } else {
      const TypeView now = answer.target.type(to);
      fmt::format_to(out, "{:>7} {:<6} {:>6}", raw(to), kind_info(now.kind()).name, now.size());
    }
    fmt::format_to(out, "  {}{}{}\n", type.name(), use.empty() ? "" : ", ", use);
  }
  return text;
}

/// How many distilled types keep the module from being relocated.
std::size_t bad_types(const RelocationAnswer& answer) {
  std::set<std::uint32_t> ids;
  for (const RelocationFinding& finding : answer.findings) {
    const Diagnostic& said = finding.diagnostic;
    if (said.severity == Severity::error && said.place.section == ".BTF.base")
      ids.insert(said.place.type_id.value_or(0));
  }
  return ids.size();
}

JsonRecord type_record(const RelocationAnswer& answer, TypeId id) {
  const TypeView type = answer.target.type(id);
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
  const bool succeeded = answer.relocation.succeeded();
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
    if (const std::size_t bad = bad_types(answer); bad != 0) {
      text += fmt::format(": {} of {} base types {} not fit", bad, answer.relocation.types.size(),
                          bad == 1 ? "does" : "do");
    }
    text += '\n';
  }
  text += findings;
  const auto& failure = answer.relocation.kernel_failure;
  if (failure && !failure->message.empty()) {
    text += fmt::format("  the kernel would say: {} ({})\n", failure->message, -failure->error);
  }
  if (!succeeded && !answer.strict && answer.relocation.sound) {
    text += "  the kernel's rules refuse it without need: --strict relocates it\n";
  }
  if (verbosity > 0) text += table(answer);
  for (const std::string& path : answer.written) {
    if (verbosity > 0) text += "  written: " + path + "\n";
  }
  return text;
}

JsonRecord relocation_record(const RelocationAnswer& answer) {
  const Relocation& relocation = answer.relocation;
  JsonRecord types = JsonRecord::array();
  ModuleUses uses(answer.split);
  for (const TypeFit& fit : relocation.types) {
    const TypeView type = answer.split.type(fit.id);
    JsonRecord record{{"id", raw(fit.id)},         {"kind", kind_info(type.kind()).name},
                      {"name", type.name()},       {"size", type.size()},
                      {"use", uses.describe(fit)}, {"status", status_of(fit, answer.strict)}};
    const TypeId to = target_of(fit, answer.strict);
    record["to"] = to == void_id ? JsonRecord(nullptr) : type_record(answer, to);
    if (fit.sound_target != to) {
      record["sound_to"] = fit.sound_target == void_id ? JsonRecord(nullptr) : type_record(answer, fit.sound_target);
    }
    types.push_back(std::move(record));
  }
  JsonRecord findings = JsonRecord::array();
  for (const RelocationFinding& finding : answer.findings) findings.push_back(finding_record(answer, finding));
  JsonRecord record{{"module", answer.module},
                    {"relocates", relocation.succeeded()},
                    {"kernel_relocates", !relocation.kernel_failure},
                    {"sound", relocation.sound}};
  const auto& failure = relocation.kernel_failure;
  record["kernel_log"] = failure && !failure->message.empty() ? JsonRecord(failure->message) : JsonRecord(nullptr);
  record["errno"] = failure ? failure->error : 0;
  record["findings"] = std::move(findings);
  record["types"] = std::move(types);
  record["written"] = answer.written;
  return record;
}

}  // namespace btfx

#include "emit/report/relocate_report.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

#include "base/palette.h"
#include "base/printable.h"
#include "emit/report/table.h"

namespace btfx {

namespace {

Record named_type(const Btf& btf, TypeId id) {
  const TypeView type = btf.type(id);
  return {{"id", raw(id)}, {"kind", kind_info(type.kind()).name}, {"name", type.name()}, {"size", type.size()}};
}

/// A type of the target; null when there is none.
Value target_record(const RelocationAnswer& answer, TypeId id) {
  return id == void_id ? Value() : Value(named_type(*answer.target, id));
}

Record relocated_record(const RelocationAnswer& answer, const RelocatedType& each) {
  Record record = named_type(*answer.split, each.id);
  record.add("use", each.use);
  record.add("status", each.status);
  record.add("to", target_record(answer, each.to));
  if (each.sound_to != each.to) record.add("sound_to", target_record(answer, each.sound_to));
  const std::string_view name = answer.split->type(each.id).name();
  record.add_text("name_and_use", printable(name) + (each.use.empty() ? "" : ", ") + each.use);
  return record;
}

std::string table(const RelocationAnswer& answer, const Screen& screen) {
  constexpr auto right = Column::Align::right;
  Table table({{"id", "ID", 4, right},
               {"kind", "KIND", 6},
               {"size", "SIZE", 6, right},
               {"status", "STATUS", 9},
               {"to.id", "TO", 7, right},
               {"to.kind", "KIND", 6},
               {"to.size", "SIZE", 6, right},
               {"name_and_use", "NAME, USE", 0, Column::Align::left, 2, Column::Cut::middle, 20}},
              2);
  table.show_on(screen);
  std::string text = table.heads();
  for (const RelocatedType& each : answer.types) text += table.row(relocated_record(answer, each));
  return text;
}

Value finding_record(const RelocationAnswer& answer, const RelocationFinding& finding) {
  Record record = record_of(finding.diagnostic);
  Value::List candidates;
  for (const TypeId id : finding.candidates) candidates.emplace_back(named_type(*answer.target, id));
  record.add("candidates", std::move(candidates));
  record.add("changes", finding.changes);
  return record;
}

}  // namespace

std::string relocation_text(const RelocationAnswer& answer, int verbosity, const Screen& screen) {
  const auto styled = [&screen](Paint paint, std::string_view text) {
    return screen.color ? painted(paint, text) : std::string(text);
  };
  const bool succeeded = answer.relocates;
  const Severity least = verbosity < 0 ? Severity::error : verbosity == 0 ? Severity::warning : Severity::note;
  std::string findings;
  const auto out = std::back_inserter(findings);
  for (const RelocationFinding& finding : answer.findings) {
    const Diagnostic& said = finding.diagnostic;
    if (said.severity < least) continue;
    fmt::format_to(out, "  {}: {} [{}]\n", styled(paint_of(said.severity), severity_word(said.severity)), said.text,
                   said.code.word());
    for (const std::string& change : finding.changes) fmt::format_to(out, "      since then: {}\n", change);
  }
  if (succeeded && findings.empty() && verbosity <= 0) return {};

  std::string text = answer.module + ": ";
  if (succeeded) {
    text += styled(Paint::green, "relocates") + '\n';
  } else {
    text += styled(Paint::red, "does not relocate");
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
    text += "  the kernel refuses it although it fits: --strict relocates it\n";
  }
  text = wrapped_lines(text, screen.width);
  if (verbosity > 0) text += table(answer, screen);
  for (const std::string& path : answer.written) {
    if (verbosity > 0) text += "  written: " + path + "\n";
  }
  return text;
}

Record relocation_record(const RelocationAnswer& answer) {
  Value::List findings, types;
  for (const RelocationFinding& finding : answer.findings) findings.push_back(finding_record(answer, finding));
  for (const RelocatedType& each : answer.types) types.emplace_back(relocated_record(answer, each));
  const auto& failure = answer.kernel_failure;
  Record record{{"module", answer.module},
                {"relocates", answer.relocates},
                {"kernel_relocates", !failure},
                {"sound", answer.sound},
                {"kernel_log", or_null(failure ? failure->message : std::string())},
                {"errno", failure ? failure->error : 0}};
  record.add("findings", std::move(findings));
  record.add("types", std::move(types));
  record.add("written", answer.written);
  return record;
}

}  // namespace btfx

#include "run/batch/batch_report.h"

#include <fmt/format.h>

#include <utility>

#include "base/counted.h"

namespace btfx {

BatchReport::BatchReport(const Context& context, std::string_view item_word, Results results)
    : context_(context),
      item_word_(item_word),
      results_(results),
      json_(context.out, context.global.pretty),
      text_(context.out) {}

BatchReport::BatchReport(const Context& context, std::string_view item_word, bool taken)
    : BatchReport(context, item_word,
                  taken                 ? Results::none
                  : context.global.json ? Results::json
                                        : Results::text) {}

const Context& BatchReport::context() {
  text_.flush();
  return context_;
}

void BatchReport::head(std::string_view text) {
  if (results_ == Results::text) text_.write(text);
}

void BatchReport::use(Table table, bool with_heads) {
  table_ = std::move(table);
  table_.show_on(context_.screen());
  if (with_heads) heads_ = table_.heads();
}

void BatchReport::add(const Record& record) {
  add(record, results_ == Results::text ? table_.row(record) : std::string());
}

void BatchReport::add(const Record& record, std::string_view text) {
  if (results_ == Results::json) json_.add(record);
  if (results_ != Results::text) return;
  head(std::exchange(heads_, {}));
  text_.write(text);
  if (context_.out_is_terminal) text_.flush();
}

Status BatchReport::finish(const Summary& summary) {
  for (const auto& [reason, count] : shared_) {
    if (count == 1) continue;
    context().messages.error(fmt::format("{}, the same: {} (-v names them)",
                                         counted(count - 1, fmt::format("more {}", item_word_)), reason));
  }
  if (results_ == Results::json) json_.finish(summary.record);
  if (results_ == Results::text) text_.write(wrapped_lines(summary.text, context_.screen().width));
  text_.flush();
  return status_;
}

void BatchReport::findings(const std::string& name, const Diagnostics& findings) {
  for (Diagnostic finding : findings) {
    finding.place.file = name;
    if (finding.severity == Severity::note) {
      context().messages.remark(fmt::format("{}: {}", to_string(finding.place), finding.text));
    } else {
      context().report(finding);
    }
  }
}

void BatchReport::finish_output(const ModuleOutput& output) {
  if (output.for_stdout) context_.out.write(as_text(output.for_stdout->view()));
  if (!output.files.left.empty()) warn_of_left(output.files.left, context());
}

void BatchReport::fail(const std::string& name, const Error& error) {
  const std::string& file = error.place().file;
  const bool is_others = !file.empty() && file != name && !file.starts_with(name + ":");
  const bool is_alike = error.code() == ErrorCode::no_base || error.code() == ErrorCode::refused;
  const bool is_shared = context_.global.verbosity <= 0 && (is_others || is_alike);
  if (!is_shared || ++shared_[is_others ? error.what() : error.sentence()] == 1) context().error(error);
  worsen(Status::trouble);
  if (results_ == Results::json) json_.add(failed_record(std::string(item_word_), name, error.in(name)));
}

}  // namespace btfx

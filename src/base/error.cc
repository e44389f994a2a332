#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

namespace btfx {

namespace {

std::string compose(const std::string& sentence, const Place& place) {
  std::string where = to_string(place);
  return where.empty() ? sentence : where + ": " + sentence;
}

}  // namespace

std::string to_string(const Place& place) {
  std::string text;
  const auto add = [&text](const std::string& part) {
    if (part.empty()) return;
    if (!text.empty()) text += ": ";
    text += part;
  };
  add(place.file);
  add(place.section);
  if (place.offset) add(fmt::format("offset {:#x}", *place.offset));
  if (place.type_id) add(fmt::format("type {}", *place.type_id));
  return text;
}

std::string_view severity_word(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      break;
  }
  return "error";
}

FindingCode finding_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::io:
      return "io";
    case ErrorCode::truncated:
      return "truncated";
    case ErrorCode::malformed:
      return "malformed";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::no_btf:
      return "no-btf";
    case ErrorCode::no_base:
      return "no-base";
    case ErrorCode::refused:
      break;
  }
  return "refused";
}

Diagnostic::Diagnostic(JudgedCode judged, std::string sentence, Place where)
    : severity(judged.severity()), code(judged.code()), text(std::move(sentence)), place(std::move(where)) {}

Diagnostic::Diagnostic(Severity judgement, FindingCode what, std::string sentence, Place where)
    : code(what), text(std::move(sentence)), place(std::move(where)) {
  judge(judgement);
}

void Diagnostic::judge(Severity judgement) {
  if (!code.severities().contains(judgement)) {
    throw std::logic_error(fmt::format("the table of findings does not allow {} to be of severity {}", code.word(),
                                       severity_word(judgement)));
  }
  severity = judgement;
}

Diagnostic to_diagnostic(const Error& error) {
  return {Severity::error, finding_code(error.code()), error.sentence(), error.place()};
}

bool has_errors(const Diagnostics& findings) {
  return std::ranges::find(findings, Severity::error, &Diagnostic::severity) != findings.end();
}

void append(Diagnostics& findings, Diagnostics more) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Error::Error(ErrorCode code, std::string sentence, Place place)
    : std::runtime_error(compose(sentence, place)),
      code_(code),
      sentence_(std::move(sentence)),
      place_(std::move(place)) {}

Error Error::in(std::string_view file, std::string_view section) const {
  Place place = place_;
  if (place.file.empty()) place.file = file;
  if (place.section.empty()) place.section = section;
  return {code_, sentence_, std::move(place)};
}

void malformed(std::string sentence, Place place) {
  throw Error(ErrorCode::malformed, std::move(sentence), std::move(place));
}

void malformed(std::string sentence, std::uint64_t offset, std::optional<std::uint32_t> type_id) {
  malformed(std::move(sentence), {.offset = offset, .type_id = type_id});
}

Error system_error(std::string_view what, int number, std::string file) {
  Place place;
  place.file = std::move(file);
  return {ErrorCode::io, fmt::format("cannot {}: {}", what, std::generic_category().message(number)), std::move(place)};
}

}  // namespace btfx

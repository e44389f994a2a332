#include "emit/report/json_results.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace btfx {

namespace {

constexpr int indent = 4;

}  // namespace

JsonRecord json_record(const Diagnostic& finding) {
  JsonRecord record{
      {"code", finding.code.word()}, {"severity", severity_word(finding.severity)}, {"text", finding.text}};
  if (!finding.place.file.empty()) record["file"] = finding.place.file;
  if (!finding.place.section.empty()) record["section"] = finding.place.section;
  if (finding.place.offset) record["offset"] = *finding.place.offset;
  if (finding.place.type_id) record["type_id"] = *finding.place.type_id;
  return record;
}

JsonRecord json_records(const Diagnostics& findings) {
  JsonRecord records = JsonRecord::array();
  for (const Diagnostic& finding : findings) records.push_back(json_record(finding));
  return records;
}

JsonRecord json_record(const Error& error) {
  return json_record(to_diagnostic(error));
}

JsonRecord failed_record(std::string_view key, const std::string& name, const Error& error) {
  return {{std::string(key), name}, {"error", json_record(error)}};
}

void JsonResults::begin() {
  out_.write(pretty_ ? "{\n    \"results\": [" : "{\"results\":[");
}

void JsonResults::add(const JsonRecord& record) {
  if (empty_) {
    begin();
  } else {
    out_.write(",");
  }
  empty_ = false;
  if (pretty_) out_.write("\n        ");
  put(record, 2);
}

void JsonResults::finish(const JsonRecord& summary) {
  if (empty_) {
    begin();
  } else if (pretty_) {
    out_.write("\n    ");
  }
  out_.write(pretty_ ? "],\n    \"summary\": " : "],\"summary\":");
  put(summary, 1);
  out_.write(pretty_ ? "\n}\n" : "}\n");
  out_.flush();
}

void JsonResults::put(const JsonRecord& record, std::size_t depth) {
  const std::string text = record.dump(pretty_ ? indent : -1, ' ', false, JsonRecord::error_handler_t::replace);
  const std::string margin(depth * indent, ' ');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;  // strings hold no bare newline
    out_.write(std::string_view(text).substr(at, end - at));
    if (end < text.size()) out_.write(margin);
    at = end;
  }
}

}  // namespace btfx

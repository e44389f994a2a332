#include "emit/report/json_results.h"

#include <algorithm>
#include <concepts>
#include <nlohmann/json.hpp>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/printable.h"

namespace btfx {

namespace {

constexpr int indent = 4;

JsonRecord object(std::span<const Field> fields);

JsonRecord json_value(const Value& value) {
  return std::visit(
      [](const auto& content) -> JsonRecord {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::same_as<Content, Value::List>) {
          JsonRecord list = JsonRecord::array();
          for (const Value& each : content) list.push_back(json_value(each));
          return list;
        } else if constexpr (std::same_as<Content, std::vector<Field>>) {
          return object(content);
        } else {
          return content;
        }
      },
      value.content());
}

JsonRecord object(std::span<const Field> fields) {
  JsonRecord record = JsonRecord::object();
  for (const Field& field : fields) {
    if (!field.text_only) record[field.key] = json_value(field.value);
  }
  return record;
}

}  // namespace

JsonRecord to_json(const Record& record) {
  return object(record.fields());
}

JsonRecord json_records(const Diagnostics& findings) {
  JsonRecord records = JsonRecord::array();
  for (const Diagnostic& finding : findings) records.push_back(to_json(record_of(finding)));
  return records;
}

void JsonResults::add(const Record& record) {
  add(to_json(record));
}

void JsonResults::finish(const Record& summary) {
  finish(to_json(summary));
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
  const std::string text =
      printable_json(record.dump(pretty_ ? indent : -1, ' ', false, JsonRecord::error_handler_t::replace));
  const std::string margin(depth * indent, ' ');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;  // strings hold no bare newline
    out_.write(std::string_view(text).substr(at, end - at));
    if (end < text.size()) out_.write(margin);
    at = end;
  }
}

}  // namespace btfx

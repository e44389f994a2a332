#include "emit/report/record.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"

namespace btfx {

namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

const Field* find(std::span<const Field> fields, std::string_view key) {
  const auto found = std::ranges::find(fields, key, &Field::key);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace

Value::Value() : content_(nullptr) {}
Value::Value(std::nullptr_t) : content_(nullptr) {}
Value::Value(double number) : content_(number) {}
Value::Value(List values) : content_(std::move(values)) {}
Value::Value(Record record) : content_(std::move(record).take_fields()) {}

Value::Value(Exactly, std::string_view text) : content_(std::string(text)) {}
Value::Value(Exactly, bool truth) : content_(truth) {}
Value::Value(Exactly, std::int64_t number) : content_(number) {}
Value::Value(Exactly, std::uint64_t number) : content_(number) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;

std::string Value::cell() const {
  std::string text = std::visit(Overloaded{[](std::nullptr_t) { return std::string(); },
                                           [](bool is_so) { return std::string(is_so ? "yes" : "no"); },
                                           [](const std::string& string) { return printable(string); },
                                           [](const List& values) {
                                             std::string cells;
                                             for (const Value& value : values)
                                               cells += (cells.empty() ? "" : ",") + value.cell();
                                             return cells;
                                           },
                                           [](const std::vector<Field>&) { return std::string(); },
                                           [](const auto& number) { return fmt::format("{}", number); }},
                                content_);
  return text.empty() ? "-" : text;
}

Record::Record() = default;
Record::Record(std::initializer_list<Field> fields) : fields_(fields) {}
Record::Record(const Record& other) = default;
Record::Record(Record&& other) noexcept = default;
Record& Record::operator=(const Record& other) = default;
Record& Record::operator=(Record&& other) noexcept = default;
Record::~Record() = default;

void Record::add(std::string key, Value value) {
  fields_.push_back({std::move(key), std::move(value)});
}

void Record::add(std::string key, Value value, std::string text) {
  fields_.push_back({std::move(key), std::move(value), std::move(text)});
}

void Record::add_text(std::string key, std::string text) {
  fields_.push_back({std::move(key), {}, std::move(text), true});
}

void Record::add_note(std::string note) {
  notes_.push_back(std::move(note));
}

void Record::append(const Record& more) {
  fields_.insert(fields_.end(), more.fields_.begin(), more.fields_.end());
}

void Record::paint(std::string_view key, Paint paint) {
  const auto found = std::ranges::find(fields_, key, &Field::key);
  if (found != fields_.end()) found->paint = paint;
}

Paint Record::paint_of(std::string_view key) const {
  const Field* field = find(fields_, key);
  return field == nullptr ? Paint::plain : field->paint;
}

std::string Record::cell(std::string_view path) const {
  std::span<const Field> fields = fields_;
  for (;;) {
    // Keys may hold dots themselves, as `.BTF.base` does.
    if (const Field* field = find(fields, path)) return field->text ? *field->text : field->value.cell();
    const std::size_t dot = path.find('.');
    const Field* outer = dot == std::string_view::npos ? nullptr : find(fields, path.substr(0, dot));
    const auto* inner = outer == nullptr ? nullptr : std::get_if<std::vector<Field>>(&outer->value.content());
    if (inner == nullptr) return "-";
    fields = *inner;
    path.remove_prefix(dot + 1);
  }
}

Value or_null(std::string_view text) {
  return text.empty() ? Value() : Value(text);
}

Record record_of(const Diagnostic& finding) {
  Record record{{"code", finding.code.word()}, {"severity", severity_word(finding.severity)}, {"text", finding.text}};
  const Place& place = finding.place;
  if (!place.file.empty()) record.add("file", place.file);
  if (!place.section.empty()) record.add("section", place.section);
  if (place.offset) record.add("offset", *place.offset);
  if (place.type_id) record.add("type_id", *place.type_id);
  return record;
}

Value::List records_of(const Diagnostics& findings) {
  Value::List records;
  for (const Diagnostic& finding : findings) records.emplace_back(record_of(finding));
  return records;
}

Record failed_record(std::string key, const std::string& name, const Error& error) {
  return {{std::move(key), name}, {"error", record_of(to_diagnostic(error))}};
}

}  // namespace btfx

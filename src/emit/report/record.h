// What a report says about one thing, described once: named values, which JSON writes as an object and a table as a
// row.
//
// A *field* is a named value. A field may be spelled differently in text than in JSON, or stand in text alone because
// JSON has it in another form. A *note* is a line below the row, and stands in text alone.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/palette.h"

namespace btfx {

struct Field;
class Record;
class Value;

template <typename T>
concept Text = std::convertible_to<const T&, std::string_view>;

/// The type that holds all integers of the signedness of T, or truths.
template <std::integral T>
using Widest = std::conditional_t<std::same_as<T, bool>, bool,
                                  std::conditional_t<std::signed_integral<T>, std::int64_t, std::uint64_t>>;

/// Null, a truth, a number, a string, a list of values, or an object.
class Value {
 public:
  using List = std::vector<Value>;
  using Content =
      std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, List, std::vector<Field>>;

  // NOLINTBEGIN(google-explicit-constructor,hicpp-explicit-conversions): a field is written with the value itself
  Value();
  Value(std::nullptr_t);
  Value(double number);
  Value(List values);
  Value(Record record);
  template <Text T>
  Value(const T& text) : Value(Exactly(), std::string_view(text)) {}
  template <std::integral T>
  Value(T number) : Value(Exactly(), static_cast<Widest<T>>(number)) {}
  /// Null where there is none.
  template <typename T>
  Value(const std::optional<T>& value);
  template <typename T>
  requires(!std::same_as<T, Value>) Value(const std::vector<T>& values);
  // NOLINTEND(google-explicit-constructor,hicpp-explicit-conversions)
  // In one place: a variant that knows itself is slow to compile.
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();

  [[nodiscard]] const Content& content() const { return content_; }
  /// As a cell of a table: a number in decimal digits, a string with control characters as \xNN, the values of a list
  /// with commas; `-` for null and for what is empty.
  [[nodiscard]] std::string cell() const;

 private:
  struct Exactly {};  // the type of the value is that of the argument
  Value(Exactly, std::string_view text);
  Value(Exactly, bool truth);
  Value(Exactly, std::int64_t number);
  Value(Exactly, std::uint64_t number);

  Content content_;
};

struct Field {
  std::string key;
  Value value = {};
  std::optional<std::string> text = {};  ///< its cell, where that is not the value's own; printable
  bool text_only = false;                ///< not in JSON
  Paint paint = Paint::plain;            ///< of its cell, where colours are wanted
};

/// Fields in the order in which JSON has them.
class Record {
 public:
  Record();
  Record(std::initializer_list<Field> fields);
  Record(const Record& other);
  Record(Record&& other) noexcept;
  Record& operator=(const Record& other);
  Record& operator=(Record&& other) noexcept;
  ~Record();

  void add(std::string key, Value value);
  /// A field that is spelled `text` in tables.
  void add(std::string key, Value value, std::string text);
  /// A cell of tables that JSON has not.
  void add_text(std::string key, std::string text);
  /// The colour of the cell for a key that is there.
  void paint(std::string_view key, Paint paint);
  /// A line below the row. Control characters are written as \xNN; further lines of it stand further in.
  void add_note(std::string note);
  /// The fields of another record, behind those that are there.
  void append(const Record& more);

  [[nodiscard]] std::span<const Field> fields() const { return fields_; }
  [[nodiscard]] std::vector<Field>&& take_fields() && { return std::move(fields_); }
  [[nodiscard]] std::span<const std::string> notes() const { return notes_; }
  /// The cell for a key, or for a path such as `to.size` through objects; `-` when there is none.
  [[nodiscard]] std::string cell(std::string_view path) const;
  /// The colour of the cell for a key; plain when there is none.
  [[nodiscard]] Paint paint_of(std::string_view key) const;

 private:
  std::vector<Field> fields_;
  std::vector<std::string> notes_;
};

/// What a report ends with.
struct Summary {
  Record record;
  std::string text = {};  ///< whole lines
};

template <typename T>
Value::Value(const std::optional<T>& value) : Value() {
  if (value) *this = Value(*value);
}

template <typename T>
requires(!std::same_as<T, Value>) Value::Value(const std::vector<T>& values)
    : content_(List(values.begin(), values.end())) {}

/// The text, or null when it is empty.
Value or_null(std::string_view text);

/// A finding, as it stands in every document: code, severity, text, and file, section, offset and type_id where they
/// are known.
Record record_of(const Diagnostic& finding);
/// A list of them.
Value::List records_of(const Diagnostics& findings);
/// The record of an item that failed: its name under `key`, and under `error` a finding like the others.
Record failed_record(std::string key, const std::string& name, const Error& error);

}  // namespace btfx

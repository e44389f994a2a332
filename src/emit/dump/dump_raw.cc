#include "emit/dump/dump_raw.h"

#include "base/printable.h"
#include "emit/dump/chunks.h"
#include "emit/dump/text_buffer.h"
#include "emit/dump/type_fields.h"

namespace btfx {

namespace {

/// `[id] KIND 'name' key=value ...`, and a line for each element.
class RawStyle {
 public:
  RawStyle(TextBuffer& out, bool escapes) : out_(out), escapes_(escapes) {}

  void begin(TypeId id, Kind kind, NameText name) {
    out_.begin_line();
    out_.put('[');
    out_.put_number(raw(id));
    out_.put<"] ">();
    out_.put(kind_word(kind));
    out_.put(' ');
    quoted(name);
  }
  void end() {
    out_.put('\n');
    out_.finish();
  }

  template <Literal key, typename Number>
  void number(Number value) {
    label<key>();
    out_.put_number(value);
  }
  template <Literal key>
  void word(const ShortWord& text) {
    label<key>();
    out_.put(text);
  }
  /// After a comma, for no reason but compatibility.
  void linkage_of_variable(const ShortWord& text) {
    out_.put<", linkage=">();
    out_.put(text);
  }

  template <Literal key>
  void begin_list(std::uint32_t /*length*/) {}
  void end_list(std::uint32_t /*length*/) {}
  void begin_element(NameText name) {
    out_.begin_line();
    out_.put<"\n\t">();
    quoted(name);
  }
  void begin_element() {
    out_.begin_line();
    out_.put<"\n\t">();
    first_on_line_ = true;
  }
  void end_element() {}

  void enumerator_value(TypeView type, std::uint32_t i) {
    const std::uint64_t value = type.enumerator_value(i);
    if (type.kind_flag()) {
      number<"val">(static_cast<std::int64_t>(value));
    } else {
      number<"val">(value);
    }
    if (type.kind() == Kind::enum64) out_.put(type.kind_flag() ? ShortWord("LL") : ShortWord("ULL"));
  }
  void entry_target(TypeView type) {
    out_.put<" (">();
    out_.put(kind_word(type.kind()));
    out_.put(' ');
    quoted(dump_name(type.btf(), type.name_offset()));
    out_.put(')');
  }

 private:
  template <Literal key>
  void label() {
    if (first_on_line_) {
      first_on_line_ = false;
      out_.put<joined<key, "=">>();
    } else {
      out_.put<joined<" ", key, "=">>();
    }
  }
  void quoted(NameText name) {
    out_.put('\'');
    if (escapes_ && may_be_unprintable(name.text)) {
      out_.put_text(printable(name.text));
    } else {
      out_.put_name(name);
    }
    out_.put('\'');
  }

  TextCursor out_;
  const bool escapes_;
  bool first_on_line_ = false;
};

}  // namespace

void dump_raw(const Btf& btf, const TypeSelection& types, Output& out, unsigned jobs) {
  // For few types it takes longer to look at all strings of a base than at each name that is printed.
  constexpr std::size_t few = 4096;
  const bool escapes = (btf.is_split() && types.size() < few) || may_be_unprintable(btf);
  format_in_chunks(types.size(), jobs, out, [&](TextBuffer& buffer, std::size_t i) {
    RawStyle style(buffer, escapes);
    describe_type(btf, types[i], style);
  });
}

}  // namespace btfx

#include "emit/dump/dump_json.h"

#include <algorithm>
#include <string>

#include "base/byte_lanes.h"
#include "base/printable.h"
#include "emit/dump/chunks.h"
#include "emit/dump/text_buffer.h"
#include "emit/dump/type_fields.h"

namespace btfx {

namespace {

/// Whether any string of `btf` or its bases has a character to escape. Hardly one ever has: asking once for all is
/// cheaper than looking at each name again.
bool has_escapes(const Btf& btf) {
  const auto is_escaped = [](ByteLanes bytes) {
    return bytes.high() | bytes.within(0x01, 0x1f) | bytes.equal(0x7f) | bytes.equal('"') | bytes.equal('\\');
  };
  for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
    if (any_byte(part->own_strings(), is_escaped)) return true;
  }
  return false;
}

/// One object for each type; properties stand after those before, so that every one begins with a comma.
template <bool pretty>
class JsonStyle {
  /// A new line indented by that many blanks; nothing in compact output.
  template <std::size_t blanks>
  static constexpr auto make_line() {
    if constexpr (pretty) {
      Literal<blanks + 2> text;
      std::ranges::fill(text.text, ' ');
      text.text[0] = '\n';
      text.text[blanks + 1] = '\0';
      return text;
    } else {
      return Literal("");
    }
  }
  template <std::size_t blanks>
  static constexpr auto line = make_line<blanks>();
  static constexpr auto colon = [] {
    if constexpr (pretty) {
      return Literal(": ");
    } else {
      return Literal(":");
    }
  }();

 public:
  JsonStyle(TextBuffer& out, bool is_first_type, bool escapes)
      : out_(out), is_first_type_(is_first_type), escapes_(escapes) {}

  void begin(TypeId id, Kind kind, NameText name) {
    out_.begin_line();
    if (!is_first_type_) out_.put(',');
    out_.put<joined<"{", line<12>, "\"id\"", colon>>();
    out_.put_number(raw(id));
    out_.put<joined<",", line<12>, "\"kind\"", colon, "\"">>();
    out_.put(kind_word(kind));
    out_.put<joined<"\",", line<12>, "\"name\"", colon>>();
    quoted(name);
  }
  void end() {
    out_.put<joined<line<8>, "}">>();
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
    out_.put('"');
    out_.put(text);
    out_.put('"');
  }
  void linkage_of_variable(const ShortWord& text) { word<"linkage">(text); }

  template <Literal key>
  void begin_list(std::uint32_t /*length*/) {
    label<key>();
    out_.put('[');
    in_list_ = true;
    first_element_ = true;
  }
  void end_list(std::uint32_t length) {
    in_list_ = false;
    if (length != 0) out_.put<line<12>>();
    out_.put(']');
  }
  void begin_element(NameText name) {
    begin_element();
    label<"name">();
    quoted(name);
  }
  void begin_element() {
    out_.begin_line();
    if (!first_element_) out_.put(',');
    out_.put('{');
    first_element_ = false;
    first_property_ = true;
  }
  void end_element() { out_.put<joined<line<16>, "}">>(); }

  void enumerator_value(TypeView type, std::uint32_t i) {
    const std::uint64_t value = type.enumerator_value(i);
    if (type.kind_flag()) {
      number<"val">(static_cast<std::int64_t>(value));
    } else {  // bpftool 7.8 sign-extends those of an ENUM, here alone and against its own text
      number<"val">(value);
    }
  }
  void entry_target(TypeView /*type*/) {}

 private:
  template <Literal key>
  void label() {
    if (!in_list_) {
      out_.put<joined<",", line<12>, "\"", key, "\"", colon>>();
    } else if (first_property_) {
      out_.put<joined<line<20>, "\"", key, "\"", colon>>();
    } else {
      out_.put<joined<",", line<20>, "\"", key, "\"", colon>>();
    }
    first_property_ = false;
  }
  void quoted(NameText name) {
    out_.put('"');
    if (escapes_) {
      out_.put_text(json_escaped(name.text));
    } else {
      out_.put_name(name);
    }
    out_.put('"');
  }

  TextCursor out_;
  const bool is_first_type_, escapes_;
  bool in_list_ = false, first_element_ = true, first_property_ = true;
};

template <bool pretty>
void dump(const Btf& btf, const TypeSelection& types, Output& out, unsigned jobs) {
  const bool escapes = has_escapes(btf);
  out.write(pretty ? "{\n    \"types\": [" : "{\"types\":[");
  format_in_chunks(types.size(), jobs, out, [&](TextBuffer& buffer, std::size_t i) {
    JsonStyle<pretty> style(buffer, i == 0, escapes);
    describe_type(btf, types[i], style);
  });
  if (!pretty) {
    out.write("]}\n");
  } else {
    out.write(types.size() == 0 ? "]\n}\n" : "\n    ]\n}\n");
  }
}

}  // namespace

void dump_json(const Btf& btf, const TypeSelection& types, JsonLayout layout, Output& out, unsigned jobs) {
  layout == JsonLayout::pretty ? dump<true>(btf, types, out, jobs) : dump<false>(btf, types, out, jobs);
}

}  // namespace btfx

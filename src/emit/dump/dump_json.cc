#include "emit/dump/dump_json.h"

#include <algorithm>
#include <string>

#include "emit/dump/chunks.h"
#include "emit/dump/text_buffer.h"
#include "emit/dump/type_fields.h"

namespace btfx {

namespace {

/// The letter after the backslash for characters that are escaped, else 0.
constexpr char escape_letter(char c) {
  switch (c) {
    case '\t':
      return 't';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\f':
      return 'f';
    case '\b':
      return 'b';
    case '\\':
    case '"':
      return c;
    default:
      return 0;
  }
}

/// Whether a text has a character to escape; in blocks, so that the compiler can test many characters at once.
bool has_escapes(std::string_view text) {
  constexpr std::size_t block = 64;
  const auto is_escaped = [](char c) {
    const auto value = static_cast<unsigned char>(c);
    return static_cast<unsigned char>((value == '"') | (value == '\\') |
                                      ((static_cast<unsigned char>(value - '\b') <= '\r' - '\b') & (value != '\v')));
  };
  std::size_t i = 0;
  for (; i + block <= text.size(); i += block) {
    unsigned char found = 0;
    for (std::size_t k = 0; k < block; ++k) found |= is_escaped(text[i + k]);
    if (found != 0) return true;
  }
  return std::ranges::any_of(text.substr(i), is_escaped);
}

/// Whether any string of `btf` or its bases has a character to escape. Hardly one ever has: asking once for all is
/// cheaper than looking at each name again.
bool has_escapes(const Btf& btf) {
  for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
    if (has_escapes(part->own_strings())) return true;
  }
  return false;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const char letter = escape_letter(c);
    if (letter != 0) result += '\\';
    result += letter != 0 ? letter : c;
  }
  return result;
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
    } else if (type.kind() == Kind::enum_) {  // sign-extended although unsigned: bpftool's way, which scripts know
      number<"val">(static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)}));
    } else {
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
      out_.put_text(escaped(name.text));
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

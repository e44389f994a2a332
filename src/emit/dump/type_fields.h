// What a dump says about a type of each kind, in which order: once for every format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "btf/btf.h"
#include "emit/dump/name_text.h"
#include "emit/dump/text_buffer.h"

namespace btfx {

/// The words for the kinds.
inline constexpr auto short_kind_words = [] {
  std::array<ShortWord, known_kinds> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = ShortWord(kind_table[i].name);
  return words;
}();
constexpr const ShortWord& kind_word(Kind kind) {
  return short_kind_words[is_known(kind) ? static_cast<std::size_t>(kind) : 0];
}

/// The word for an INT's encoding. More than one bit is no encoding that C has.
constexpr ShortWord int_encoding_word(std::uint32_t encoding) {
  switch (encoding) {
    case 0:
      return ShortWord("(none)");
    case 1:
      return ShortWord("SIGNED");
    case 2:
      return ShortWord("CHAR");
    case 4:
      return ShortWord("BOOL");
    default:
      return ShortWord("UNKN");
  }
}

/// The word for the linkage of a FUNC or VAR.
constexpr ShortWord linkage_word(std::uint32_t linkage) {
  switch (linkage) {
    case 0:
      return ShortWord("static");
    case 1:
      return ShortWord("global");
    case 2:
      return ShortWord("extern");
    default:
      return ShortWord("(unknown)");
  }
}

/// The name at an offset as dumps spell it; `btf` is the one that holds the record with the offset.
inline NameText dump_name(const Btf& btf, StringOffset name) {
  static constexpr char anonymous[16] = "(anon)";
  return raw(name) == 0 ? NameText{anonymous, sizeof anonymous} : name_text(btf, name);
}

/// Tells `style` everything about the type with that id, in the order in which dumps say it. A style has
///
/// - `begin(id, kind, name)` and `end()` around all of it;
/// - `number<"key">(value)` and `word<"key">(text)` for a property;
/// - `begin_list<"key">(length)` and `end_list(length)` around elements, and in it, for each element, either
///   `begin_element(name)` or `begin_element()`, properties, `end_element()`;
/// - and, where formats differ in more than spelling: `linkage_of_variable(text)`, `enumerator_value(type, i)`,
///   `entry_target(type)`.
template <typename Style>
void describe_type(const Btf& btf, TypeId id, Style& style) {
  const TypeView type = btf.type(id);
  const Btf& owner = type.btf();
  const std::uint32_t vlen = type.vlen();
  style.begin(id, type.kind(), dump_name(owner, type.name_offset()));
  switch (type.kind()) {
    case Kind::int_:
      style.template number<"size">(type.size());
      style.template number<"bits_offset">(type.int_bit_offset());
      style.template number<"nr_bits">(type.int_bits());
      style.template word<"encoding">(int_encoding_word(type.int_encoding()));
      break;
    case Kind::ptr:
    case Kind::const_:
    case Kind::volatile_:
    case Kind::restrict_:
    case Kind::typedef_:
    case Kind::type_tag:
      style.template number<"type_id">(raw(type.target()));
      break;
    case Kind::array:
      style.template number<"type_id">(raw(type.element()));
      style.template number<"index_type_id">(raw(type.index_type()));
      style.template number<"nr_elems">(type.element_count());
      break;
    case Kind::struct_:
    case Kind::union_:
      style.template number<"size">(type.size());
      style.template number<"vlen">(vlen);
      style.template begin_list<"members">(vlen);
      for (std::uint32_t i = 0; i < vlen; ++i) {
        const Member member = type.member(i);
        style.begin_element(dump_name(owner, member.name));
        style.template number<"type_id">(raw(member.type));
        style.template number<"bits_offset">(member.bit_offset);
        if (member.bitfield_size != 0) style.template number<"bitfield_size">(member.bitfield_size);
        style.end_element();
      }
      style.end_list(vlen);
      break;
    case Kind::enum_:
    case Kind::enum64:
      style.template word<"encoding">(type.kind_flag() ? ShortWord("SIGNED") : ShortWord("UNSIGNED"));
      style.template number<"size">(type.size());
      style.template number<"vlen">(vlen);
      style.template begin_list<"values">(vlen);
      for (std::uint32_t i = 0; i < vlen; ++i) {
        style.begin_element(dump_name(owner, type.enumerator_name(i)));
        style.enumerator_value(type, i);
        style.end_element();
      }
      style.end_list(vlen);
      break;
    case Kind::fwd:
      style.template word<"fwd_kind">(type.kind_flag() ? ShortWord("union") : ShortWord("struct"));
      break;
    case Kind::func:
      style.template number<"type_id">(raw(type.target()));
      style.template word<"linkage">(linkage_word(type.linkage()));
      break;
    case Kind::func_proto:
      style.template number<"ret_type_id">(raw(type.target()));
      style.template number<"vlen">(vlen);
      style.template begin_list<"params">(vlen);
      for (std::uint32_t i = 0; i < vlen; ++i) {
        const Param param = type.param(i);
        style.begin_element(dump_name(owner, param.name));
        style.template number<"type_id">(raw(param.type));
        style.end_element();
      }
      style.end_list(vlen);
      break;
    case Kind::var:
      style.template number<"type_id">(raw(type.target()));
      style.linkage_of_variable(linkage_word(type.linkage()));
      break;
    case Kind::datasec:
      style.template number<"size">(type.size());
      style.template number<"vlen">(vlen);
      style.template begin_list<"vars">(vlen);
      for (std::uint32_t i = 0; i < vlen; ++i) {
        const SectionEntry entry = type.entry(i);
        style.begin_element();
        style.template number<"type_id">(raw(entry.type));
        style.template number<"offset">(entry.offset);
        style.template number<"size">(entry.size);
        style.entry_target(btf.type(entry.type));
        style.end_element();
      }
      style.end_list(vlen);
      break;
    case Kind::float_:
      style.template number<"size">(type.size());
      break;
    case Kind::decl_tag:
      style.template number<"type_id">(raw(type.target()));
      style.template number<"component_idx">(type.component());
      break;
    case Kind::unkn:
      break;
    default:  // a kind that only a layout section describes: its payload is opaque
      break;
  }
  style.end();
}

}  // namespace btfx

// The one walker over the ids and names of a record. No transform visits fields in any other way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "btf/kinds.h"

namespace btfx {

namespace detail {

/// Calls `on_word` for one word of each element of a record of that kind, the first of them at `word`.
template <Kind kind, typename Word, typename OnWord>
void visit_elements(Word* word, std::uint32_t count, OnWord&& on_word) {
  for (; count > 0; --count, word += kind_info(kind).element_words) on_word(*word);
}

}  // namespace detail

/// Calls `on_type(word)` for every type id in the record at `words`, header first, then element by element. `Word` may
/// be const; with a mutable one the visitor may rewrite. The record is whole and of any kind; unknown kinds have no
/// ids. The kinds with elements have a loop of their own, with what kind_table says of them as constants: walking over
/// all records is what most commands do most.
template <typename Word, typename OnType>
void visit_type_ids(Word* words, OnType&& on_type) {
  const InfoWord record(words[1]);
  const auto elements = [&]<Kind kind>(std::integral_constant<Kind, kind>) {
    constexpr KindInfo info = kind_info(kind);
    static_assert(info.fixed_words == 0 && info.element_type >= 0);
    if constexpr (info.size_or_type == SizeOrType::type) on_type(words[2]);
    detail::visit_elements<kind>(words + header_words + info.element_type, record.vlen(), on_type);
  };
  switch (record.kind()) {
    case Kind::struct_:
    case Kind::union_:
      return elements(std::integral_constant<Kind, Kind::struct_>());
    case Kind::func_proto:
      return elements(std::integral_constant<Kind, Kind::func_proto>());
    case Kind::datasec:
      return elements(std::integral_constant<Kind, Kind::datasec>());
    default:
      break;
  }
  const KindInfo& kind = kind_info(record.kind());
  if (kind.size_or_type == SizeOrType::type) on_type(words[2]);
  for (std::uint32_t i = 0; i < kind.fixed_types; ++i) on_type(words[header_words + i]);
}

/// Calls `on_name(word)` for every string offset in the record: its own name, then those of its elements.
template <typename Word, typename OnName>
void visit_names(Word* words, OnName&& on_name) {
  on_name(words[0]);
  const InfoWord record(words[1]);
  const auto elements = [&]<Kind kind>(std::integral_constant<Kind, kind>) {
    constexpr KindInfo info = kind_info(kind);
    static_assert(info.fixed_words == 0 && info.element_name >= 0);
    detail::visit_elements<kind>(words + header_words + info.element_name, record.vlen(), on_name);
  };
  switch (record.kind()) {
    case Kind::struct_:
    case Kind::union_:
      return elements(std::integral_constant<Kind, Kind::struct_>());
    case Kind::enum_:
      return elements(std::integral_constant<Kind, Kind::enum_>());
    case Kind::enum64:
      return elements(std::integral_constant<Kind, Kind::enum64>());
    case Kind::func_proto:
      return elements(std::integral_constant<Kind, Kind::func_proto>());
    default:
      return;
  }
}

/// Both at once, for visitors to which the order says nothing: that takes one walk over the elements instead of two.
template <typename Word, typename OnName, typename OnType>
void visit_fields(Word* words, OnName&& on_name, OnType&& on_type) {
  const InfoWord record(words[1]);
  const auto elements = [&]<Kind kind>(std::integral_constant<Kind, kind>) {
    constexpr KindInfo info = kind_info(kind);
    static_assert(info.fixed_words == 0 && info.element_name >= 0 && info.element_type >= 0);
    on_name(words[0]);
    if constexpr (info.size_or_type == SizeOrType::type) on_type(words[2]);
    Word* element = words + header_words;
    for (std::uint32_t count = record.vlen(); count > 0; --count, element += info.element_words) {
      on_name(element[info.element_name]);
      on_type(element[info.element_type]);
    }
  };
  switch (record.kind()) {
    case Kind::struct_:
    case Kind::union_:
      return elements(std::integral_constant<Kind, Kind::struct_>());
    case Kind::func_proto:
      return elements(std::integral_constant<Kind, Kind::func_proto>());
    default:
      visit_names(words, on_name);
      visit_type_ids(words, on_type);
  }
}

/// Calls `on_record(record)` with a pointer to each record of `words`, which holds whole records of kinds that btfx
/// knows, one behind the other, as Btf::own_words() does without has_unknown_kinds(). The visitor may change ids and
/// names.
template <typename Word, typename OnRecord>
void for_each_record(std::span<Word> words, OnRecord&& on_record) {
  for (std::size_t at = 0; at < words.size(); at += record_words(InfoWord(words[at + 1]))) on_record(&words[at]);
}

/// Sets the third word of a FWD to 0. By the kernel's rules it is 0, but some compilers leave the id of a type there,
/// which is wrong as soon as ids change. Parsing leaves the word alone: the blob may be a mapping, and what is written
/// back unchanged, or renumbered by the kernel's own rules, has to keep its bytes.
inline void clear_forward_word(std::uint32_t* words) {
  if (InfoWord(words[1]).kind() == Kind::fwd) words[2] = 0;
}

}  // namespace btfx

// The one walker over the ids and names of a record. No transform visits fields in any other way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "btf/kinds.h"

namespace btfx {

namespace detail {

/// Calls `visit(kind)`, with a constant for the kinds that have elements, so that `visit` is compiled for each of them
/// with what kind_table says of it. Walking over all records is what most commands do most.
template <typename Visit>
constexpr void with_kind(Kind kind, Visit&& visit) {
  switch (kind) {
    case Kind::struct_:
    case Kind::union_:
      return visit(std::integral_constant<Kind, Kind::struct_>());
    case Kind::func_proto:
      return visit(std::integral_constant<Kind, Kind::func_proto>());
    case Kind::datasec:
      return visit(std::integral_constant<Kind, Kind::datasec>());
    case Kind::enum_:
      return visit(std::integral_constant<Kind, Kind::enum_>());
    case Kind::enum64:
      return visit(std::integral_constant<Kind, Kind::enum64>());
    default:
      return visit(kind);
  }
}

/// Whether with_kind() gives a constant of that type.
template <typename Constant>
inline constexpr bool has_elements = !std::is_same_v<Constant, Kind>;

static_assert(
    [] {
      for (std::uint8_t number = 0; number < known_kinds; ++number) {
        bool is_constant = false;
        with_kind(Kind{number}, [&](auto kind) { is_constant = has_elements<decltype(kind)>; });
        if (is_constant != (kind_info(Kind{number}).element_words != 0)) return false;
      }
      return true;
    }(),
    "a kind with elements has a case in with_kind()");

/// Calls `on_element(element)` with the words of each element of a record of that kind.
template <Kind kind, typename Word, typename OnElement>
void for_each_element(Word* words, OnElement&& on_element) {
  constexpr const KindInfo& info = kind_info(kind);
  static_assert(info.fixed_words == 0);
  Word* element = words + header_words;
  for (std::uint32_t count = InfoWord(words[1]).vlen(); count > 0; --count, element += info.element_words) {
    on_element(element);
  }
}

}  // namespace detail

/// Calls `on_type(word)` for every type id in the record at `words`, header first, then element by element. `Word` may
/// be const; with a mutable one the visitor may rewrite. The record is whole and of any kind; unknown kinds have no
/// ids.
template <typename Word, typename OnType>
void visit_type_ids(Word* words, OnType&& on_type) {
  detail::with_kind(InfoWord(words[1]).kind(), [&](auto kind) {
    if constexpr (detail::has_elements<decltype(kind)>) {
      constexpr const KindInfo& info = kind_info(kind);
      if constexpr (info.size_or_type == SizeOrType::type) on_type(words[2]);
      if constexpr (info.element_type >= 0) {
        detail::for_each_element<kind>(words, [&](Word* element) { on_type(element[info.element_type]); });
      }
    } else {
      const KindInfo& info = kind_info(kind);
      if (info.size_or_type == SizeOrType::type) on_type(words[2]);
      for (std::uint32_t i = 0; i < info.fixed_types; ++i) on_type(words[header_words + i]);
    }
  });
}

/// Calls `on_name(word)` for every string offset in the record: its own name, then those of its elements.
template <typename Word, typename OnName>
void visit_names(Word* words, OnName&& on_name) {
  on_name(words[0]);
  detail::with_kind(InfoWord(words[1]).kind(), [&](auto kind) {
    if constexpr (detail::has_elements<decltype(kind)>) {
      constexpr const KindInfo& info = kind_info(kind);
      if constexpr (info.element_name >= 0) {
        detail::for_each_element<kind>(words, [&](Word* element) { on_name(element[info.element_name]); });
      }
    }
  });
}

/// Both at once, for visitors to which the order says nothing: that takes one walk over the elements instead of two.
template <typename Word, typename OnName, typename OnType>
void visit_fields(Word* words, OnName&& on_name, OnType&& on_type) {
  detail::with_kind(InfoWord(words[1]).kind(), [&](auto kind) {
    if constexpr (detail::has_elements<decltype(kind)>) {
      constexpr const KindInfo& info = kind_info(kind);
      if constexpr (info.element_name >= 0 && info.element_type >= 0) {
        on_name(words[0]);
        if constexpr (info.size_or_type == SizeOrType::type) on_type(words[2]);
        detail::for_each_element<kind>(words, [&](Word* element) {
          on_name(element[info.element_name]);
          on_type(element[info.element_type]);
        });
        return;
      }
    }
    visit_names(words, on_name);
    visit_type_ids(words, on_type);
  });
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

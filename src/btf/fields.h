// The one walker over the ids and names of a record. No transform visits fields in any other way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "btf/kinds.h"

namespace btfx {

namespace detail {

template <Kind kind>
using KindConstant = std::integral_constant<Kind, kind>;

/// Calls `visit(kind)` with a constant, so that `visit` is compiled for each shape of records with what kind_table says
/// of it: walking over all records is what most commands do most. The constant is a kind whose records look like those
/// of `kind`, or void for a kind that btfx does not know.
template <typename Visit>
constexpr void with_shape(Kind kind, Visit&& visit) {
  switch (kind) {
    case Kind::ptr:
    case Kind::typedef_:
    case Kind::volatile_:
    case Kind::const_:
    case Kind::restrict_:
    case Kind::func:
    case Kind::type_tag:
      return visit(KindConstant<Kind::ptr>());
    case Kind::struct_:
    case Kind::union_:
      return visit(KindConstant<Kind::struct_>());
    case Kind::func_proto:
      return visit(KindConstant<Kind::func_proto>());
    case Kind::array:
      return visit(KindConstant<Kind::array>());
    case Kind::enum_:
      return visit(KindConstant<Kind::enum_>());
    case Kind::enum64:
      return visit(KindConstant<Kind::enum64>());
    case Kind::int_:
      return visit(KindConstant<Kind::int_>());
    case Kind::fwd:
    case Kind::float_:
      return visit(KindConstant<Kind::fwd>());
    case Kind::var:
    case Kind::decl_tag:
      return visit(KindConstant<Kind::var>());
    case Kind::datasec:
      return visit(KindConstant<Kind::datasec>());
    default:
      return visit(KindConstant<Kind::unkn>());
  }
}

/// Whether records of two kinds have names, types and elements in the same places.
constexpr bool have_one_shape(const KindInfo& one, const KindInfo& other) {
  const bool have_types = one.size_or_type == SizeOrType::type, has_type = other.size_or_type == SizeOrType::type;
  return have_types == has_type && one.fixed_words == other.fixed_words && one.fixed_types == other.fixed_types &&
         one.element_words == other.element_words && one.element_name == other.element_name &&
         one.element_type == other.element_type;
}

static_assert(std::ranges::all_of(kind_table,
                                  [](const KindInfo& info) {
                                    bool is_right = false;
                                    with_shape(info.kind, [&](auto like) {
                                      is_right = have_one_shape(info, kind_info(like)) &&
                                                 (like == Kind::unkn) == (info.kind == Kind::unkn);
                                    });
                                    return is_right;
                                  }),
              "with_shape() gives a kind of the same shape");

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
  detail::with_shape(InfoWord(words[1]).kind(), [&](auto kind) {
    constexpr const KindInfo& info = kind_info(kind);
    if constexpr (info.size_or_type == SizeOrType::type) on_type(words[2]);
    for (std::uint32_t i = 0; i < info.fixed_types; ++i) on_type(words[header_words + i]);
    if constexpr (info.element_type >= 0) {
      detail::for_each_element<kind>(words, [&](Word* element) { on_type(element[info.element_type]); });
    }
  });
}

/// Calls `on_name(word)` for every string offset in the record: its own name, then those of its elements.
template <typename Word, typename OnName>
void visit_names(Word* words, OnName&& on_name) {
  on_name(words[0]);
  detail::with_shape(InfoWord(words[1]).kind(), [&](auto kind) {
    constexpr const KindInfo& info = kind_info(kind);
    if constexpr (info.element_name >= 0) {
      detail::for_each_element<kind>(words, [&](Word* element) { on_name(element[info.element_name]); });
    }
  });
}

namespace detail {

/// visit_fields() for a record of the shape of `kind`.
template <Kind kind, typename Word, typename OnName, typename OnType>
void visit_fields_as(Word* words, OnName&& on_name, OnType&& on_type) {
  constexpr const KindInfo& info = kind_info(kind);
  on_name(words[0]);
  if constexpr (info.size_or_type == SizeOrType::type) on_type(words[2]);
  for (std::uint32_t i = 0; i < info.fixed_types; ++i) on_type(words[header_words + i]);
  if constexpr (info.element_words != 0) {
    for_each_element<kind>(words, [&](Word* element) {
      if constexpr (info.element_name >= 0) on_name(element[info.element_name]);
      if constexpr (info.element_type >= 0) on_type(element[info.element_type]);
    });
  }
}

}  // namespace detail

/// Both at once, for visitors to which the order says nothing: that takes one walk over the elements instead of two.
template <typename Word, typename OnName, typename OnType>
void visit_fields(Word* words, OnName&& on_name, OnType&& on_type) {
  detail::with_shape(InfoWord(words[1]).kind(),
                     [&](auto kind) { detail::visit_fields_as<kind>(words, on_name, on_type); });
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

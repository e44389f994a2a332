// The one walker over the ids and names of a record. No transform visits fields in any other way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "btf/kinds.h"

namespace btfx {

/// Calls `on_type(word)` for every type id in the record at `words`, header first, then element by element. `Word` may
/// be const; with a mutable one the visitor may rewrite. The record is whole and of any kind; unknown kinds have no
/// ids.
template <typename Word, typename OnType>
void visit_type_ids(Word* words, OnType&& on_type) {
  const InfoWord record(words[1]);
  const KindInfo& kind = kind_info(record.kind());
  if (kind.size_or_type == SizeOrType::type) on_type(words[2]);
  Word* payload = words + header_words;
  for (std::uint32_t i = 0; i < kind.fixed_types; ++i) on_type(payload[i]);
  if (kind.element_type < 0) return;
  Word* element = payload + kind.fixed_words + kind.element_type;
  for (std::uint32_t i = 0, n = record.vlen(); i < n; ++i, element += kind.element_words) on_type(*element);
}

/// Calls `on_name(word)` for every string offset in the record: its own name, then those of its elements.
template <typename Word, typename OnName>
void visit_names(Word* words, OnName&& on_name) {
  on_name(words[0]);
  const InfoWord record(words[1]);
  const KindInfo& kind = kind_info(record.kind());
  if (kind.element_name < 0) return;
  Word* element = words + header_words + kind.fixed_words + kind.element_name;
  for (std::uint32_t i = 0, n = record.vlen(); i < n; ++i, element += kind.element_words) on_name(*element);
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

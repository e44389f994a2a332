// The one walker over the ids and names of a record. No transform visits fields in any other way.
#pragma once

#include <cstdint>

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

}  // namespace btfx

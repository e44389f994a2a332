#include "btf/measure.h"

#include <algorithm>

#include "btf/type_groups.h"

namespace btfx {

TypeId strip_names(const Btf& btf, TypeId id) {
  return end_of_chain(
      btf, id, [](TypeView type) { return only_names(type.kind()) ? std::optional(type.target()) : std::nullopt; });
}

TypeId strip_modifiers(const Btf& btf, TypeId id) {
  return end_of_chain(
      btf, id, [](TypeView type) { return is_modifier(type.kind()) ? std::optional(type.target()) : std::nullopt; });
}

TypeId strip_to_value(const Btf& btf, TypeId id) {
  return end_of_chain(btf, id, [](TypeView type) {
    if (type.kind() == Kind::array) return std::optional(type.element());
    return is_modifier(type.kind()) || type.kind() == Kind::typedef_ ? std::optional(type.target()) : std::nullopt;
  });
}

std::optional<std::uint32_t> size_of(const Btf& btf, TypeId id) {
  const std::optional<Elements> elements = elements_of(btf, id);
  return elements ? size_of(btf, *elements) : std::nullopt;
}

unsigned Alignments::of(TypeId id, int depth) {
  for (int step = 0; step < max_chain; ++step) {
    const Kind kind = btf_.kind(id);
    if (kind == Kind::ptr) return btf_.pointer_size();  // without a look at it, as most members are one
    const TypeView type = btf_.type(id);
    if (only_names(kind)) {
      id = type.target();
    } else if (kind == Kind::array) {
      id = type.element();
    } else {
      return of(id, type, depth);
    }
  }
  return 0;
}

/// The same of a type that is neither a name for another nor an array.
unsigned Alignments::of(TypeId id, TypeView type, int depth) {
  if (type.kind() == Kind::ptr) return btf_.pointer_size();
  if (is_composite(type.kind())) return depth < max_chain ? look_at(id, depth).alignment : 0;
  if (kind_info(type.kind()).size_or_type != SizeOrType::size || type.kind() == Kind::datasec) return 0;
  return std::min(type.size(), btf_.pointer_size());
}

/// The same of what composites hold, remembered: most members of a kernel are of a few hundred types. That nothing can
/// be told is not remembered, as it may be due to where the member was met.
unsigned Alignments::of_member(TypeId type, int depth) {
  if (const unsigned known = known_[raw(type)].alignment; known != 0 && depth < max_chain) return known;
  const unsigned found = of(type, depth);
  if (found != 0) known_[raw(type)].alignment = static_cast<std::uint8_t>(found) & 0x3f;
  return found;
}

const Alignments::Known& Alignments::look_at(TypeId id, int depth) {
  Known& composite = known_[raw(id)];
  if (composite.is_looked_at) return composite;
  composite.is_looked_at = true;  // with alignment 0, should it be met inside itself
  const TypeView type = btf_.type(id);
  unsigned largest = 1;
  bool is_unknown = false, is_packed = false;
  for (std::uint32_t i = 0, n = type.vlen(); i < n && !is_packed; ++i) {
    const Member member = type.member(i);
    const unsigned alignment = of_member(member.type, depth + 1);
    if (alignment == 0) {
      is_unknown = true;
      continue;
    }
    largest = std::max(largest, alignment);
    is_packed = member.bitfield_size == 0 && member.bit_offset % (8 * alignment) != 0;
  }
  is_packed = is_packed || type.size() % largest != 0;
  composite.alignment = static_cast<std::uint8_t>(is_unknown ? 0 : is_packed ? 1 : largest) & 0x3f;
  composite.is_packed = is_packed;
  return composite;
}

void Alignments::look_at_all() {
  for (const TypeId id : btf_.groups().of(TypeGroup::composites)) look_at(id, 0);
}

}  // namespace btfx

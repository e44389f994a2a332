// Sizes and alignments of types, as far as BTF tells them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/zeroed_array.h"
#include "btf/btf.h"

namespace btfx {

/// How many modifiers, typedefs and arrays in a row are followed, by btfx as by the kernel (MAX_RESOLVE_DEPTH) and
/// libbpf. BTF may hold endless chains.
inline constexpr int max_chain = 32;

/// The type at which a chain ends. `next(type)` gives the id that a type of the chain leads on to, and nothing at the
/// end. Stops after max_chain steps, perhaps in the middle of a longer chain.
template <typename Next>
TypeId end_of_chain(const Btf& btf, TypeId id, Next&& next) {
  for (int step = 0; step < max_chain; ++step) {
    const std::optional<TypeId> target = next(btf.type(id));
    if (!target) break;
    id = *target;
  }
  return id;
}

/// The type behind typedefs, modifiers and tags; `id` itself when it is none of these. See end_of_chain().
TypeId strip_names(const Btf& btf, TypeId id);
/// The type behind modifiers alone.
TypeId strip_modifiers(const Btf& btf, TypeId id);
/// The type that a value of type `id` is made of: behind modifiers, typedefs and arrays.
TypeId strip_to_value(const Btf& btf, TypeId id);

/// Whether the kind gives another type a name or a qualifier, and its values nothing.
constexpr bool only_names(Kind kind) {
  switch (kind) {  // a test of one bit, on the way to every member's type
    case Kind::typedef_:
    case Kind::decl_tag:
    case Kind::var:
    case Kind::const_:
    case Kind::volatile_:
    case Kind::restrict_:
    case Kind::type_tag:
      return true;
    default:
      return false;
  }
}

/// A value as so many elements, whose type is neither a name for another nor an array.
struct Elements {
  TypeId id;  ///< of the type
  TypeView type;
  std::uint32_t count;
};
/// What a value of the type is made of. Nothing for endless chains, and where 32 bits do not hold the count. Inline,
/// since headers ask it of every member of a kernel.
inline std::optional<Elements> elements_of(const Btf& btf, TypeId id) {
  std::uint64_t count = 1;
  for (int step = 0; step < max_chain; ++step) {
    const TypeView type = btf.type(id);
    if (only_names(type.kind())) {
      id = type.target();
    } else if (type.kind() == Kind::array) {
      count *= type.element_count();
      if (count > UINT32_MAX) return std::nullopt;
      id = type.element();
    } else {
      return Elements{id, type, static_cast<std::uint32_t>(count)};
    }
  }
  return std::nullopt;
}

/// Bytes that all elements take; see size_of() of a type.
inline std::optional<std::uint32_t> size_of(const Btf& btf, const Elements& elements) {
  const TypeView type = elements.type;
  std::uint64_t size = 0;
  if (type.kind() == Kind::ptr) {
    size = btf.pointer_size();
  } else if (kind_info(type.kind()).size_or_type == SizeOrType::size) {
    size = type.size();
  } else {
    return std::nullopt;
  }
  size *= elements.count;
  return size > UINT32_MAX ? std::nullopt : std::optional(static_cast<std::uint32_t>(size));
}
/// Bytes that a value of the type takes: arrays multiplied, pointers by the BTF's pointer size. Nothing for void,
/// forward declarations, functions, endless chains, and what does not fit in 32 bits.
std::optional<std::uint32_t> size_of(const Btf& btf, TypeId id);

/// Natural alignments, remembered, since a composite's follows from those of its members.
class Alignments {
 public:
  explicit Alignments(const Btf& btf) : btf_(btf), known_(raw(btf.end_id())) {}
  /// The alignment that the type must have to be laid out as it is, in bytes: 1 for a packed composite; 0 when it
  /// cannot be told (void, functions, composites nested without end). Alignment by attribute alone leaves no trace in
  /// BTF.
  unsigned of(TypeId id) { return of(id, 0); }
  /// The same for what a value is made of.
  unsigned of(const Elements& elements) { return of(elements.id, elements.type, 0); }
  /// Whether C lays a composite out as it is only with the attribute `packed`: a member is not where its alignment
  /// wants it, or the size is not a multiple of the largest alignment.
  bool needs_packed(TypeId composite) { return look_at(composite, 0).is_packed; }
  /// Looks at all composites. From then on nothing is changed, so that many threads may ask.
  void look_at_all();

 private:
  struct Known {
    std::uint8_t alignment : 6 = 0;
    bool is_looked_at : 1 = false;  // of composites alone, as the next
    bool is_packed : 1 = false;
  };

  unsigned of(TypeId id, int depth);
  unsigned of_member(TypeId type, int depth);
  unsigned of(TypeId id, TypeView type, int depth);
  const Known& look_at(TypeId id, int depth);

  const Btf& btf_;
  ZeroedArray<Known> known_;  // by id, of composites and of what has been met as a member's type
};

}  // namespace btfx

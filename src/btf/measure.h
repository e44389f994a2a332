// Sizes and alignments of types, as far as BTF tells them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

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

/// Bytes that a value of the type takes: arrays multiplied, pointers by the BTF's pointer size. Nothing for void,
/// forward declarations, functions, endless chains, and what does not fit in 32 bits.
std::optional<std::uint32_t> size_of(const Btf& btf, TypeId id);

/// Natural alignments, remembered, since a composite's follows from those of its members.
class Alignments {
 public:
  explicit Alignments(const Btf& btf) : btf_(btf), composites_(raw(btf.end_id())) {}
  /// The alignment that the type must have to be laid out as it is, in bytes: 1 for a packed composite; 0 when it
  /// cannot be told (void, functions, composites nested without end). Alignment by attribute alone leaves no trace in
  /// BTF.
  unsigned of(TypeId id) { return of(id, 0); }
  /// Whether C lays a composite out as it is only with the attribute `packed`: a member is not where its alignment
  /// wants it, or the size is not a multiple of the largest alignment.
  bool needs_packed(TypeId composite) { return look_at(composite, 0).is_packed; }
  /// Looks at all composites. From then on nothing is changed, so that many threads may ask.
  void look_at_all();

 private:
  struct Composite {
    std::uint8_t alignment : 6 = 0;
    bool is_known : 1 = false;
    bool is_packed : 1 = false;
  };

  unsigned of(TypeId id, int depth);
  const Composite& look_at(TypeId id, int depth);

  const Btf& btf_;
  std::vector<Composite> composites_;  // by id
};

}  // namespace btfx

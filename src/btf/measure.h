// Sizes and alignments of types, as far as BTF tells them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// The type behind typedefs, modifiers and tags; `id` itself when it is none of these. Stops after 32 steps, as the
/// kernel and libbpf do.
TypeId strip_names(const Btf& btf, TypeId id);

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
  /// wants it, or the size is no multiple of the largest alignment.
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

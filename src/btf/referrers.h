// The references of a BTF the other way round: which types refer to a type.
#pragma once

#include <cstdint>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// A type that refers to another, and by which of its references, as visit_type_ids() counts them: the first that does.
struct Referrer {
  TypeId id;
  std::uint32_t element;

 private:
  friend class Referrers;
  Referrer(TypeId who, std::uint32_t which, std::uint32_t following) : id(who), element(which), next(following) {}
  std::uint32_t next;  // 1 + the index of the next one, or 0
};

/// For each type from `first` on the types of `btf` itself that refer to it, lowest id first and each once. Declaration
/// tags are none of them, nor is a type that refers to itself. Made in one pass; memory in proportion to the
/// references.
class Referrers {
 public:
  Referrers(const Btf& btf, TypeId first);

  /// The first one of the type `id`, or null. `id` is from the given first one on.
  [[nodiscard]] const Referrer* first(TypeId id) const { return at(heads_[raw(id) - first_]); }
  /// The one after, or null.
  [[nodiscard]] const Referrer* next(const Referrer& referrer) const { return at(referrer.next); }

 private:
  [[nodiscard]] const Referrer* at(std::uint32_t link) const { return link == 0 ? nullptr : &referrers_[link - 1]; }

  std::uint32_t first_;
  std::vector<std::uint32_t> heads_;  // links, as Referrer::next
  std::vector<Referrer> referrers_;
};

}  // namespace btfx

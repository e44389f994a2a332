// Which types a dump is about, and in which order.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// Types by name and kind. An empty list does not restrict.
struct TypeFilter {
  std::vector<std::string> names;  ///< shell globs; a type needs to match one. Anonymous types match none
  std::vector<Kind> kinds;         ///< a type needs to be of one of these

  [[nodiscard]] bool matches(TypeView type) const;
};

/// An ordered list of types of one BTF.
class TypeSelection {
 public:
  /// Every type that `btf` holds itself, by ascending id: without those of its base, and without void.
  static TypeSelection own(const Btf& btf);
  /// The given ids in the given order; ids of the base and void are allowed. Throws Error(usage) for an id that `btf`
  /// does not have.
  static TypeSelection listed(const Btf& btf, std::vector<TypeId> ids);
  /// The own types of `btf` that match, by ascending id.
  static TypeSelection matching(const Btf& btf, const TypeFilter& filter);

  [[nodiscard]] std::size_t size() const { return is_range_ ? range_size_ : ids_.size(); }
  [[nodiscard]] TypeId operator[](std::size_t i) const {
    return is_range_ ? first_ + static_cast<std::uint32_t>(i) : ids_[i];
  }

 private:
  explicit TypeSelection(std::vector<TypeId> ids) : ids_(std::move(ids)) {}
  TypeSelection(TypeId first, std::uint32_t size) : is_range_(true), first_(first), range_size_(size) {}

  bool is_range_ = false;  // all own types need no list
  TypeId first_ = void_id;
  std::uint32_t range_size_ = 0;
  std::vector<TypeId> ids_;
};

}  // namespace btfx

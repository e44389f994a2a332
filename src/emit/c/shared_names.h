// Which names in a C header depend on the order in which they are asked for: those that more than one has.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "emit/c/kfuncs.h"
#include "emit/c/name_table.h"
#include "emit/c/names.h"

namespace btfx {

/// Looks at the names of all types and enumerators. What CNames calls the others is known beforehand, so that they may
/// be written in any order, by many threads.
class SharedNames {
 public:
  /// `btf` outlives it.
  explicit SharedNames(const Btf& btf, CNameRules rules = {});

  /// Whether all types and enumerators are called as they are in C: what it says of others is of no use.
  [[nodiscard]] bool are_identifiers() const { return are_identifiers_; }

  /// Whether another type or enumerator may be called like the type, or like one of its enumerators.
  [[nodiscard]] bool contains(TypeId id) const { return is_shared_[raw(id)]; }
  /// Whether a typedef or an enumerator may be called like one of the functions.
  [[nodiscard]] bool may_clash(std::span<const Kfunc> functions) const;

 private:
  /// Tags have a scope of their own in C; in C++ typedefs are in both.
  enum class Scope : std::uint32_t { tags = 0, identifiers = 1 };

  struct Use {
    std::uint32_t hash;  // its lowest bit is the scope, which stands there alone before it is known
    StringOffset name;
    TypeId id;
  };

  template <typename OnName>
  void for_each_name(const OnName& on_name) const;
  [[nodiscard]] bool is_identifier_at(StringOffset offset) const;
  const char* allowed(StringOffset offset);
  [[nodiscard]] static std::uint32_t hash(Scope scope, const char* name);

  const Btf& btf_;
  CNameRules rules_;
  const OddStrings& odd_strings_;
  bool are_identifiers_ = true;
  std::vector<Use> uses_;
  std::vector<bool> is_shared_;  // by id
  std::deque<std::string> kept_;
};

}  // namespace btfx

// Which names are taken inside a class: C++ looks there first, C never does.
#pragma once

#include <algorithm>
#include <bitset>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "btf/btf.h"
#include "emit/c/name_table.h"

namespace btfx {

/// The members of the composites that are just being written, from the outermost in. Members of an anonymous composite
/// without a name of its own belong to the one around it.
class CScopes {
 public:
  explicit CScopes(const Btf& btf) : btf_(btf) {}

  void enter(TypeId composite);
  void leave() { scopes_.pop_back(); }
  /// Whether any member in any of the scopes has that name.
  [[nodiscard]] bool contains(std::string_view name);
  /// The same for the name of a typedef: what is asked most, and of which the answer is nearly always no.
  [[nodiscard]] bool contains_typedef(std::string_view name) const;
  /// Whether contains_typedef() may be true of any name.
  [[nodiscard]] bool may_contain_typedefs() const {
    return std::ranges::any_of(scopes_, [](const Scope& scope) { return !scope.like_typedefs.empty(); });
  }
  /// Whether the innermost class itself has that name.
  [[nodiscard]] bool is_class_name(std::string_view name) const {
    return !name.empty() && !scopes_.empty() && scopes_.back().class_name == name;
  }

 private:
  using Names = std::unordered_set<std::string_view>;
  struct Scope {
    TypeId composite;
    std::string_view class_name;
    Names like_typedefs;           // the members that have the name of a typedef
    std::optional<Names> members;  // all of them, once somebody has asked for them
  };

  void look_for_typedefs();
  template <typename OnName>
  void for_each_member(TypeId composite, const OnName& on_name, unsigned depth = 0) const;

  const Btf& btf_;
  std::vector<Scope> scopes_;
  bool knows_typedefs_ = false;
  std::bitset<std::size_t{1} << 16> typedef_beginnings_;  // a bit for each name of a typedef, to look at first
  NameTable typedefs_;                                    // these names
};

}  // namespace btfx

// Which names are taken inside a class: C++ looks there first, C never does.
#pragma once

#include <string_view>
#include <unordered_set>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// The members of the composites that are just being written, from the outermost in. Members of an anonymous composite
/// without a name of its own belong to the one around it.
class CScopes {
 public:
  explicit CScopes(const Btf& btf) : btf_(btf) {}

  void enter(TypeId composite);
  void leave() { scopes_.pop_back(); }
  /// Whether any member in any of the scopes has that name.
  [[nodiscard]] bool contains(std::string_view name) const;
  /// Whether the innermost class itself has that name.
  [[nodiscard]] bool is_class_name(std::string_view name) const {
    return !name.empty() && !scopes_.empty() && scopes_.back().class_name == name;
  }

 private:
  void collect(TypeId composite, std::unordered_set<std::string_view>& names, unsigned depth) const;

  const Btf& btf_;
  struct Scope {
    std::string_view class_name;
    std::unordered_set<std::string_view> members;
  };
  std::vector<Scope> scopes_;
};

}  // namespace btfx

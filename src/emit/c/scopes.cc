#include "emit/c/scopes.h"

#include <algorithm>

#include "btf/measure.h"

namespace btfx {

void CScopes::enter(TypeId composite) {
  Scope& scope = scopes_.emplace_back();
  scope.class_name = btf_.type(composite).name();
  collect(composite, scope.members, 0);
}

bool CScopes::contains(std::string_view name) const {
  return std::ranges::any_of(scopes_, [&](const Scope& scope) { return scope.members.contains(name); });
}

void CScopes::collect(TypeId composite, std::unordered_set<std::string_view>& names, unsigned depth) const {
  constexpr unsigned max_depth = 64;  // deeper ones are compiled by nobody
  if (depth == max_depth) return;
  const TypeView type = btf_.type(composite);
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    const Member member = type.member(i);
    if (const std::string_view name = type.btf().string(member.name); !name.empty()) {
      names.insert(name);
    } else if (const TypeId inner = strip_names(btf_, member.type); is_composite(btf_.type(inner).kind())) {
      collect(inner, names, depth + 1);
    }
  }
}

}  // namespace btfx

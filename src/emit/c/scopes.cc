#include "emit/c/scopes.h"

#include <algorithm>
#include <cstdint>

#include "btf/measure.h"
#include "btf/name_hash.h"
#include "btf/type_groups.h"

namespace btfx {

namespace {
/// The lower bits of a name's hash, as many as name a bit.
std::size_t short_hash(std::string_view name) {
  return hash_name(name) & 0xffff;
}
}  // namespace

void CScopes::enter(TypeId composite) {
  if (!knows_typedefs_) look_for_typedefs();
  Scope& scope = scopes_.emplace_back(Scope{composite, btf_.type(composite).name(), {}, {}});
  for_each_member(composite, [&](std::string_view name) {
    if (typedef_hashes_.test(short_hash(name)) && typedefs_.contains(name.data())) scope.like_typedefs.insert(name);
  });
}

bool CScopes::contains(std::string_view name) {
  return std::ranges::any_of(scopes_, [&](Scope& scope) {
    if (!scope.members) {
      Names& members = scope.members.emplace();
      for_each_member(scope.composite, [&](std::string_view member) { members.insert(member); });
    }
    return scope.members->contains(name);
  });
}

bool CScopes::contains_typedef(std::string_view name) const {
  return std::ranges::any_of(
      scopes_, [&](const Scope& scope) { return !scope.like_typedefs.empty() && scope.like_typedefs.contains(name); });
}

void CScopes::look_for_typedefs() {
  knows_typedefs_ = true;
  for (const TypeId id : btf_.groups().of(TypeGroup::typedefs)) {
    const TypeView type = btf_.type(id);
    typedef_hashes_.set(short_hash(type.name()));
    ++typedefs_[type.btf().c_string(type.name_offset())];
  }
}

template <typename OnName>
void CScopes::for_each_member(TypeId composite, const OnName& on_name, unsigned depth) const {
  constexpr unsigned max_depth = 64;  // deeper ones are compiled by nobody
  if (depth == max_depth) return;
  const TypeView type = btf_.type(composite);
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    const Member member = type.member(i);
    if (const std::string_view name = type.btf().string(member.name); !name.empty()) {
      on_name(name);
    } else if (const TypeId inner = strip_names(btf_, member.type); is_composite(btf_.type(inner).kind())) {
      for_each_member(inner, on_name, depth + 1);
    }
  }
}

}  // namespace btfx

#include "emit/c/scopes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/endian.h"
#include "btf/measure.h"
#include "btf/type_groups.h"
#include "emit/dump/name_text.h"

namespace btfx {

namespace {
/// A number of sixteen bits for the first eight bytes of a name: what most names are told by, without a look at their
/// ends.
std::size_t beginning(NameText name) {
  std::uint64_t word = 0;
  if (name.readable >= sizeof word) {
    word = load<std::uint64_t>(reinterpret_cast<const std::byte*>(name.text), ByteOrder::little);
    // The lowest bit is that of the first NUL; it and what is above is of no name, or of the next.
    constexpr std::uint64_t ones = 0x0101010101010101;
    const std::uint64_t ends = (word - ones) & ~word & (ones << 7);
    word &= (ends & (0 - ends)) - 1;
  } else {
    std::array<std::byte, sizeof word> bytes{};
    std::memcpy(bytes.data(), name.text, ::strnlen(name.text, bytes.size()));
    word = load<std::uint64_t>(bytes.data(), ByteOrder::little);
  }
  return word * 0x9e3779b97f4a7c15 >> 48;
}
}  // namespace

void CScopes::enter(TypeId composite) {
  if (!knows_typedefs_) look_for_typedefs();
  Scope& scope = scopes_.emplace_back(Scope{composite, btf_.type(composite).name(), {}, {}});
  for_each_member(composite, [&](NameText name) {
    if (typedef_beginnings_.test(beginning(name)) && typedefs_.contains(name.text)) {
      scope.like_typedefs.insert(name.text);
    }
  });
}

bool CScopes::contains(std::string_view name) {
  return std::ranges::any_of(scopes_, [&](Scope& scope) {
    if (!scope.members) {
      Names& members = scope.members.emplace();
      for_each_member(scope.composite, [&](NameText member) { members.insert(member.text); });
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
    const NameText name = name_text(type.btf(), type.name_offset());
    typedef_beginnings_.set(beginning(name));
    ++typedefs_[name.text];
  }
}

template <typename OnName>
void CScopes::for_each_member(TypeId composite, const OnName& on_name, unsigned depth) const {
  constexpr unsigned max_depth = 64;  // deeper ones are compiled by nobody
  if (depth == max_depth) return;
  const TypeView type = btf_.type(composite);
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    const Member member = type.member(i);
    if (const NameText name = name_text(type.btf(), member.name); !name.empty()) {
      on_name(name);
    } else if (const TypeId inner = strip_names(btf_, member.type); is_composite(btf_.type(inner).kind())) {
      for_each_member(inner, on_name, depth + 1);
    }
  }
}

}  // namespace btfx

#include "run/reading/asked_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/suggest.h"

namespace btfx {

std::vector<std::string> type_names(std::span<const BtfPtr> btfs) {
  std::set<std::string_view> names;
  for (const BtfPtr& btf : btfs) {
    for (TypeId id{1}; id != btf->end_id(); ++id) {
      if (const TypeView type = btf->type(id); type.is_named()) names.insert(type.name());
    }
  }
  return {names.begin(), names.end()};
}

MemberName split_member(const std::string& name) {
  const std::size_t dot = name.find('.', 1);
  if (dot == std::string::npos) return {name, {}};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string unknown_name_text(const std::string& name, std::string_view place, const std::vector<std::string>& known) {
  const MemberName parts = split_member(name);
  if (!parts.member.empty() && std::ranges::binary_search(known, parts.type)) {
    return fmt::format("'{}' has no '{}' in {}", parts.type, parts.member, place);
  }
  return fmt::format("nothing is called '{}' in {}{}", parts.type, place, did_you_mean(parts.type, known));
}

}  // namespace btfx

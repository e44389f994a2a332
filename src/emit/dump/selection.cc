#include "emit/dump/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/glob.h"

namespace btfx {

bool TypeFilter::matches(TypeView type) const {
  if (!kinds.empty() && std::ranges::find(kinds, type.kind()) == kinds.end()) return false;
  if (names.empty()) return true;
  if (!type.is_named()) return false;
  return matches_any_glob(names, type.btf().c_string(type.name_offset()));
}

TypeSelection TypeSelection::own(const Btf& btf) {
  return {btf.first_id(), btf.own_types()};
}

TypeSelection TypeSelection::listed(const Btf& btf, std::vector<TypeId> ids) {
  for (const TypeId id : ids) {
    if (!btf.contains(id)) throw Error(ErrorCode::usage, fmt::format("invalid root ID: {}", raw(id)));
  }
  return TypeSelection(std::move(ids));
}

TypeSelection TypeSelection::matching(const Btf& btf, const TypeFilter& filter) {
  const GlobSet names(filter.names);
  const TypeFilter kinds{.names = {}, .kinds = filter.kinds};
  std::vector<TypeId> ids;
  for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    const bool is_named_so =
        filter.names.empty() || (type.is_named() && names.matches(type.btf().c_string(type.name_offset())));
    if (is_named_so && kinds.matches(type)) ids.push_back(id);
  }
  return TypeSelection(std::move(ids));
}

}  // namespace btfx

#include "emit/dump/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
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

namespace {

/// Calls `take(id)` for the types of a BTF itself whose names match, in their order.
template <typename Take>
void for_each_named(const Btf& btf, const GlobSet& names, const Take& take) {
  // Nothing tells beforehand which types have a name, and which names begin like one that is looked for, so that each
  // question is asked of many types without a branch, and the next one of those that are left.
  constexpr std::size_t batch = 512;
  std::array<std::uint32_t, batch> left{};
  const std::vector<std::uint32_t>& starts = btf.own_starts();
  const std::uint32_t* words = btf.own_words().data();
  const auto name_of = [&](std::uint32_t type) { return btf.c_string(StringOffset{words[starts[type]]}); };
  for (std::size_t first = 0; first < starts.size(); first += batch) {
    std::size_t named = 0, likely = 0;
    for (std::size_t i = first; i < std::min(first + batch, starts.size()); ++i) {
      left[named] = static_cast<std::uint32_t>(i);
      named += words[starts[i]] != 0 ? 1 : 0;
    }
    for (std::size_t i = 0; i < named; ++i) {
      const std::uint32_t type = left[i];
      left[likely] = type;
      likely += names.may_match(name_of(type)) ? 1 : 0;
    }
    for (std::size_t i = 0; i < likely; ++i) {
      if (names.matches(name_of(left[i]))) take(btf.first_id() + left[i]);
    }
  }
}

}  // namespace

TypeSelection TypeSelection::matching(const Btf& btf, const TypeFilter& filter) {
  const TypeFilter kinds{.names = {}, .kinds = filter.kinds};
  std::vector<TypeId> ids;
  const auto take = [&](TypeId id) {
    if (kinds.matches(btf.type(id))) ids.push_back(id);
  };
  if (filter.names.empty()) {
    for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) take(id);
  } else {
    for_each_named(btf, GlobSet(filter.names), take);
  }
  return TypeSelection(std::move(ids));
}

}  // namespace btfx

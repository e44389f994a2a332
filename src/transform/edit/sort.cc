#include "transform/edit/sort.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "btf/builder.h"
#include "btf/fields.h"

namespace btfx {

SortedBtf sort_types(const Btf& btf, ByteOrder order, std::uint32_t header_length) {
  if (btf.has_unknown_kinds()) {
    throw Error(ErrorCode::unsupported, "holds types of unknown kinds, which cannot be renumbered");
  }
  const std::uint32_t first = raw(btf.first_id());
  std::vector<std::string_view> names(btf.own_types());
  for (std::uint32_t i = 0; i < names.size(); ++i) names[i] = btf.type(TypeId{first + i}).name();
  std::vector<std::uint32_t> sorted(names.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::ranges::stable_sort(sorted, {}, [&](std::uint32_t i) { return names[i]; });

  std::vector<TypeId> new_ids(sorted.size());
  for (std::uint32_t i = 0; i < sorted.size(); ++i) new_ids[sorted[i]] = TypeId{first + i};
  std::vector<std::uint32_t> words;
  words.reserve(btf.own_words().size());
  for (const std::uint32_t i : sorted) {
    const std::span<const std::uint32_t> record = btf.type(TypeId{first + i}).words();
    words.insert(words.end(), record.begin(), record.end());
    visit_type_ids(words.data() + (words.size() - record.size()), [&](std::uint32_t& id) {
      if (id >= first) id = raw(new_ids[id - first]);
    });
  }
  return {assemble_btf(words, btf.own_strings(), order, header_length, layout_section(btf)), std::move(new_ids)};
}

}  // namespace btfx

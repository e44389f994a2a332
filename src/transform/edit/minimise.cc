#include "transform/edit/minimise.h"

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "btf/builder.h"
#include "btf/fields.h"

namespace btfx {

namespace {

/// Marks what the roots reach: 1 for ids that are kept, void not among them.
std::vector<std::uint32_t> mark(const Btf& btf, std::span<const TypeId> roots) {
  std::vector<std::uint32_t> kept(raw(btf.end_id()));
  std::vector<TypeId> pending;
  const auto keep = [&](TypeId id) {
    if (id == void_id || kept[raw(id)] != 0) return;
    kept[raw(id)] = 1;
    pending.push_back(id);
  };
  for (const TypeId root : roots) keep(root);
  while (!pending.empty()) {
    const TypeView type = btf.type(pending.back());
    if (!is_known(type.kind()) || type.kind() == Kind::unkn) {
      throw Error(ErrorCode::unsupported, "is of an unknown kind, so what it refers to cannot be known",
                  {.type_id = raw(pending.back())});
    }
    pending.pop_back();
    visit_type_ids(type.record(), [&](std::uint32_t id) { keep(TypeId{id}); });
  }
  return kept;
}

}  // namespace

Bytes minimise(const Btf& btf, std::span<const TypeId> roots, ByteOrder order) {
  std::vector<std::uint32_t> new_ids = mark(btf, roots);
  BtfBuilder result;
  for (std::uint32_t id = 1; id < new_ids.size(); ++id) {
    if (new_ids[id] != 0) new_ids[id] = raw(result.copy(btf.type(TypeId{id})));
  }
  for (TypeId id = result.first_id(); id != result.end_id(); ++id) {
    std::uint32_t* words = result.record(id).data();
    clear_forward_word(words);
    visit_type_ids(words, [&](std::uint32_t& target) { target = new_ids[target]; });
  }
  return assemble_btf(result.words(), result.strings().bytes(), order, BtfHeader::layout_header_length,
                      layout_section(btf));
}

}  // namespace btfx

#include "transform/edit/rebase.h"

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "btf/builder.h"
#include "btf/fields.h"

namespace btfx {

Bytes rebase(const Btf& standalone, const Btf& base, ByteOrder order) {
  if (standalone.is_split()) throw Error(ErrorCode::unsupported, "is split BTF already");
  if (standalone.has_unknown_kinds()) {
    throw Error(ErrorCode::unsupported, "holds types of unknown kinds, which cannot be renumbered");
  }
  const std::uint32_t more_ids = raw(base.end_id()) - 1, more_strings = base.string_end();
  if (std::uint64_t{raw(standalone.end_id())} + more_ids > 0x7fffffff ||
      std::uint64_t{standalone.string_end()} + more_strings > 0xffffffff) {
    throw Error(ErrorCode::unsupported, "is too large to continue that base");
  }
  const std::span<const std::uint32_t> source = standalone.own_words();
  std::vector<std::uint32_t> words(source.begin(), source.end());
  for_each_record(std::span(words), [&](std::uint32_t* record) {
    // Void and the empty name belong to every BTF: they stay 0.
    visit_type_ids(record, [&](std::uint32_t& id) { id = id == 0 ? 0 : id + more_ids; });
    visit_names(record, [&](std::uint32_t& name) { name = name == 0 ? 0 : name + more_strings; });
  });
  return assemble_btf(words, standalone.own_strings(), order, BtfHeader::layout_header_length,
                      layout_section(standalone));
}

}  // namespace btfx

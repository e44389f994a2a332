// An object with .BTF_ids and the BTF to resolve them against: what its symbols say, and what is made of them.
#include "btf/ids.h"

#include <cstdlib>
#include <optional>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "fuzz.h"
#include "image/elf.h"
#include "transform/ids/ids_check.h"
#include "transform/ids/ids_listing.h"
#include "transform/ids/implicit_args.h"
#include "transform/ids/resolve_ids.h"

namespace {

using namespace btfx;

BtfPtr btf_of(const ElfFile& elf) {
  const ElfSection* section = elf.find(".BTF");
  const ElfSection* base = elf.find(".BTF.base");
  if (section == nullptr) throw Error(ErrorCode::no_btf, "has no BTF");
  return Btf::parse(elf.contents(*section), base == nullptr ? nullptr : Btf::parse(elf.contents(*base)));
}

std::size_t listed(const BtfIds& ids, const Btf& btf) {
  std::size_t count = 0;
  for (const IdGroup& group : list_ids(ids, btf)) count += group.ids.size();
  return count;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const ElfFile elf = ElfFile::parse(test::input_bytes(data, size));
    const std::optional<BtfIds> ids = BtfIds::read(elf);
    if (!ids) return 0;
    const Bytes before = ids->bytes();
    if (before.size() != elf.contents(*elf.find(BtfIds::section_name)).size()) std::abort();
    const BtfPtr btf = btf_of(elf);
    find_resolved_before(*ids, *btf);
    check_ids(*ids, *btf, true);
    const std::vector<TypeId> kfuncs = implicit_kfuncs(*btf, *ids);
    if (!kfuncs.empty()) {
      const BtfPtr split = Btf::parse(split_implicit_args(*btf, kfuncs), btf->base());
      if (split->own_types() <= btf->own_types()) std::abort();
    }
    const std::size_t count = listed(*ids, *btf);
    const ResolvedIds resolved = resolve_ids(*ids, *btf);
    if (resolved.resolved + resolved.unresolved != ids->entries().size()) std::abort();
    if (resolved.ids.bytes().size() != before.size() || listed(resolved.ids, *btf) != count) std::abort();
  } catch (const Error&) {
  }
  return 0;
}

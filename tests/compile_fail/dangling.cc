// Views of temporaries must not compile. Case 0 is sound and must compile; each other one would leave a view of
// something that is gone at the end of the line.
#include <utility>

#include "btf/btf.h"
#include "btf/raw_btf.h"
#include "image/elf.h"
#include "results/change.h"
#include "transform/diff/diff.h"
#include "transform/relocate/affects.h"

using namespace btfx;

Diff difference();

#if CASE == 0
TypeView type_of(const BtfPtr& btf) {
  return btf->type(TypeId{1});
}
std::uint32_t types_in(const Bytes& blob) {
  return (*Btf::parse(blob)).own_types();
}
RawBtf raw_of(const BtfPtr& btf) {
  return RawBtf::of(btf);
}
Affects affects_of(const Diff& diff) {
  return Affects(diff);
}
#elif CASE == 1
TypeView type_of(const Bytes& blob) {
  return Btf::parse(blob)->type(TypeId{1});
}
#elif CASE == 2
RawBtf raw_of(const Bytes& blob) {
  return RawBtf::of(Btf::parse(blob));
}
#elif CASE == 3
Affects affects() {
  return Affects(difference());
}
#elif CASE == 4
ByteView view_of(const Bytes& bytes) {
  return Bytes(bytes).view();
}
#elif CASE == 5
const ElfSection* section_of(const Bytes& bytes) {
  return ElfFile::parse(bytes).find(".BTF");
}
#elif CASE == 6
std::string_view name_of(BtfPtr btf) {
  return std::move(btf)->string(StringOffset{1});
}
#endif

#include "emit/c_padding.h"

namespace btfx {

bool needs_packed(const Btf& btf, TypeId id, Alignments& alignments) {
  const TypeView type = btf.type(id);
  unsigned largest = 1;
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    const Member member = type.member(i);
    const unsigned alignment = alignments.of(member.type);
    if (alignment != 0 && member.bitfield_size == 0 && member.bit_offset % (std::uint64_t{8} * alignment) != 0) {
      return true;
    }
    largest = std::max(largest, alignment);
  }
  return type.size() % largest != 0;
}

}  // namespace btfx

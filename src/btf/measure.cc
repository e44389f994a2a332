#include "btf/measure.h"

#include <algorithm>

namespace btfx {

namespace {

constexpr int max_steps = 32;  // what libbpf and the kernel allow

bool only_names(Kind kind) {
  return is_modifier(kind) || kind == Kind::typedef_ || kind == Kind::decl_tag || kind == Kind::var;
}

}  // namespace

TypeId strip_names(const Btf& btf, TypeId id) {
  for (int step = 0; step < max_steps && only_names(btf.type(id).kind()); ++step) id = btf.type(id).target();
  return id;
}

std::optional<std::uint32_t> size_of(const Btf& btf, TypeId id) {
  std::uint64_t count = 1;
  for (int step = 0; step < max_steps; ++step) {
    const TypeView type = btf.type(id);
    std::uint64_t size = 0;
    if (only_names(type.kind())) {
      id = type.target();
      continue;
    }
    if (type.kind() == Kind::array) {
      count *= type.element_count();
      if (count > UINT32_MAX) return std::nullopt;
      id = type.element();
      continue;
    }
    if (type.kind() == Kind::ptr) {
      size = btf.pointer_size();
    } else if (info(type.kind()).third == ThirdWord::size) {
      size = type.size();
    } else {
      return std::nullopt;
    }
    size *= count;
    return size > UINT32_MAX ? std::nullopt : std::optional(static_cast<std::uint32_t>(size));
  }
  return std::nullopt;
}

unsigned Alignments::of(TypeId id, int depth) {
  for (int step = 0; step < max_steps; ++step) {
    const TypeView type = btf_.type(id);
    if (only_names(type.kind())) {
      id = type.target();
    } else if (type.kind() == Kind::array) {
      id = type.element();
    } else if (type.kind() == Kind::ptr) {
      return btf_.pointer_size();
    } else if (!is_composite(type.kind())) {
      if (info(type.kind()).third != ThirdWord::size || type.kind() == Kind::datasec) return 0;
      return std::min(type.size(), btf_.pointer_size());
    } else {
      if (depth >= max_steps) return 0;
      if (composites_[raw(id)] != 0) return composites_[raw(id)] - 1U;
      unsigned result = 1;
      for (std::uint32_t i = 0; i < type.vlen(); ++i) {
        const Member member = type.member(i);
        const unsigned alignment = of(member.type, depth + 1);
        if (alignment == 0) {
          result = 0;
          break;
        }
        result = std::max(result, alignment);
        if (member.bitfield_size == 0 && member.bit_offset % (std::uint64_t{8} * alignment) != 0) {
          result = 1;
          break;
        }
      }
      if (result != 0 && type.size() % result != 0) result = 1;
      composites_[raw(id)] = static_cast<std::uint8_t>(result + 1);
      return result;
    }
  }
  return 0;
}

}  // namespace btfx

#include "btf/string_table.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "btf/names.h"

namespace btfx {

StringTable::StringTable(std::uint32_t start) {
  reset(start, 0);
}

void StringTable::reset(std::uint32_t start, std::size_t expected) {
  start_ = start;
  bytes_.clear();
  if (start == 0) bytes_.push_back('\0');
  slots_.assign(std::bit_ceil(std::max<std::size_t>(64, expected * 3 / 2)), Slot{});
  used_ = 0;
}

std::size_t StringTable::slot_of(std::string_view text, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].offset != 0) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && std::string_view(bytes_).substr(slot.offset - 1, slot.length) == text) break;
    at = (at + 1) & mask;
  }
  return at;
}

StringOffset StringTable::find(std::string_view text) const {
  if (text.empty()) return StringOffset{0};
  const Slot& slot = slots_[slot_of(text, hash_name(text))];
  return StringOffset{slot.offset == 0 ? 0 : start_ + slot.offset - 1};
}

StringOffset StringTable::add(std::string_view text) {
  if (text.empty()) return StringOffset{0};
  const std::uint32_t hash = hash_name(text);
  std::size_t at = slot_of(text, hash);
  if (slots_[at].offset == 0) {
    if (std::uint64_t{end()} + text.size() + 1 > 0xffffffff) throw Error(ErrorCode::unsupported, "too many strings");
    if ((used_ + 1) * 4 > slots_.size() * 3) {
      grow();
      at = slot_of(text, hash);
    }
    slots_[at] = {hash, static_cast<std::uint32_t>(bytes_.size()) + 1, static_cast<std::uint32_t>(text.size())};
    ++used_;
    bytes_.append(text);
    bytes_.push_back('\0');
  }
  return StringOffset{start_ + slots_[at].offset - 1};
}

void StringTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.offset == 0) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].offset != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace btfx

#include "emit/c_names.h"

#include <fmt/format.h>

#include <utility>

#include "btf/names.h"

namespace btfx {

namespace {
constexpr std::size_t max_type_name = 255;  // libbpf's buffer; enumerators are not cut
}

CNames::CNames(const Btf& btf) : btf_(btf), states_(raw(btf.end_id())) {}

std::uint32_t CNames::Counter::count(std::string_view name) {
  const std::uint32_t hash = hash_name(name);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].name != nullptr; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.hash == hash && std::string_view(slot.name, slot.length) == name) return ++slot.count;
  }
  slots_[at] = {name.data(), static_cast<std::uint32_t>(name.size()), hash, 1};
  if (++used_ * 2 > slots_.size()) grow();
  return 1;
}

void CNames::Counter::grow() {
  std::vector<Slot> old(slots_.size() * 4);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.name == nullptr) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].name != nullptr) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

NameText CNames::type(TypeId id) {
  const TypeView type = btf_.type(id);
  if (!type.is_named()) return {};
  State& state = states_[raw(id)];
  if (state == State::renamed) return renamed_.at(raw(id));
  const NameText name = name_text(type.btf(), type.name_offset());
  if (state == State::plain) return name;
  state = State::plain;
  // Declarations may be repeated.
  if (type.kind() == Kind::fwd || (type.kind() == Kind::enum_ && type.vlen() == 0)) return name;
  const std::uint32_t count = (type.kind() == Kind::typedef_ ? identifiers_ : tags_).count(name.text);
  if (count == 1) return name;
  std::string unique = fmt::format("{}___{}", name.text, count);
  if (unique.size() > max_type_name) unique.resize(max_type_name);
  state = State::renamed;
  return renamed_[raw(id)] = keep(std::move(unique));
}

NameText CNames::enumerator(const Btf& owner, StringOffset offset) {
  const NameText name = name_text(owner, offset);
  const std::uint32_t count = identifiers_.count(name.text);
  return count == 1 ? name : keep(fmt::format("{}___{}", name.text, count));
}

NameText CNames::keep(std::string name) {
  kept_.push_back(std::move(name));
  return {kept_.back().c_str(), kept_.back().size() + 1};
}

}  // namespace btfx

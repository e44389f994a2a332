#include "emit/c/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "btf/names.h"
#include "emit/c/words.h"

namespace btfx {

namespace {
constexpr std::size_t max_type_name = 255;  // libbpf's buffer; enumerators are not cut

bool has_tag(Kind kind) {
  return is_composite(kind) || is_enum(kind) || kind == Kind::fwd;
}
}  // namespace

CNames::CNames(const Btf& btf, CNameRules rules) : btf_(btf), rules_(rules), states_(raw(btf.end_id())) {}

std::uint32_t CNames::Counter::count(const char* name) {
  const std::uint32_t hash = hash_name(name);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].name != nullptr; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.hash == hash && std::strcmp(slot.name, name) == 0) return ++slot.count;
  }
  slots_[at] = {name, hash, 1};
  if (++used_ * 4 > slots_.size() * 3) grow();
  return 1;
}

void CNames::Counter::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.name == nullptr) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].name != nullptr) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

NameText CNames::allowed(NameText name, bool taken) {
  if (!taken && (!rules_.cplusplus || !is_cplusplus_keyword(name.text))) return name;
  return keep(fmt::format("{}_", name.text));
}

NameText CNames::global(NameText name) {
  if (!rules_.avoid_libc || !is_libc_name(name.text)) return allowed(name);
  return keep(fmt::format("vmlinux_{}", name.text));
}

/// How many types, this one included, have asked for the name.
std::uint32_t CNames::count_type(TypeView type, const char* name) {
  if (type.kind() != Kind::typedef_) return tags_.count(name);
  const std::uint32_t count = identifiers_.count(name);
  return rules_.cplusplus ? std::max(count, tags_.count(name)) : count;
}

bool CNames::is_builtin(TypeId id) const {
  const TypeView type = btf_.type(id);
  if (type.name() == "__builtin_va_list") return true;
  return rules_.cplusplus && type.name() == "bool" && btf_.type(type.target()).name() == "_Bool";
}

NameText CNames::number(TypeView type) const {
  static constexpr char cplusplus_bool[16] = "bool";
  if (rules_.cplusplus && type.name() == "_Bool") return {cplusplus_bool, sizeof cplusplus_bool};
  return name_text(type.btf(), type.name_offset());
}

NameText CNames::type(TypeId id) {
  const TypeView type = btf_.type(id);
  if (!type.is_named()) return {};
  State& state = states_[raw(id)];
  if (state == State::renamed) return renamed_.at(raw(id));
  const NameText own = name_text(type.btf(), type.name_offset());
  if (state == State::plain) return own;

  NameText name = type.kind() == Kind::typedef_ && is_builtin(id) ? own : global(own);
  // Declarations may be repeated.
  const bool repeatable = type.kind() == Kind::fwd || (type.kind() == Kind::enum_ && type.vlen() == 0);
  const TypeId target = type.kind() == Kind::typedef_ ? type.target() : void_id;
  if (rules_.cplusplus && has_tag(btf_.type(target).kind()) && btf_.type(target).name() == type.name()) {
    name = this->type(target);  // `typedef struct foo foo;` gives nothing a new name
  } else if (const std::uint32_t count = repeatable ? 1 : count_type(type, name.text); count > 1) {
    std::string unique = fmt::format("{}___{}", name.text, count);
    if (unique.size() > max_type_name) unique.resize(max_type_name);
    name = keep(std::move(unique));
  }
  if (name.text == own.text) {
    state = State::plain;
  } else {
    state = State::renamed;
    renamed_.emplace(raw(id), name);
  }
  return name;
}

NameText CNames::enumerator(const Btf& owner, StringOffset offset, bool taken) {
  const NameText name = global(name_text(owner, offset));
  std::uint32_t count = identifiers_.count(name.text);
  if (taken && count == 1) count = identifiers_.count(name.text);
  return count == 1 ? name : keep(fmt::format("{}___{}", name.text, count));
}

NameText CNames::variable(const Btf& owner, StringOffset offset, bool taken) {
  return allowed(name_text(owner, offset), taken);
}

NameText CNames::keep(std::string name) {
  kept_.push_back(std::move(name));
  return {kept_.back().c_str(), kept_.back().size() + 1};
}

}  // namespace btfx

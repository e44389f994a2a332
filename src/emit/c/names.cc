#include "emit/c/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "emit/c/words.h"

namespace btfx {

namespace {
constexpr std::size_t max_type_name = 255;  // libbpf's buffer; enumerators are not cut

bool has_tag(Kind kind) {
  return is_composite(kind) || is_enum(kind) || kind == Kind::fwd;
}
}  // namespace

std::string_view tag_word(TypeView type) {
  if (is_enum(type.kind())) return "enum";
  return is_union(type) ? "union" : "struct";
}

CNames::CNames(const Btf& btf, CNameRules rules)
    : btf_(btf), rules_(rules), odd_strings_(btf), states_(raw(btf.end_id())) {}

std::size_t CNames::Counter::find(const char* name, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].name != nullptr && (slots_[at].hash != hash || std::strcmp(slots_[at].name, name) != 0)) {
    at = (at + 1) & mask;
  }
  return at;
}

std::uint32_t CNames::Counter::count(const char* name) {
  const std::uint32_t hash = hash_name(name);
  Slot& slot = slots_[find(name, hash)];
  if (slot.name != nullptr) return ++slot.count;
  slot = {name, hash, 1};
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

NameText CNames::as_identifier(NameText name, bool words) {
  const std::string_view text = name.text;
  if (is_identifier(text)) return name;
  std::string changed = *name.text >= '0' && *name.text <= '9' ? "_" : "";
  for (const char c : text) changed += is_identifier_character(c) || (words && c == ' ') ? c : '_';
  if (changed == text) return name;
  ++changed_;
  return keep(std::move(changed));
}

NameText CNames::attribute(TypeView type) {
  const NameText name = name_text(type.btf(), type.name_offset());
  if (!odd_strings_.may_hold(type.name_offset())) return name;
  std::string text = name.text;
  for (char& c : text) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') c = '_';
  }
  return text == name.text ? name : keep(std::move(text));
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

NameText CNames::number(TypeId id) {
  static constexpr char cplusplus_bool[16] = "bool";
  const TypeView type = btf_.type(id);
  if (rules_.cplusplus && type.name() == "_Bool") return {cplusplus_bool, sizeof cplusplus_bool};
  State& state = states_[raw(id)];
  if (state == State::renamed) return renamed_.at(raw(id));
  const NameText own = name_text(type.btf(), type.name_offset());
  if (state == State::plain) return own;
  const NameText name = as_identifier(own, true);
  state = name.text == own.text ? State::plain : State::renamed;
  if (state == State::renamed) renamed_.emplace(raw(id), name);
  return name;
}

NameText CNames::type(TypeId id) {
  const TypeView type = btf_.type(id);
  const bool is_nameless = needs_name(type);
  if (!type.is_named() && !is_nameless) return {};
  State& state = states_[raw(id)];
  if (state == State::renamed) return renamed_.at(raw(id));
  const NameText own = name_text(type.btf(), type.name_offset());
  if (state == State::plain) return own;
  if (type.kind() == Kind::typedef_ && is_builtin(id)) {
    state = State::plain;  // however often it is defined: its definitions are not written
    return own;
  }

  NameText name = is_nameless ? keep(fmt::format("anonymous_{}_{}", tag_word(type), raw(id)))
                              : global(identifier(type.btf(), type.name_offset()));
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
  NameText name = global(identifier(owner, offset));
  if (name.empty()) {
    name = keep("_");
    ++changed_;
  }
  std::uint32_t count = identifiers_.count(name.text);
  if (taken && count == 1) count = identifiers_.count(name.text);
  return count == 1 ? name : keep(fmt::format("{}___{}", name.text, count));
}

std::string_view CNames::function_fault(const char* name) const {
  const std::string_view text = name;
  if (identifiers_.contains(name)) return "a typedef or an enumerator has its name";
  if (rules_.cplusplus && is_cplusplus_keyword(text)) return "its name is a reserved word of C++";
  return is_identifier(text) ? std::string_view() : "its name is not an identifier";
}

NameText CNames::keep(std::string name) {
  kept_.push_back(std::move(name));
  return {kept_.back().c_str(), kept_.back().size() + 1};
}

}  // namespace btfx

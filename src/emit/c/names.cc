#include "emit/c/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "emit/c/shared_names.h"
#include "emit/c/words.h"

namespace btfx {

namespace {
constexpr std::size_t max_type_name = 255;  // libbpf's buffer; enumerators are not cut

bool has_tag(Kind kind) {
  return is_composite(kind) || is_enum(kind) || kind == Kind::fwd;
}
}  // namespace

bool names_its_target(const Btf& btf, TypeView type) {
  if (type.kind() != Kind::typedef_) return false;
  const TypeView target = btf.type(type.target());
  return has_tag(target.kind()) && target.name() == type.name();
}

std::string_view tag_word(TypeView type) {
  if (is_enum(type.kind())) return "enum";
  return is_union(type) ? "union" : "struct";
}

bool is_identifier(std::string_view text) {
  const bool begins_with_digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
  return !begins_with_digit && std::ranges::all_of(text, is_identifier_character);
}

CNames::CNames(const Btf& btf, CNameRules rules, bool few)
    : btf_(btf), rules_(rules), odd_strings_(few ? nullptr : &btf.odd_strings()), states_(raw(btf.end_id())) {}

CNames::CNames(const Btf& btf, CNameRules rules, const SharedNames& shared)
    : btf_(btf), rules_(rules), shared_(&shared), odd_strings_(&btf.odd_strings()), states_(raw(btf.end_id())) {}

void CNames::begin_enumerators(TypeId enumeration, bool may_recur) {
  if (shared_ != nullptr && (may_recur || shared_->contains(enumeration))) depends_on_order_ = true;
}

void CNames::count(TypeId id) {
  type(id);
  const TypeView type = btf_.type(id);
  if (!is_enum(type.kind())) return;
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) enumerator(type.btf(), type.enumerator_name(i));
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
  if (!may_be_odd(type.name_offset())) return name;
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
  if (type.kind() != Kind::typedef_) return ++tags_[name];
  const std::uint32_t count = ++identifiers_[name];
  return rules_.cplusplus ? std::max(count, ++tags_[name]) : count;
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
  if (shared_ != nullptr && shared_->contains(id)) depends_on_order_ = true;
  State& state = states_[raw(id)];
  if (state == State::renamed) return renamed_.at(raw(id));
  const NameText own = name_text(type.btf(), type.name_offset());
  if (state == State::plain) return own;
  const NameText name = as_identifier(own, true);
  if (depends_on_order_) return name;  // not worth remembering
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
  if (rules_.cplusplus && names_its_target(btf_, type)) {
    name = this->type(type.target());
  } else if (shared_ != nullptr) {
    if (shared_->contains(id)) depends_on_order_ = true;
  } else if (const std::uint32_t count = is_repeatable(type) ? 1 : count_type(type, name.text); count > 1) {
    std::string unique = fmt::format("{}___{}", name.text, count);
    if (unique.size() > max_type_name) unique.resize(max_type_name);
    name = keep(std::move(unique));
  }
  if (depends_on_order_) return name;  // not worth remembering
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
  if (shared_ != nullptr) {
    if (taken || changed_ != 0) depends_on_order_ = true;
    return name;
  }
  std::uint32_t count = ++identifiers_[name.text];
  if (taken && count == 1) count = ++identifiers_[name.text];
  return count == 1 ? name : keep(fmt::format("{}___{}", name.text, count));
}

std::string_view CNames::function_fault(const char* name) const {
  const std::string_view text = name;
  if (identifiers_.contains(name)) return "a typedef or an enumerator has its name";
  if (rules_.cplusplus && is_cplusplus_keyword(name)) return "its name is a reserved word of C++";
  return is_identifier(text) ? std::string_view() : "its name is not an identifier";
}

NameText CNames::keep(std::string name) {
  kept_.push_back(std::move(name));
  return {kept_.back().c_str(), kept_.back().size() + 1};
}

}  // namespace btfx

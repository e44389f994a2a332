#include "emit/c/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/byte_lanes.h"
#include "emit/c/words.h"

namespace btfx {

namespace {
constexpr std::size_t max_type_name = 255;  // libbpf's buffer; enumerators are not cut

bool has_tag(Kind kind) {
  return is_composite(kind) || is_enum(kind) || kind == Kind::fwd;
}

constexpr bool is_identifier_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

constexpr std::size_t plain_block_size = 256;  // bytes

/// Whether that many bytes are letters, digits, underscores and NULs. Counted to its end without a branch, for
/// compilers to make vector code of it.
bool is_plain_block(const char* text) {
  unsigned char all = 1;
  for (std::size_t i = 0; i < plain_block_size; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_letter = static_cast<unsigned char>((c | 0x20) - 'a') < 26;
    const bool is_digit = static_cast<unsigned char>(c - '0') < 10;
    all &= static_cast<unsigned char>(is_letter | is_digit | (c == '_') | (c == 0));
  }
  return all != 0;
}

/// Whether any string of `btf` or its bases has a character that neither identifiers nor the names of numbers, sections
/// and attributes have. Those of C code never do: asking once for all is cheaper than looking at each name.
bool has_odd_names(const Btf& btf) {
  const auto odd = [](ByteLanes bytes) {
    const std::uint64_t known = bytes.lower().within('a', 'z') | bytes.within('0', '9') | bytes.equal('_') |
                                bytes.equal('\0') | bytes.equal(' ') | bytes.equal('.') | bytes.equal('$') |
                                bytes.within('(', ')');
    return bytes.high() | ~known;
  };
  for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
    std::string_view text = part->own_strings();
    for (; text.size() >= plain_block_size; text.remove_prefix(plain_block_size)) {
      if (!is_plain_block(text.data()) && any_byte(text.substr(0, plain_block_size), odd)) return true;
    }
    if (any_byte(text, odd)) return true;
  }
  return false;
}
}  // namespace

std::string_view tag_word(TypeView type) {
  if (is_enum(type.kind())) return "enum";
  return is_union(type) ? "union" : "struct";
}

CNames::CNames(const Btf& btf, CNameRules rules)
    : btf_(btf), rules_(rules), has_odd_names_(has_odd_names(btf)), states_(raw(btf.end_id())) {}

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

NameText CNames::as_identifier(NameText name) {
  const std::string_view text = name.text;
  const bool begins_with_digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (!begins_with_digit && std::ranges::all_of(text, is_identifier_character)) return name;
  std::string changed = begins_with_digit ? "_" : "";
  for (const char c : text) changed += is_identifier_character(c) ? c : '_';
  ++changed_;
  return keep(std::move(changed));
}

NameText CNames::attribute(TypeView type) {
  const NameText name = name_text(type.btf(), type.name_offset());
  if (!has_odd_names_) return name;
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

NameText CNames::number(TypeView type) {
  static constexpr char cplusplus_bool[16] = "bool";
  if (rules_.cplusplus && type.name() == "_Bool") return {cplusplus_bool, sizeof cplusplus_bool};
  const NameText own = name_text(type.btf(), type.name_offset());
  if (!has_odd_names_) return own;
  const auto [known, is_new] = numbers_.try_emplace(raw(type.name_offset()), own);
  if (is_new) {
    std::string changed = own.text;
    for (char& c : changed) {
      if (c != ' ' && !is_identifier_character(c)) c = '_';
    }
    if (changed != own.text) {
      known->second = keep(std::move(changed));
      ++changed_;
    }
  }
  return known->second;
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
  const bool begins_with_digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
  const bool is_identifier = !begins_with_digit && std::ranges::all_of(text, is_identifier_character);
  return is_identifier ? std::string_view() : "its name is not an identifier";
}

NameText CNames::variable(const Btf& owner, StringOffset offset, bool taken) {
  return allowed(identifier(owner, offset), taken);
}

NameText CNames::keep(std::string name) {
  kept_.push_back(std::move(name));
  return {kept_.back().c_str(), kept_.back().size() + 1};
}

}  // namespace btfx

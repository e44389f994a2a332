#include "emit/c/shared_names.h"

#include <utility>

#include "emit/c/words.h"

namespace btfx {

SharedNames::SharedNames(const Btf& btf, CNameRules rules, std::shared_ptr<const OddStrings> odd_strings)
    : btf_(btf), rules_(rules), odd_strings_(std::move(odd_strings)), is_shared_(raw(btf.end_id())) {
  for (TypeId id{1}; id != btf.end_id(); ++id) {
    const Kind kind = btf.kind(id);
    if (kind != Kind::typedef_ && !is_composite(kind) && !is_enum(kind)) continue;
    const TypeView type = btf.type(id);
    const char* const name = type.is_named() ? name_at(type.btf(), type.name_offset()) : "";
    if (type.is_named() && !is_repeatable(type) && !(rules.cplusplus && names_its_target(btf, type))) {
      if (kind == Kind::typedef_) enter(identifiers_, name, id);
      if (kind != Kind::typedef_ || rules.cplusplus) enter(tags_, name, id);
    }
    if (!is_enum(kind)) continue;
    for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
      enter(identifiers_, name_at(type.btf(), type.enumerator_name(i)), id);
    }
  }
}

/// Gives a name to a type, and notes all types that share it.
void SharedNames::enter(NameTable& table, const char* name, TypeId id) {
  std::uint32_t& first = table[name];
  if (first == 0) {
    first = raw(id);
  } else {
    is_shared_[first] = true;
    is_shared_[raw(id)] = true;
  }
}

const char* SharedNames::name_at(const Btf& owner, StringOffset offset) {
  const char* const name = owner.c_string(offset);
  const bool begins_with_digit = *name >= '0' && *name <= '9';
  if (begins_with_digit || odd_strings_->may_hold(offset)) are_identifiers_ = are_identifiers_ && is_identifier(name);
  return allowed(name);
}

/// The name that CNames makes of it.
const char* SharedNames::allowed(const char* name) {
  if (*name == '\0') return "_";
  if (!rules_.cplusplus || !is_cplusplus_keyword(name)) return name;
  return kept_.emplace_back(std::string(name) + '_').c_str();
}

}  // namespace btfx

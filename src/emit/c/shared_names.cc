#include "emit/c/shared_names.h"

#include <algorithm>
#include <bitset>
#include <unordered_set>
#include <utility>

#include "btf/type_groups.h"
#include "emit/c/words.h"

namespace btfx {

namespace {

/// Tells of many numbers which may be there twice, and in little memory: hardly more than those that are.
class Sieve {
 public:
  Sieve() : places_(std::size_t{1} << 15) {}

  void add(std::uint32_t number) {
    std::uint64_t& place = at(number);
    place |= (place & once(number)) << 1 | once(number);
  }
  [[nodiscard]] bool may_be_twice(std::uint32_t number) { return (at(number) & once(number) << 1) != 0; }

 private:
  // Two bits for each number of twenty bits.
  static std::uint64_t once(std::uint32_t number) { return std::uint64_t{1} << 2 * (number % 32); }
  std::uint64_t& at(std::uint32_t number) { return places_[number / 32 % places_.size()]; }

  std::vector<std::uint64_t> places_;
};

}  // namespace

SharedNames::SharedNames(const Btf& btf, CNameRules rules)
    : btf_(btf), rules_(rules), odd_strings_(btf.odd_strings()), is_shared_(raw(btf.end_id())) {
  uses_.reserve(raw(btf.end_id()));  // more than a kernel has
  for_each_name([&](Scope scope, StringOffset name, TypeId id) {
    uses_.push_back({static_cast<std::uint32_t>(scope), name, id});
  });
  Sieve sieve;
  constexpr std::size_t ahead = 16;  // names lie anywhere: they are fetched while those before are looked at
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    if (i + ahead < uses_.size()) __builtin_prefetch(btf_.c_string(uses_[i + ahead].name));
    Use& use = uses_[i];
    // Numbers that get a definition have names of few letters; others are words.
    are_identifiers_ = are_identifiers_ && (is_identifier_at(use.name) || btf.kind(use.id) == Kind::int_);
    use.hash = hash(Scope{use.hash}, allowed(use.name));
    sieve.add(use.hash);
  }
  NameTable tables[2];  // for each scope, with the first type of each name
  for (const Use& use : uses_) {
    if (!sieve.may_be_twice(use.hash)) continue;
    std::uint32_t& first = tables[use.hash % 2][allowed(use.name)];
    if (first == 0) {
      first = raw(use.id);
    } else {
      is_shared_[first] = true;
      is_shared_[raw(use.id)] = true;
    }
  }
}

std::uint32_t SharedNames::hash(Scope scope, const char* name) {
  return (hash_name(name) & ~1U) | static_cast<std::uint32_t>(scope);
}

/// Calls `on_name(scope, name, id)` for each name that CNames counts.
template <typename OnName>
void SharedNames::for_each_name(const OnName& on_name) const {
  const auto own_name = [&](TypeId id) {
    const TypeView type = btf_.type(id);
    if (!type.is_named() || is_repeatable(type) || (rules_.cplusplus && names_its_target(btf_, type))) return;
    const bool is_typedef = type.kind() == Kind::typedef_;
    if (is_typedef) on_name(Scope::identifiers, type.name_offset(), id);
    if (!is_typedef || rules_.cplusplus) on_name(Scope::tags, type.name_offset(), id);
  };
  for (const TypeId id : btf_.groups().of(TypeGroup::numbers)) {  // those may get a definition too
    if (btf_.kind(id) == Kind::int_) own_name(id);
  }
  for (const TypeId id : btf_.groups().of(TypeGroup::composites)) own_name(id);
  for (const TypeId id : btf_.groups().of(TypeGroup::typedefs)) own_name(id);
  for (const TypeId id : btf_.groups().of(TypeGroup::enums)) {
    own_name(id);
    const TypeView type = btf_.type(id);
    for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
      on_name(Scope::identifiers, type.enumerator_name(i), id);
    }
  }
}

bool SharedNames::is_identifier_at(StringOffset offset) const {
  const char* const name = btf_.c_string(offset);
  const bool begins_with_digit = *name >= '0' && *name <= '9';
  return !(begins_with_digit || odd_strings_.may_be_odd(raw(offset))) || is_identifier(name);
}

/// The name that CNames makes of it.
const char* SharedNames::allowed(StringOffset offset) {
  const char* name = btf_.c_string(offset);
  if (*name == '\0') return "_";
  if (!rules_.cplusplus || !is_cplusplus_keyword(name)) return name;
  return kept_.emplace_back(std::string(name) + '_').c_str();
}

bool SharedNames::may_clash(std::span<const Kfunc> functions) const {
  std::unordered_set<std::uint32_t> wanted;
  std::bitset<std::size_t{1} << 16> may_be_wanted;  // by the lower bits, which is what most are asked
  for (const Kfunc& function : functions) {
    const std::uint32_t number = hash(Scope::identifiers, function.name);
    wanted.insert(number);
    may_be_wanted.set(number & 0xffff);
  }
  return std::ranges::any_of(
      uses_, [&](const Use& use) { return may_be_wanted.test(use.hash & 0xffff) && wanted.contains(use.hash); });
}

}  // namespace btfx

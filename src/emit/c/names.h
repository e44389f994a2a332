// What things are called in a C header, where names of kernels clash: two structs of one name, enumerators of one name.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/zeroed_array.h"
#include "btf/btf.h"
#include "emit/c/name_table.h"
#include "emit/dump/name_text.h"

namespace btfx {

/// What names have to respect beyond each other.
struct CNameRules {
  bool cplusplus = false;   ///< C++ reserves more words, and keeps tags and typedefs in one scope
  bool avoid_libc = false;  ///< what a C library gives a name of its own gets a prefix
};

/// Whether the character may stand in an identifier of C or C++, though perhaps not at its beginning.
constexpr bool is_identifier_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/// Whether the text is empty or an identifier, of C or C++.
bool is_identifier(std::string_view text);

/// Whether `union` stands before the tag of a composite or forward declaration.
[[nodiscard]] inline bool is_union(TypeView type) {
  return type.kind() == Kind::union_ || (type.kind() == Kind::fwd && type.kind_flag());
}

/// `struct`, `union` or `enum`: what stands before the tag of such a type or forward declaration.
std::string_view tag_word(TypeView type);

/// Whether the type is a forward declaration without a name: C needs one.
[[nodiscard]] inline bool needs_name(TypeView type) {
  return type.kind() == Kind::fwd && !type.is_named();
}

/// Whether a declaration of the type may be repeated, so that it does not take its name from others.
[[nodiscard]] inline bool is_repeatable(TypeView type) {
  return type.kind() == Kind::fwd || (type.kind() == Kind::enum_ && type.vlen() == 0);
}

/// Whether the type is a typedef that is called like the composite or enum it stands for, which is nothing new to C++:
/// `typedef struct foo foo;`.
[[nodiscard]] bool names_its_target(const Btf& btf, TypeView type);

class SharedNames;

/// Hands out names in the order they are asked for. The second bearer of a name is called `NAME___2`, and so on, as
/// libbpf does it: what follows three underscores is ignored when a BPF program is fitted to a kernel.
class CNames {
 public:
  /// Where `few` names will be asked for, each is looked at; else all are at the start.
  explicit CNames(const Btf& btf, CNameRules rules = {}, bool few = false);
  /// Hands out names in any order, as far as they do not depend on it. `shared` outlives the names.
  CNames(const Btf& btf, CNameRules rules, const SharedNames& shared);

  /// The tag of a composite, enum or forward declaration, or the name of a typedef; the same whenever the same id is
  /// asked for. Empty when anonymous, unless the type needs_name(): that is called by its id. Stays valid.
  NameText type(TypeId id);
  /// Whether compilers know the typedef already, so that its definition would be a mistake.
  [[nodiscard]] bool is_builtin(TypeId id) const;
  /// The name of an INT or FLOAT: words. Stays valid.
  NameText number(TypeId id);
  /// The name of an enumerator, another one each time, and not its own where that is `taken`. Stays valid.
  NameText enumerator(const Btf& owner, StringOffset offset, bool taken = false);
  /// What keeps a function from being declared under its own name, the only one under which it is found; empty when
  /// nothing does.
  [[nodiscard]] std::string_view function_fault(const char* name) const;
  /// The name of a member or parameter: always its own unless that is a reserved word, or `taken`. Stays valid.
  NameText variable(const Btf& owner, StringOffset offset, bool taken = false) {
    const NameText name = identifier(owner, offset);
    return taken || rules_.cplusplus ? allowed(name, taken) : name;
  }
  /// The text of a type tag, fit to stand between quotes.
  NameText attribute(TypeView type);
  /// Says that the enumerators of that enum are going to be asked for; and, where it has no name and stands inside of
  /// something else, that they may be asked for again.
  void begin_enumerators(TypeId enumeration, bool may_recur);
  /// Whether a name was asked for that depends on the order, since the last forget_order(). What was handed out is of
  /// no use then.
  [[nodiscard]] bool depends_on_order() const { return depends_on_order_; }
  void forget_order() { depends_on_order_ = false; }
  /// Which strings may be no identifiers; null where each name is looked at.
  /// Counts the names of a typedef or enum that somebody else has handed out, and of its enumerators.
  void count(TypeId id);
  /// How many names were no identifiers, and were changed into some.
  [[nodiscard]] std::size_t changed() const { return changed_; }

 private:
  enum class State : std::uint8_t { unknown, plain, renamed };

  NameText keep(std::string name);
  [[nodiscard]] bool may_be_odd(StringOffset offset) const {
    return odd_strings_ == nullptr || odd_strings_->may_be_odd(raw(offset));
  }
  /// The name at an offset, with what no identifier has in it replaced.
  NameText identifier(const Btf& owner, StringOffset offset) {
    const NameText name = name_text(owner, offset);
    const bool begins_with_digit = *name.text >= '0' && *name.text <= '9';
    return begins_with_digit || may_be_odd(offset) ? as_identifier(name) : name;
  }
  /// The same of a name that may be none; with `words`, of several with spaces between.
  NameText as_identifier(NameText name, bool words = false);
  /// A name that is no reserved word, nor `taken`: itself, or with something added.
  NameText allowed(NameText name, bool taken = false);
  /// The same where nothing else limits the name's scope.
  NameText global(NameText name);
  std::uint32_t count_type(TypeView type, const char* name);

  const Btf& btf_;
  CNameRules rules_;
  const SharedNames* shared_ = nullptr;  // null: names are asked for in their order
  bool depends_on_order_ = false;
  const OddStrings* odd_strings_;  // null: each name is looked at
  std::size_t changed_ = 0;
  NameTable tags_, identifiers_;  // how often each name was used
  ZeroedArray<State> states_;
  std::unordered_map<std::uint32_t, NameText> renamed_;
  std::deque<std::string> kept_;
};

}  // namespace btfx

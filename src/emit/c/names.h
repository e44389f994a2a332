// What things are called in a C header, where names of kernels clash: two structs of one name, enumerators of one name.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "btf/btf.h"
#include "btf/names.h"
#include "emit/c/odd_strings.h"
#include "emit/dump/name_text.h"

namespace btfx {

/// What names have to respect beyond each other.
struct CNameRules {
  bool cplusplus = false;   ///< C++ reserves more words, and keeps tags and typedefs in one scope
  bool avoid_libc = false;  ///< what a C library gives a name of its own gets a prefix
};

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

/// Hands out names in the order they are asked for. The second bearer of a name is called `NAME___2`, and so on, as
/// libbpf does it: what follows three underscores is ignored when a BPF program is fitted to a kernel.
class CNames {
 public:
  explicit CNames(const Btf& btf, CNameRules rules = {});

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
  /// How many names were no identifiers, and were changed into some.
  [[nodiscard]] std::size_t changed() const { return changed_; }

 private:
  /// How often each name was used.
  class Counter {
   public:
    Counter() : slots_(4096) {}
    /// Counts one more use and tells how many there were. `name` stays valid.
    std::uint32_t count(const char* name);
    [[nodiscard]] bool contains(const char* name) const { return slots_[find(name, hash_name(name))].name != nullptr; }

   private:
    struct Slot {
      const char* name = nullptr;  // null: empty
      std::uint32_t hash = 0;
      std::uint32_t count = 0;
    };
    /// Where the name is, or where it would be.
    [[nodiscard]] std::size_t find(const char* name, std::uint32_t hash) const;
    void grow();

    std::vector<Slot> slots_;
    std::size_t used_ = 0;
  };
  enum class State : std::uint8_t { unknown, plain, renamed };

  NameText keep(std::string name);
  /// The name at an offset, with what no identifier has in it replaced.
  NameText identifier(const Btf& owner, StringOffset offset) {
    const NameText name = name_text(owner, offset);
    const bool begins_with_digit = *name.text >= '0' && *name.text <= '9';
    return begins_with_digit || odd_strings_.may_hold(offset) ? as_identifier(name) : name;
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
  OddStrings odd_strings_;
  std::size_t changed_ = 0;
  Counter tags_, identifiers_;
  std::vector<State> states_;
  std::unordered_map<std::uint32_t, NameText> renamed_;
  std::deque<std::string> kept_;
};

}  // namespace btfx

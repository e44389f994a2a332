// What each type of a BTF is called and what it holds, as numbers that do not depend on ids, order or duplicates.
//
// Words: a *declaration* is a type that stands for itself: one with a name (struct, enum, typedef, function, variable,
// ...), an anonymous composite or enum that no other type holds, and a declaration tag on a type of the base. Every
// other type is part of the declarations that hold it. The *reference* of a type stands for its spelling where it is
// used: a named type counts by tag and name alone, so that a change shows where it is and not in every user; an
// anonymous one counts by what it holds. The *content* of a declaration stands for all that it says itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/once.h"
#include "btf/btf.h"

namespace btfx {

/// See the top of this file.
struct Declaration {
  std::uint64_t key;      ///< tag and name; of an anonymous type its content
  std::uint64_t content;  ///< what it says; `incomplete_content` for a forward declaration
  TypeId id;

  auto operator<=>(const Declaration&) const = default;
};

/// The content of every forward declaration.
inline constexpr std::uint64_t incomplete_content = 0;

/// Keys that are to count as others: what was renamed counts by its old name. From new key to old.
using Aliases = std::unordered_map<std::uint64_t, std::uint64_t>;

/// Whether a BTF, its base not looked at, has an ENUM of eight bytes: such a record has no room but for the low halves
/// of its values, without a sign. Producers wrote them before there was ENUM64, and still do where the kernel does not
/// know it.
bool holds_halves(const Btf& btf);
/// Whether a type is an enum of eight bytes, of either kind.
bool is_wide_enum(TypeView type);

/// The key of a declaration of that kind and name.
std::uint64_t declaration_key(Kind declared_kind, std::string_view name);

/// The fingerprints of one BTF; see the top of this file. Hashes of 64 bits stand for texts and types: that two
/// different ones agree by chance is practically impossible.
class Fingerprints {
 public:
  /// `base` holds the fingerprints of the BTF's base, if it has one; `aliases` are for the BTF's own types. `halves`:
  /// enums of eight bytes count by the low halves of their values, see holds_halves().
  explicit Fingerprints(BtfPtr btf, std::shared_ptr<const Fingerprints> base = nullptr, Aliases aliases = {},
                        bool halves = false);

  [[nodiscard]] const Btf& btf() const { return *btf_; }
  [[nodiscard]] const BtfPtr& btf_ptr() const { return btf_; }
  [[nodiscard]] const std::shared_ptr<const Fingerprints>& base() const { return base_; }
  [[nodiscard]] bool halves() const { return halves_; }

  [[nodiscard]] std::uint64_t reference(TypeId id) const {
    const Fingerprints* prints = this;
    while (raw(id) < prints->first_ && prints->base_) prints = prints->base_.get();
    return raw(id) == 0 ? void_reference : prints->references_[raw(id) - prints->first_];
  }
  /// What the declaration `id` of this BTF says; also right for ids that are no declaration of their own.
  [[nodiscard]] std::uint64_t content(TypeId id) const;
  /// All declarations of this BTF, not of its base, ordered by key and content; what is there twice is listed once,
  /// under its lowest id, and what is defined is not listed as declared, too.
  /// Listed when they are first asked for; safe from many threads.
  [[nodiscard]] std::span<const Declaration> declarations() const {
    return declarations_.get([this] { return list_declarations(); });
  }
  /// Those with a key.
  [[nodiscard]] std::span<const Declaration> find(std::uint64_t key) const;
  /// The declaration tags of this BTF on a type, lowest id first.
  [[nodiscard]] std::span<const TypeId> tags_on(TypeId id) const;

 private:
  static constexpr std::uint64_t void_reference = 0x9c1f0a9d5b2e7c35;
  enum class State : std::uint8_t { unseen, open, cyclic };  // of an anonymous type without a reference yet

  [[nodiscard]] std::uint64_t name_hash(StringOffset name) const;
  void find_tags();
  void name_types();
  void visit_anonymous(std::uint32_t id, std::vector<State>& states, std::vector<std::uint32_t>& stack,
                       std::vector<std::uint32_t>& cyclic);
  void resolve_cycles(const std::vector<std::uint32_t>& cyclic);
  [[nodiscard]] std::vector<TypeId> find_unheld() const;
  [[nodiscard]] std::vector<Declaration> list_declarations() const;
  [[nodiscard]] std::uint64_t anonymous_reference(TypeId id) const;
  [[nodiscard]] std::uint64_t record_hash(TypeId id) const;
  [[nodiscard]] std::uint64_t tags_hash(TypeId id) const;

  BtfPtr btf_;
  std::shared_ptr<const Fingerprints> base_;
  Aliases aliases_;
  bool halves_;
  std::uint32_t first_;
  std::vector<std::uint64_t> references_;  // of the own types
  std::vector<TypeId> tags_;               // declaration tags, ordered by target
  std::vector<bool> tagged_;               // own types with a declaration tag; empty if there is none
  mutable Once<std::vector<Declaration>> declarations_;
};

}  // namespace btfx

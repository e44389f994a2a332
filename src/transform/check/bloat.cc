#include "transform/check/bloat.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "btf/fields.h"
#include "btf/names.h"
#include "transform/check/shallow_difference.h"

namespace btfx {

namespace {

/// Whether a kind stands for itself, so that one of that name in the base is the same thing. Functions and variables of
/// one name are not: every module may have its own.
bool is_shared_kind(Kind kind) {
  return is_composite(kind) || is_enum(kind) || kind == Kind::typedef_ || kind == Kind::int_ || kind == Kind::float_;
}

constexpr std::string_view counterpart = "that of the base";

/// Pairs the types of a split BTF with those of the base that they repeat, and follows the references of both.
class BloatSearch {
 public:
  explicit BloatSearch(const Btf& split) : split_(split), first_(raw(split.first_id())), nodes_(split.own_types()) {}

  Bloat run() {
    for (TypeId id = split_.first_id(); id != split_.end_id(); ++id) pair_by_name(id);
    // What follows grows while it is walked over.
    for (std::size_t i = 0; i < paired_.size(); ++i) compare(paired_[i]);
    spread_causes();
    return summary();
  }

 private:
  static constexpr std::uint32_t no_cause = 0xffffffff;

  struct Node {
    TypeId base = void_id;           // what it repeats; void: nothing
    std::uint32_t cause = no_cause;  // the nearest difference
    bool repeats = false;            // it does so by itself, whatever it refers to
    std::vector<TypeId> users;       // repeating types that refer to it
  };

  Node& node(TypeId id) { return nodes_[raw(id) - first_]; }

  void pair_by_name(TypeId id) {
    const TypeView type = split_.type(id);
    if (!type.is_named() || !is_shared_kind(type.kind())) return;
    for (const TypeId candidate : split_.base()->names().find(type.name())) {
      if (split_.type(candidate).kind() != type.kind() || shallow_difference(type, split_.type(candidate), counterpart))
        continue;
      pair(id, candidate);
      return;
    }
  }

  void pair(TypeId id, TypeId base) {
    node(id).base = base;
    paired_.push_back(id);
  }

  /// Compares a type with what it repeats: itself, then what both refer to.
  void compare(TypeId id) {
    const TypeView own = split_.type(id), base = split_.type(node(id).base);
    if (const std::optional<std::string> text = shallow_difference(own, base, counterpart)) return blame(id, *text);
    node(id).repeats = true;
    std::vector<TypeId> references;
    visit_type_ids(base.words().data(), [&](std::uint32_t target) { references.push_back(TypeId{target}); });
    std::size_t i = 0;
    visit_type_ids(own.words().data(), [&](std::uint32_t target) { follow(id, TypeId{target}, references[i++]); });
  }

  void follow(TypeId user, TypeId own, TypeId base) {
    if (own == base) return;
    const TypeView type = split_.type(own), other = split_.type(base);
    const bool is_own = raw(own) >= first_;
    if (!is_own || type.kind() != other.kind() || type.kind() == Kind::unkn) {
      return blame(user, fmt::format("{} refers to {}, {} to {}", type_label(split_.type(user)), type_label(type),
                                     counterpart, type_label(other)));
    }
    if (node(own).base == void_id) pair(own, base);
    node(own).users.push_back(user);
  }

  void blame(TypeId id, std::string text) {
    if (node(id).cause != no_cause) return;
    node(id).cause = static_cast<std::uint32_t>(causes_.size());
    causes_.push_back({.own = id, .base = node(id).base, .text = std::move(text)});
    blamed_.push_back(id);
  }

  /// From each difference to those that lead to it, nearest first.
  void spread_causes() {
    for (std::size_t i = 0; i < blamed_.size(); ++i) {
      for (const TypeId user : node(blamed_[i]).users) {
        if (node(user).cause != no_cause) continue;
        node(user).cause = node(blamed_[i]).cause;
        blamed_.push_back(user);
      }
    }
  }

  Bloat summary() {
    Bloat bloat;
    std::optional<std::size_t> unexplained;
    for (const TypeId id : paired_) {
      if (!node(id).repeats) continue;
      if (node(id).cause == no_cause && !unexplained) {
        unexplained = causes_.size();
        causes_.push_back({.own = id, .base = node(id).base, .text = "no difference, de-duplication missed them"});
      }
      BloatCause& cause = causes_[node(id).cause == no_cause ? *unexplained : node(id).cause];
      const std::uint64_t bytes = split_.type(id).words().size_bytes();
      ++cause.types;
      cause.bytes += bytes;
      ++bloat.types;
      bloat.bytes += bytes;
    }
    std::erase_if(causes_, [](const BloatCause& cause) { return cause.types == 0; });
    std::ranges::stable_sort(causes_, std::ranges::greater{}, &BloatCause::bytes);
    bloat.causes = std::move(causes_);
    return bloat;
  }

  const Btf& split_;
  std::uint32_t first_;
  std::vector<Node> nodes_;     // for each own type
  std::vector<TypeId> paired_;  // in the order of their pairing
  std::vector<TypeId> blamed_;  // those with a cause
  std::vector<BloatCause> causes_;
};

}  // namespace

Bloat find_bloat(const Btf& split) {
  return split.is_split() ? BloatSearch(split).run() : Bloat{};
}

}  // namespace btfx

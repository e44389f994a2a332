#include "transform/diff/diff.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/batch.h"
#include "btf/declared.h"
#include "btf/fields.h"
#include "btf/name_hash.h"
#include "transform/diff/details.h"
#include "transform/diff/users.h"

namespace btfx {

namespace {

using PrintsPtr = std::shared_ptr<const Fingerprints>;

/// Lists longer than this are not compared each with each.
constexpr std::size_t most_compared = 64;
/// One rename can expose the next; look again at most this often.
constexpr int max_rename_rounds = 4;
/// How many references are followed to see who uses which types, in a round: so many for each type of a BTF, or for
/// each that is asked about.
constexpr std::size_t user_steps_per_type = 16, least_user_steps = 64;

/// Hashes of what a declaration is made of, for telling which of several is most alike: the names of its elements, with
/// and without all the rest; ascending.
std::vector<std::uint64_t> traits_of(const Fingerprints& prints, TypeId id) {
  TypeView type = prints.btf().type(id);
  if (type.kind() == Kind::func) type = prints.btf().type(type.target());
  std::vector<std::uint64_t> traits;
  visit_names(type.record(),
              [&](std::uint32_t name) { traits.push_back(hash_text(type.btf().string(StringOffset{name}))); });
  visit_type_ids(type.record(), [&](std::uint32_t target) { traits.push_back(prints.reference(TypeId{target})); });
  if (kind_info(type.kind()).size_or_type == SizeOrType::size) traits.push_back(type.size());
  std::ranges::sort(traits);
  return traits;
}

std::size_t common(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  std::size_t count = 0;
  for (auto i = a.begin(), k = b.begin(); i != a.end() && k != b.end();) {
    if (*i == *k) ++count;
    const bool advance_a = *i <= *k, advance_b = *k <= *i;
    i += advance_a;
    k += advance_b;
  }
  return count;
}

/// The words of an integer's name in one spelling: gcc's `long unsigned int` is clang's `unsigned long`.
std::uint64_t int_name_hash(std::string_view name) {
  bool has_size = false;
  std::uint64_t sum = 0;
  for (const bool counting : {false, true}) {
    for (std::string_view rest = name; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      const std::string_view word = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      has_size = has_size || word == "long" || word == "short" || word == "unsigned";
      if (counting && !word.empty() && !(word == "int" && has_size)) sum += hash_text(word);
    }
  }
  return sum;
}

/// What a composite looks like without names of types: 0 when that is too little to know it again by.
std::uint64_t shape_of(TypeView type) {
  if (!is_composite(type.kind())) return 0;
  std::uint64_t shape = hash_text(kind_info(type.kind()).name) + type.size();
  std::uint32_t named = 0;
  for (std::uint32_t i = 0; i < type.vlen(); ++i) {
    const Member member = type.member(i);
    const std::string_view name = type.btf().string(member.name);
    named += !name.empty();
    shape += hash_text(name) * (2 * (std::uint64_t{member.bit_offset} << 8 | member.bitfield_size) + 1);
  }
  return named < 2 ? 0 : shape;
}

/// How much the removal of a declaration matters.
Impact removal_impact(TypeView type) {
  if (is_forward(type)) return Impact::compatible;
  switch (type.kind()) {
    case Kind::enum_:
    case Kind::enum64:
      return Impact::value;
    case Kind::typedef_:
    case Kind::func:
    case Kind::var:
    case Kind::datasec:
      return Impact::signature;
    case Kind::decl_tag:
      return Impact::compatible;
    default:
      return is_composite(type.kind()) && type.name().empty() ? Impact::compatible : Impact::layout;
  }
}

bool has_tag(Kind kind) {
  return is_composite(kind) || is_enum(kind) || kind == Kind::fwd;
}

bool has_plain_name(Kind kind) {
  return kind == Kind::typedef_ || kind == Kind::int_ || kind == Kind::float_;
}

/// Compares two BTFs, step by step.
class BtfComparer {
 public:
  BtfComparer(const DiffSide& before, const DiffSide& after, unsigned jobs) : after_side_(after) {
    const std::vector<const DiffSide*> sides{&before, &after};
    halves_ = std::ranges::any_of(
        sides, [](const DiffSide* side) { return holds_halves(*side->btf) || (side->base && side->base->halves()); });
    std::vector<PrintsPtr> prints;
    run_batch(
        sides, jobs,
        [&](const DiffSide* side) {
          auto made = std::make_shared<const Fingerprints>(side->btf, side->base, Aliases(), halves_);
          static_cast<void>(made->declarations());  // here, on all threads
          return made;
        },
        [&](PrintsPtr done) { prints.push_back(std::move(done)); });
    before_ = prints[0];
    after_ = prints[1];
  }

  Diff run() {
    match();  // now: everything is equal, or paired by name, or on one side only
    for (int round = 0; round < max_rename_rounds && find_renames(); ++round) {
      after_ = std::make_shared<const Fingerprints>(after_side_.btf, after_side_.base, aliases_, halves_);
      match();  // now: what was renamed is paired, and no use of it looks different any more
    }
    match_anonymous();  // now: what has no name is paired by what it holds
    find_moves();       // now: what went to or came from a base is known as such
    describe();         // now: every pair says what is different about it
    sort_changes(diff_.changes);
    diff_.before = before_;
    diff_.after = after_;
    return std::move(diff_);
  }

 private:
  struct Pair {
    TypeId before, after;
  };
  using Name = std::pair<std::string_view, Kind>;
  struct Rename {
    const Declaration *before, *after;
  };
  struct Likeness {
    std::size_t score;
    std::uint32_t before, after;  // in lists of declarations
    std::uint32_t lower, higher;  // their ids, whichever is whose: decide a tie the same in both directions
  };
  static Likeness likeness(std::size_t score, const std::vector<Declaration>& before, std::uint32_t i,
                           const std::vector<Declaration>& after, std::uint32_t k) {
    const auto [lower, higher] = std::minmax({raw(before[i].id), raw(after[k].id)});
    return {score, i, k, lower, higher};
  }
  static void sort_best_first(std::vector<Likeness>& likenesses) {
    std::ranges::sort(likenesses, {},
                      [](const Likeness& one) { return std::tuple(~one.score, one.lower, one.higher); });
  }

  [[nodiscard]] TypeView before_type(TypeId id) const { return before_->btf().type(id); }
  [[nodiscard]] TypeView after_type(TypeId id) const { return after_->btf().type(id); }

  [[nodiscard]] bool is_rekinded(Pair pair) const {
    return declared_kind(before_type(pair.before)) != declared_kind(after_type(pair.after));
  }
  /// Whether an alias brought the two together.
  [[nodiscard]] bool is_renamed(Pair pair) const {
    return is_rekinded(pair) || before_type(pair.before).name() != after_type(pair.after).name();
  }

  /// Goes through both lists, which are in the same order.
  void match() {
    pairs_.clear();
    removed_.clear();
    added_.clear();
    const std::span<const Declaration> before = before_->declarations(), after = after_->declarations();
    std::vector<Declaration> only_before, only_after;
    for (auto i = before.begin(), k = after.begin(); i != before.end() || k != after.end();) {
      const bool take_before = k == after.end() || (i != before.end() && i->key <= k->key);
      const std::uint64_t key = take_before ? i->key : k->key;
      only_before.clear();
      only_after.clear();
      bool both = false;
      while ((i != before.end() && i->key == key) || (k != after.end() && k->key == key)) {
        const bool has_before = i != before.end() && i->key == key, has_after = k != after.end() && k->key == key;
        if (has_before && has_after && i->content == k->content) {
          both = true;
          if (!aliases_.empty() && is_renamed({i->id, k->id})) pairs_.push_back({i->id, k->id});
          ++i, ++k;
        } else if (has_before && (!has_after || i->content < k->content)) {
          only_before.push_back(*i++);
        } else {
          only_after.push_back(*k++);
        }
      }
      // A forward declaration beside definitions of the other side that are equal here says nothing new.
      if (both) {
        const auto is_incomplete = [](const Declaration& d) { return d.content == incomplete_content; };
        std::erase_if(only_before, is_incomplete);
        std::erase_if(only_after, is_incomplete);
      }
      if (!only_before.empty() || !only_after.empty()) pair_alike(only_before, only_after);
    }
  }

  /// Pairs declarations of one name, the most alike first.
  void pair_alike(std::vector<Declaration>& before, std::vector<Declaration>& after) {
    std::vector<bool> used_before(before.size()), used_after(after.size());
    const auto pair = [&](std::size_t i, std::size_t k) {
      if (used_before[i] || used_after[k]) return;
      used_before[i] = used_after[k] = true;
      pairs_.push_back({before[i].id, after[k].id});
    };
    // Their own order is that of hashes, which differ from run to run.
    std::ranges::sort(before, {}, &Declaration::id);
    std::ranges::sort(after, {}, &Declaration::id);
    const bool single = before.size() == 1 && after.size() == 1;
    if (!single && !before.empty() && !after.empty() && before.size() * after.size() <= most_compared * most_compared) {
      std::vector<std::vector<std::uint64_t>> traits;
      traits.reserve(after.size());
      for (const Declaration& declaration : after) traits.push_back(traits_of(*after_, declaration.id));
      std::vector<Likeness> likenesses;
      for (std::uint32_t i = 0; i < before.size(); ++i) {
        const std::vector<std::uint64_t> own = traits_of(*before_, before[i].id);
        for (std::uint32_t k = 0; k < after.size(); ++k) {
          likenesses.push_back(likeness(common(own, traits[k]), before, i, after, k));
        }
      }
      sort_best_first(likenesses);
      for (const Likeness& best : likenesses) pair(best.before, best.after);
    }
    for (std::size_t i = 0, k = 0;; ++i, ++k) {  // the rest in the order of their ids
      while (i < before.size() && used_before[i]) ++i;
      while (k < after.size() && used_after[k]) ++k;
      if (i >= before.size() || k >= after.size()) break;
      pair(i, k);
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (!used_before[i]) removed_.push_back(before[i]);
    }
    for (std::size_t k = 0; k < after.size(); ++k) {
      if (!used_after[k]) added_.push_back(after[k]);
    }
  }

  /// Finds declarations that have another name and say the same, and remembers the new key as an alias of the old one.
  /// False when there are none.
  bool find_renames() {
    const std::size_t known = aliases_.size();
    const auto is_candidate = [](TypeView type) { return !type.name().empty() && !is_forward(type); };
    // From strong evidence to weak: equal contents, equal layout, equal name of another kind.
    const auto evidence = [&](const Fingerprints& prints, const Declaration& declaration, int pass) -> std::uint64_t {
      const TypeView type = prints.btf().type(declaration.id);
      if (!is_candidate(type)) return 0;
      const Kind kind = type.kind();
      const std::uint64_t content = declaration.content ^ hash_text(kind_info(declared_kind(type)).name);
      switch (pass) {
        case 0:
          if (kind == Kind::int_) return content ^ int_name_hash(type.name());
          if (is_composite(kind)) return shape_of(type) != 0 || type.vlen() == 1 ? content : 0;
          if (is_enum(kind)) return content;
          if (kind == Kind::typedef_) {
            const TypeView target = prints.btf().type(type.target());
            const bool is_own = (is_composite(target.kind()) || is_enum(target.kind())) && target.name().empty();
            return is_own ? content : 0;
          }
          return 0;
        case 1:
          return shape_of(type);
        default:
          if (!has_tag(kind) && !has_plain_name(kind)) return 0;
          return hash_text(type.name()) ^ (has_tag(kind) ? 1 : 0);
      }
    };
    struct Candidates {
      const Declaration *before = nullptr, *after = nullptr;
      std::size_t before_count = 0, after_count = 0;
    };
    std::unordered_set<std::uint64_t> taken;
    for (int pass = 0; pass < 3; ++pass) {
      std::unordered_map<std::uint64_t, Candidates> candidates;
      for (const Declaration& declaration : removed_) {
        const std::uint64_t key = evidence(*before_, declaration, pass);
        if (key == 0 || taken.contains(declaration.key)) continue;
        Candidates& found = candidates[key];
        found.before = &declaration;
        ++found.before_count;
      }
      for (const Declaration& declaration : added_) {
        const std::uint64_t key = evidence(*after_, declaration, pass);
        const auto found = candidates.find(key);
        if (key == 0 || found == candidates.end() || aliases_.contains(own_key(declaration))) continue;
        found->second.after = &declaration;
        ++found->second.after_count;
      }
      std::vector<Rename> renames;
      for (const auto& [key, found] : candidates) {
        if (found.before_count == 1 && found.after_count == 1 && !in_both(*found.before, *found.after)) {
          renames.push_back({found.before, found.after});
        }
      }
      if (pass < 2) drop_used_apart(renames);
      // One name stands for one other: the first by name, in both directions.
      std::ranges::sort(renames, {}, [&](const Rename& rename) { return names_of(rename); });
      for (const auto& [before, after] : renames) {
        if (taken.contains(before->key) || aliases_.contains(own_key(*after))) continue;
        aliases_.emplace(own_key(*after), before->key);
        taken.insert(before->key);
      }
    }
    return aliases_.size() != known;
  }

  [[nodiscard]] std::uint64_t own_key(const Declaration& added) const {
    const TypeView type = after_type(added.id);
    return declaration_key(declared_kind(type), type.name());
  }

  /// The names and kinds of both, the lesser first.
  [[nodiscard]] std::pair<Name, Name> names_of(const Rename& rename) const {
    const auto name_of = [](TypeView type) { return Name(type.name(), declared_kind(type)); };
    const Name one = name_of(before_type(rename.before->id)), other = name_of(after_type(rename.after->id));
    return std::minmax({one, other});
  }

  /// Drops the pairs of composites that only look alike, as two of `base` and `size` may: what is there on both sides
  /// uses one of them, and nothing uses both. Asked where there are few members to know them by.
  void drop_used_apart(std::vector<Rename>& renames) {
    constexpr std::uint32_t few = 3;
    const auto is_asked = [&](const Rename& rename) {
      const TypeView type = before_type(rename.before->id);
      return is_composite(type.kind()) && type.vlen() < few;
    };
    const auto asked = static_cast<std::size_t>(std::ranges::count_if(renames, is_asked));
    if (asked == 0) return;
    if (!users_before_) users_before_.emplace(before_->btf());
    if (!users_after_) users_after_.emplace(after_->btf());
    const auto limit = [&](const Fingerprints& prints) {
      return std::max(least_user_steps, user_steps_per_type * prints.btf().own_types() / asked);
    };
    const auto stays_in = [](const Fingerprints& prints) {
      return [&prints](std::uint64_t key) { return !prints.find(key).empty(); };
    };
    std::erase_if(renames, [&](const Rename& rename) {
      if (!is_asked(rename)) return false;
      const auto old_users = users_before_->find(*before_, rename.before->id, limit(*before_));
      const auto new_users = users_after_->find(*after_, rename.after->id, limit(*after_));
      if (!old_users || !new_users) return true;
      std::vector<std::uint64_t> both;
      std::ranges::set_intersection(*old_users, *new_users, std::back_inserter(both));
      return both.empty() && (std::ranges::any_of(*old_users, stays_in(*after_)) ||
                              std::ranges::any_of(*new_users, stays_in(*before_)));
    });
  }

  /// Whether the name of one of them is there on both sides, in another variant or in a base: then it was not renamed.
  [[nodiscard]] bool in_both(const Declaration& before, const Declaration& after) const {
    const auto has = [](const Fingerprints* prints, std::uint64_t key) {
      for (; prints != nullptr; prints = prints->base().get()) {
        if (!prints->find(key).empty()) return true;
      }
      return false;
    };
    return has(after_.get(), before.key) || has(before_.get(), after.key);
  }

  /// Pairs anonymous declarations that share most names. The values of an anonymous enum may also have become those of
  /// a named one, or the other way round: no two enums have values of one name.
  void match_anonymous() {
    const auto is_candidate = [](TypeView type) {
      return is_enum(type.kind()) || (is_composite(type.kind()) && type.name().empty());
    };
    std::vector<std::uint32_t> before, after;
    for (std::uint32_t i = 0; i < removed_.size(); ++i) {
      if (is_candidate(before_type(removed_[i].id))) before.push_back(i);
    }
    for (std::uint32_t k = 0; k < added_.size(); ++k) {
      if (is_candidate(after_type(added_[k].id))) after.push_back(k);
    }
    if (before.empty() || after.empty()) return;
    struct Holders {
      std::vector<std::uint32_t> after;
      std::size_t before = 0;
    };
    std::unordered_map<std::uint64_t, Holders> by_name;
    const auto visit_elements = [](TypeView type, auto&& visit) {
      for (std::uint32_t i = 0; i < type.vlen(); ++i) {
        const StringOffset name = is_enum(type.kind()) ? type.enumerator_name(i) : type.member(i).name;
        if (raw(name) != 0) visit(hash_text(type.btf().string(name)) ^ static_cast<std::uint64_t>(declared_kind(type)));
      }
    };
    for (const std::uint32_t k : after) {
      visit_elements(after_type(added_[k].id), [&](std::uint64_t name) { by_name[name].after.push_back(k); });
    }
    for (const std::uint32_t i : before) {
      visit_elements(before_type(removed_[i].id), [&](std::uint64_t name) {
        if (const auto found = by_name.find(name); found != by_name.end()) ++found->second.before;
      });
    }
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> shared;
    for (const std::uint32_t i : before) {
      const TypeView type = before_type(removed_[i].id);
      visit_elements(type, [&](std::uint64_t name) {
        const auto found = by_name.find(name);
        // What so many have tells nothing, on whichever side.
        if (found == by_name.end() || std::max(found->second.after.size(), found->second.before) > most_compared)
          return;
        for (const std::uint32_t k : found->second.after) {
          if (type.name().empty() || after_type(added_[k].id).name().empty()) ++shared[{i, k}];
        }
      });
    }
    std::vector<Likeness> likenesses;
    for (const auto& [pair, score] : shared) {
      const TypeView old_type = before_type(removed_[pair.first].id), new_type = after_type(added_[pair.second].id);
      // Members are called `name` or `flags` everywhere: only where most of them agree it is the same type.
      if (is_composite(old_type.kind()) && 2 * score < std::max(old_type.vlen(), new_type.vlen())) continue;
      likenesses.push_back(likeness(score, removed_, pair.first, added_, pair.second));
    }
    sort_best_first(likenesses);
    std::vector<bool> used_before(removed_.size()), used_after(added_.size());
    for (const Likeness& best : likenesses) {
      if (used_before[best.before] || used_after[best.after]) continue;
      used_before[best.before] = used_after[best.after] = true;
      pairs_.push_back({removed_[best.before].id, added_[best.after].id});
    }
    const auto drop = [](std::vector<Declaration>& list, const std::vector<bool>& used) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (!used[i]) list[kept++] = list[i];
      }
      list.resize(kept);
    };
    drop(removed_, used_before);
    drop(added_, used_after);
  }

  /// Tells what one side has as its own and the other in its base only.
  void find_moves() {
    const auto move = [&](std::vector<Declaration>& list, const Fingerprints* own_base, const Fingerprints* other_base,
                          bool is_removed) {
      if (other_base == nullptr) return;
      std::erase_if(list, [&](const Declaration& declaration) {
        const std::span<const Declaration> found = other_base->find(declaration.key);
        if (found.empty()) return false;
        // A copy of what the base says all the same, as when duplicates were not recognised.
        const bool stays = own_base != nullptr && !own_base->find(declaration.key).empty();
        const auto same = std::ranges::find(found, declaration.content, &Declaration::content);
        if (stays || declaration.content == incomplete_content) {
          return same != found.end() || declaration.content == incomplete_content;
        }
        // Functions and variables of one name need have nothing in common, and where a type is only declared it is not.
        const Kind kind = (is_removed ? before_type(declaration.id) : after_type(declaration.id)).kind();
        const bool is_symbol = kind == Kind::func || kind == Kind::var || kind == Kind::datasec;
        if (same == found.end() && (is_symbol || found.front().content == incomplete_content)) return false;
        const TypeId target =
            same != found.end() ? same->id : std::ranges::min_element(found, {}, &Declaration::id)->id;
        Change& change = begin(is_removed ? Pair{declaration.id, target} : Pair{target, declaration.id});
        change.kind = ChangeKind::moved;
        return true;
      });
    };
    move(removed_, before_->base().get(), after_->base().get(), true);
    move(added_, after_->base().get(), before_->base().get(), false);
  }

  Change& begin(Pair pair) {
    Change& change = diff_.changes.emplace_back();
    if (pair.before != void_id) change.before = {before_->btf_ptr(), pair.before};
    if (pair.after != void_id) change.after = {after_->btf_ptr(), pair.after};
    return change;
  }

  void describe() {
    for (const Pair& pair : pairs_) {
      Change& change = begin(pair);
      if (!is_rekinded(pair) && is_renamed(pair)) change.kind = ChangeKind::renamed;
    }
    // So far everything is in the order of hashes, which differ from run to run; and the finder does not go on
    // for ever.
    std::ranges::sort(diff_.changes, {}, [](const Change& c) { return std::pair(c.before.id, c.after.id); });
    std::ranges::sort(removed_, {}, &Declaration::id);
    std::ranges::sort(added_, {}, &Declaration::id);
    DetailFinder finder(*before_, *after_);
    for (Change& change : diff_.changes) finder.describe(change);
    for (const Declaration& declaration : removed_) {
      Change& change = begin({declaration.id, void_id});
      change.kind = ChangeKind::removed;
      change.impact = removal_impact(before_type(declaration.id));
    }
    for (const Declaration& declaration : added_) begin({void_id, declaration.id}).kind = ChangeKind::added;
  }

  const DiffSide& after_side_;
  bool halves_ = false;  // see holds_halves()
  PrintsPtr before_, after_;
  Aliases aliases_;
  std::optional<Users> users_before_, users_after_;  // made when first asked for; names of users change, they do not
  std::vector<Pair> pairs_;                          // of one name, not equal
  std::vector<Declaration> removed_, added_;         // without counterpart
  Diff diff_;
};

}  // namespace

void sort_changes(std::vector<Change>& changes) {
  const auto has_base = [](const std::vector<std::string>& parts) {
    return std::ranges::find(parts, base_part) != parts.end();
  };
  const auto rank = [&](const Change& change) {
    const TypeView type = change.subject().view();
    const bool has_parts = !change.parts_before.empty() || !change.parts_after.empty();
    const bool only_modules = has_parts && !has_base(change.parts_before) && !has_base(change.parts_after);
    return std::tuple(-static_cast<int>(change.impact), !change.causes.empty(), only_modules,
                      change.kind == ChangeKind::added, type.name().empty(), static_cast<int>(declared_kind(type)),
                      type.name());
  };
  std::ranges::stable_sort(changes, {}, rank);
}

Diff compare(const DiffSide& before, const DiffSide& after, unsigned jobs) {
  return BtfComparer(before, after, jobs).run();
}

}  // namespace btfx

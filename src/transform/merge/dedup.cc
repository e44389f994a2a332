#include "transform/merge/dedup.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/batch.h"
#include "transform/merge/candidates.h"
#include "transform/merge/equivalence.h"

namespace btfx {

namespace {

/// How many comparisons one type may cost on average. Merging all modules of a kernel takes a few dozen.
constexpr std::uint64_t steps_per_type = 512;
constexpr std::uint64_t least_steps = std::uint64_t{1} << 24;

Kind kind_of(const std::uint32_t* record) {
  return InfoWord(record[1]).kind();
}

bool is_primitive(Kind kind) {
  return kind == Kind::int_ || kind == Kind::float_ || kind == Kind::fwd || is_enum(kind);
}

bool is_reference(Kind kind) {
  return is_modifier(kind) || kind == Kind::ptr || kind == Kind::array || kind == Kind::func ||
         kind == Kind::func_proto || kind == Kind::decl_tag;
}

bool is_identity(Kind kind) {
  return kind == Kind::var || kind == Kind::datasec;
}

class RecordHash {
 public:
  void add(std::uint32_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15;
    state_ ^= state_ >> 32;
  }
  [[nodiscard]] std::uint32_t value() const { return static_cast<std::uint32_t>(state_ ^ (state_ >> 29)); }

 private:
  std::uint64_t state_ = 0;
};

/// How many pointers, modifiers and the like are looked through for a hash.
constexpr int shape_depth = 4;

/// Hashes records so that records that may be the same type have equal hashes.
class Hasher {
 public:
  explicit Hasher(const TypePool& pool) : pool_(pool) {}

  /// Of a record as a candidate. The type ids of references count as they are: they are final when such a record is
  /// looked up. Those of composites and typedefs are not: there the shape of what is referred to counts.
  [[nodiscard]] std::uint32_t operator()(std::uint32_t id) const {
    const std::uint32_t* words = pool_.record(TypeId{id});
    const Kind kind = kind_of(words);
    RecordHash hash;
    hash.add(words[0]);
    hash.add(words[1]);
    if (kind == Kind::typedef_) {
      add_shape(hash, words[2], shape_depth);
      return hash.value();
    }
    hash.add(words[2]);
    const std::uint32_t* end = words + record_words(InfoWord(words[1]));
    if (is_composite(kind)) {
      for (const std::uint32_t* member = words + header_words; member != end; member += 3) {
        hash.add(member[0]);
        hash.add(member[2]);
        add_shape(hash, member[1], shape_depth);
      }
    } else {
      for (const std::uint32_t* word = words + header_words; word != end; ++word) hash.add(*word);
    }
    return hash.value();
  }

 private:
  /// Adds what equivalent types have in common, whatever else they reach, and whatever stands for them: a forward
  /// declaration has no more than the name of its definition, and the elements of arrays are not always compared.
  void add_shape(RecordHash& hash, std::uint32_t id, int depth) const {
    for (; depth > 0; --depth) {
      const std::uint32_t* words = pool_.record(TypeId{id});
      const Kind kind = kind_of(words);
      hash.add(words[0]);
      if (is_composite(kind) || kind == Kind::fwd) return hash.add(composite_shape);
      if (is_enum(kind)) return hash.add(enum_shape);
      hash.add(words[1]);
      if (kind == Kind::array) return hash.add(words[header_words + 2]);
      if (kind == Kind::int_) return hash.add(words[header_words]);
      if (kind == Kind::func_proto || kind_info(kind).size_or_type != SizeOrType::type) return;
      id = words[2];
    }
  }

  static constexpr std::uint32_t composite_shape = 1, enum_shape = 2;
  const TypePool& pool_;
};

class Dedup {
 public:
  Dedup(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics)
      : pool_(pool),
        options_(options),
        diagnostics_(diagnostics),
        first_(raw(pool.first_own())),
        end_(raw(pool.end_id())),
        representatives_(1),
        budget_(least_steps + steps_per_type * end_),
        hasher_(pool),
        hashes_(end_),
        candidates_(0),
        equivalence_(pool, representatives_, budget_, options.strict ? &ambiguous_ : nullptr) {}

  std::vector<TypeId> run() {
    hash_records();  // now: the hash of every type is known, but for references, which are hashed when they are final
    do {
      start();                                      // now: every type is open
      enter_base();                                 // now: every type of the base stands for itself and is a candidate
      merge_primitives();                           // now: INT, FLOAT, ENUM, ENUM64 and FWD are settled
      merge_composites();                           // now: STRUCT, UNION and TYPEDEF are settled
    } while (options_.strict && find_ambiguous());  // now: in strict mode, no forward declaration was used ambiguously
    resolve_forwards();  // now: a FWD stands for itself only if it has no definition, or several
    merge_references();  // now: everything is settled
    std::vector<TypeId> ids = renumber();
    if (budget_.is_spent()) {
      diagnostics_.push_back({Severity::warning,
                              "dedup-budget",
                              "too many types look alike: de-duplication was given up before its end",
                              {}});
    }
    return ids;
  }

 private:
  struct EnumGroup {
    std::uint32_t ends[2] = {0, 0};      // all enums of a name as one list of candidates: the ids at both ends
    std::vector<std::uint32_t> forward;  // those without values
  };

  [[nodiscard]] const std::uint32_t* record(std::uint32_t id) const { return std::as_const(pool_).record(TypeId{id}); }
  [[nodiscard]] Kind kind(std::uint32_t id) const { return kind_of(record(id)); }
  [[nodiscard]] bool stands_for_itself(std::uint32_t id) const { return representatives_.of(id) == id; }

  void keep(std::uint32_t hash, std::uint32_t id) {
    representatives_.settle(id, id);
    candidates_.insert(hash, id);
  }

  /// The first candidate that is equal word for word; 0 if there is none.
  [[nodiscard]] std::uint32_t find_equal(std::uint32_t hash, std::uint32_t id) {
    const std::uint32_t* words = record(id);
    std::uint32_t candidate = candidates_.front(hash);
    while (candidate != 0 && !(budget_.take() && equal_records(words, record(candidate)))) {
      candidate = budget_.is_spent() ? 0 : candidates_.next(candidate);
    }
    return candidate;
  }

  void merge_equal(std::uint32_t id, std::uint32_t hash) {
    if (const std::uint32_t same = find_equal(hash, id); same != 0) {
      representatives_.settle(id, same);
    } else {
      keep(hash, id);
    }
  }

  void hash_records() {
    run_ranges(1, end_, options_.jobs, [&](std::size_t begin, std::size_t end) {
      for (auto id = static_cast<std::uint32_t>(begin); id < end; ++id) {
        if (id < first_ || !is_reference(kind(id))) hashes_[id] = hasher_(id);
      }
    });
  }

  void start() {
    representatives_ = Representatives(end_);
    candidates_ = CandidateTable(end_);
    enum_groups_.clear();
  }

  void enter_base() {
    collect_forward_enums();
    for (std::uint32_t id = 1; id < first_; ++id) {
      if (is_identity(kind(id))) {
        representatives_.settle(id, id);
      } else {
        keep(hashes_[id], id);
        if (is_enum(kind(id))) enter_enum(id);
      }
    }
  }

  /// The names of enums without values: only in their groups an enum can stand for one that is not equal.
  void collect_forward_enums() {
    for (std::uint32_t id = 1; id < end_; ++id) {
      if (is_enum(kind(id)) && InfoWord(record(id)[1]).vlen() == 0) enum_groups_.try_emplace(record(id)[0]);
    }
  }

  void enter_enum(std::uint32_t id) {
    const auto found = enum_groups_.find(record(id)[0]);
    if (found == enum_groups_.end()) return;
    EnumGroup& group = found->second;
    group.ends[candidates_.front_end()] = id;
    if (group.ends[!candidates_.front_end()] == 0) group.ends[!candidates_.front_end()] = id;
    if (InfoWord(record(id)[1]).vlen() == 0) group.forward.push_back(id);
  }

  void merge_primitives() {
    for (std::uint32_t id = first_; id < end_; ++id) {
      const Kind of_id = kind(id);
      if (is_identity(of_id)) {
        representatives_.settle(id, id);
      } else if (is_enum(of_id) && !options_.strict) {
        merge_enum(id);
      } else if (is_primitive(of_id)) {
        merge_equal(id, hashes_[id]);
      }
    }
    if (options_.strict) resolve_forward_enums();
  }

  /// One enum stands for another when they are equal, or have one name and one of the two has no values. The order of
  /// the candidates decides, and a definition takes all forward declarations that come before its equal.
  void merge_enum(std::uint32_t id) {
    const auto group = enum_groups_.find(record(id)[0]);
    if (group == enum_groups_.end()) return merge_equal(id, hashes_[id]);
    if (InfoWord(record(id)[1]).vlen() == 0 && group->second.ends[candidates_.front_end()] != 0) {
      return representatives_.settle(id, group->second.ends[candidates_.front_end()]);
    }
    const std::uint32_t hash = hashes_[id];
    const std::uint32_t same = find_equal(hash, id);
    for (const std::uint32_t forward : group->second.forward) {
      if (!budget_.take()) break;
      if (same == 0 || candidates_.before(forward, same)) representatives_.settle(forward, id);
    }
    if (same != 0) return representatives_.settle(id, same);
    keep(hash, id);
    enter_enum(id);
  }

  /// Lets the only definition of a name stand for the enums of that name that have no values.
  void resolve_forward_enums() {
    std::unordered_map<std::uint32_t, std::uint32_t> definitions;  // 0: there are several
    for (std::uint32_t id = 1; id < end_; ++id) {
      if (!is_enum(kind(id)) || !stands_for_itself(id) || InfoWord(record(id)[1]).vlen() == 0) continue;
      if (!enum_groups_.contains(record(id)[0])) continue;
      const auto [definition, is_new] = definitions.try_emplace(record(id)[0], id);
      if (!is_new) definition->second = 0;
    }
    for (std::uint32_t id = 1; id < end_; ++id) {
      if (!is_enum(kind(id)) || !stands_for_itself(id) || InfoWord(record(id)[1]).vlen() != 0) continue;
      const auto found = definitions.find(record(id)[0]);
      if (found != definitions.end() && found->second != 0) representatives_.settle(id, found->second);
    }
  }

  void merge_composites() {
    for (std::uint32_t id = first_; id < end_; ++id) {
      const Kind of_id = kind(id);
      if ((!is_composite(of_id) && of_id != Kind::typedef_) || representatives_.is_settled(id)) continue;
      const std::uint32_t* words = record(id);
      const std::uint32_t hash = hashes_[id];
      std::uint32_t candidate = candidates_.front(hash);
      for (; candidate != 0 && budget_.take(); candidate = candidates_.next(candidate)) {
        if (shallow_equal(words, record(candidate)) && equivalence_.test(id, candidate) && equivalence_.apply()) break;
      }
      if (candidate != 0 && !budget_.is_spent()) {
        representatives_.settle(id, candidate);
      } else {
        keep(hash, id);
      }
    }
  }

  struct Definition {
    std::uint32_t first = 0;  // 0: there is none
    bool is_alone = true;
  };
  using Definitions = std::unordered_map<std::uint64_t, Definition>;

  /// Under what a definition and its declaration are found. libbpf counts structs and unions of a name together.
  [[nodiscard]] std::uint64_t definition_key(std::uint32_t name, Kind kind) const {
    return key_of(name, options_.strict ? kind : Kind::struct_);
  }

  /// The definitions among the representatives, for the names that some own FWD among the representatives declares.
  /// `all`: that any own FWD declares.
  [[nodiscard]] Definitions find_definitions(bool all) const {
    Definitions definitions;
    for (std::uint32_t id = first_; id < end_; ++id) {
      if (kind(id) != Kind::fwd || !(all || stands_for_itself(id))) continue;
      if (options_.strict && record(id)[0] == 0) continue;  // a declaration of nothing
      definitions.try_emplace(definition_key(record(id)[0], declared_kind(InfoWord(record(id)[1]))));
    }
    if (definitions.empty()) return definitions;
    for (std::uint32_t id = 1; id < end_; ++id) {
      if (!is_composite(kind(id)) || !stands_for_itself(id)) continue;
      const auto found = definitions.find(definition_key(record(id)[0], kind(id)));
      if (found == definitions.end()) continue;
      found->second.is_alone = found->second.first == 0;
      found->second.first = id;
    }
    return definitions;
  }

  /// Adds the names that have turned out to be ambiguous to the set; false when there are no new ones. With an
  /// incomplete set we merge too much, never too little, so repeating reaches the smallest set.
  bool find_ambiguous() {
    const std::size_t before = ambiguous_.size();
    for (const auto& [key, definition] : find_definitions(true)) {
      if (definition.first != 0 && !definition.is_alone) ambiguous_.insert(key);
    }
    return ambiguous_.size() != before;
  }

  void resolve_forwards() {
    const Definitions definitions = find_definitions(false);
    for (std::uint32_t id = first_; id < end_; ++id) {
      if (kind(id) != Kind::fwd || !stands_for_itself(id)) continue;
      const Kind wanted = declared_kind(InfoWord(record(id)[1]));
      const auto found = definitions.find(definition_key(record(id)[0], wanted));
      if (found == definitions.end()) continue;
      const Definition& definition = found->second;
      if (definition.first != 0 && definition.is_alone && kind(definition.first) == wanted) {
        representatives_.settle(id, definition.first);
      }
    }
  }

  void merge_references() {
    std::vector<std::uint32_t> path;  // types to settle, the next one last; what a type refers to comes after it
    std::vector<bool> entered(end_ - first_);
    for (std::uint32_t id = first_; id < end_; ++id) {
      path.assign(1, id);
      while (!path.empty()) {
        const std::uint32_t top = path.back();
        if (!representatives_.is_settled(top) && !entered[top - first_]) {
          entered[top - first_] = true;
          push_open_targets(top, path, entered);
          continue;
        }
        path.pop_back();
        if (representatives_.is_settled(top)) continue;
        visit_type_ids(pool_.record(TypeId{top}), [&](std::uint32_t& target) { target = representatives_.of(target); });
        merge_equal(top, hasher_(top));
      }
    }
  }

  /// Appends what `id` refers to and is not settled, the last first. What is entered and not settled waits for `id`.
  void push_open_targets(std::uint32_t id, std::vector<std::uint32_t>& path, const std::vector<bool>& entered) const {
    const auto begin = static_cast<std::ptrdiff_t>(path.size());
    visit_type_ids(record(id), [&](std::uint32_t target) {
      if (representatives_.is_settled(target)) return;
      if (entered[target - first_]) refuse_circle(target);
      path.push_back(target);
    });
    std::reverse(path.begin() + begin, path.end());
  }

  [[noreturn]] void refuse_circle(std::uint32_t id) const {
    throw Error(ErrorCode::malformed,
                fmt::format("{} refers to itself without a struct, union or typedef between", kind_info(kind(id)).name),
                {.type_id = id});
  }

  std::vector<TypeId> renumber() {
    std::vector<TypeId> ids(end_);
    std::uint32_t next = first_;
    for (std::uint32_t id = 0; id < end_; ++id) {
      if (id < first_ || stands_for_itself(id)) ids[id] = TypeId{id < first_ ? id : next++};
    }
    for (std::uint32_t id = 0; id < end_; ++id) {
      const std::uint32_t by = representatives_.of(id);
      if (by != id) ids[id] = ids[by];
    }
    pool_.compact([&](TypeId id) { return stands_for_itself(raw(id)); });
    for (TypeId id = pool_.first_own(); id != pool_.end_id(); ++id) {
      visit_renumbered(pool_.record(id), [&](std::uint32_t& target) { target = raw(ids[target]); });
    }
    return ids;
  }

  TypePool& pool_;
  const DedupOptions& options_;
  Diagnostics& diagnostics_;
  std::uint32_t first_, end_;
  Representatives representatives_;
  Budget budget_;
  Hasher hasher_;
  std::vector<std::uint32_t> hashes_;
  CandidateTable candidates_;
  AmbiguousNames ambiguous_;
  Equivalence equivalence_;
  std::unordered_map<std::uint32_t, EnumGroup> enum_groups_;  // by name, for names of enums without values
};

}  // namespace

std::vector<TypeId> deduplicate(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics) {
  if (!options.strict) return Dedup(pool, options, diagnostics).run();
  pool.own_base();
  for (TypeId id = pool.first_own(); id != pool.end_id(); ++id) {
    clear_forward_word(pool.record(id));
  }
  std::vector<TypeId> ids = Dedup(pool, options, diagnostics).run();
  pool.renew_strings();
  return ids;
}

}  // namespace btfx

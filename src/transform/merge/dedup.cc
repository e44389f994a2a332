#include "transform/merge/dedup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/batch.h"
#include "base/growing_array.h"
#include "transform/merge/candidates.h"
#include "transform/merge/equivalence.h"
#include "transform/merge/record_hash.h"
#include "transform/merge/renumber.h"

namespace btfx {

namespace {

/// How many types ahead of the one looked up the memory for the next is fetched: its place in the table, and, when
/// that is there, its candidate.
constexpr std::uint32_t look_ahead = 16, look_at_candidate = 6;

Kind kind_of(const std::uint32_t* record) {
  return InfoWord(record[1]).kind();
}

bool is_primitive(Kind kind) {
  return kind == Kind::int_ || kind == Kind::float_ || kind == Kind::fwd || is_enum(kind);
}

bool is_identity(Kind kind) {
  return kind == Kind::var || kind == Kind::datasec;
}

bool is_forward_enum(const std::uint32_t* record) {
  return is_enum(kind_of(record)) && InfoWord(record[1]).vlen() == 0;
}

}  // namespace

class Deduplicator::Run {
 public:
  Run() : equivalence_(representatives_, budget_) {}

  /// `is_last`: no other run follows, so that no memory is kept for it.
  DedupedIds operator()(TypePool& pool, const DedupOptions& options, bool is_last, Diagnostics& diagnostics) {
    pool_ = &pool;
    options_ = options;
    base_ = pool.base() != nullptr ? &pool.base()->index(options.jobs) : nullptr;
    first_ = raw(pool.first_own());
    end_ = raw(pool.end_id());
    budget_ = Budget(options.least_steps + options.steps_per_type * end_);
    ambiguous_.clear();
    run_batch(
        std::vector{&Run::sort_out, &Run::open_all}, options.jobs,
        [&](void (Run::*part)()) {
          (this->*part)();
          return true;
        },
        [](bool) {});  // now: it is known what is settled first, and every own type is open
    if (options.strict && base_ != nullptr) find_declared_by_base();
    for (;;) {
      collect_enums();
      merge_primitives();  // now: INT, FLOAT, ENUM, ENUM64 and FWD are settled
      merge_composites();  // now: STRUCT, UNION and TYPEDEF are settled
      if (!options.strict || !find_ambiguous()) break;
      open_all();
    }                    // now: in strict mode, no forward declaration was used ambiguously
    resolve_forwards();  // now: a FWD stands for itself only if it has no definition, or several
    if (is_last) {
      own_ = OwnTypes();
      composites_ = GrowingArray<Hashed>();
      kept_composites_ = {};
    }
    merge_references();  // now: everything is settled
    if (is_last) candidates_ = CandidateTable();
    const bool is_incomplete = !budget_.is_spent() && equivalence_.may_differ_now();
    DedupedIds ids = renumber(*pool_, representatives_, options.jobs);
    ids.is_incomplete = is_incomplete;
    if (budget_.is_spent()) {
      diagnostics.push_back(dedup_given_up());
    }
    return ids;
  }

 private:
  struct EnumGroup {
    std::uint32_t ends[2] = {0, 0};      // all enums of a name as one list of candidates: the ids at both ends
    std::vector<std::uint32_t> forward;  // those without values
    std::uint32_t definition = 0;        // one with values
    bool is_defined_once = true;
  };

  struct Hashed {
    std::uint32_t id, hash;
  };
  /// Own types, ascending.
  struct OwnTypes {
    GrowingArray<Hashed> primitives;       // and variables and sections, which have no hash
    GrowingArray<std::uint32_t> forwards;  // those among the primitives
  };

  [[nodiscard]] const std::uint32_t* record(std::uint32_t id) const { return std::as_const(*pool_).record(TypeId{id}); }
  [[nodiscard]] Kind kind(std::uint32_t id) const { return kind_of(record(id)); }
  [[nodiscard]] bool stands_for_itself(std::uint32_t id) const { return representatives_.of(id) == id; }

  void keep(std::uint32_t hash, std::uint32_t id) {
    representatives_.settle(id, id);
    candidates_.insert(hash, id);
  }

  /// The first candidate that is equal word for word; 0 if there is none.
  [[nodiscard]] std::uint32_t find_equal(std::uint32_t hash, std::uint32_t id) {
    const std::uint32_t* words = record(id);
    const std::uint32_t found = candidates_.find(
        hash, [&](std::uint32_t candidate) { return !budget_.take() || equal_records(words, record(candidate)); });
    return budget_.is_spent() ? 0 : found;
  }

  void merge_equal(std::uint32_t id, std::uint32_t hash) {
    if (const std::uint32_t same = find_equal(hash, id); same != 0) {
      representatives_.settle(id, same);
    } else {
      keep(hash, id);
    }
  }

  /// Fetches what will be looked at for a type further on in a list.
  void prefetch(const GrowingArray<Hashed>& types, std::size_t at) const {
    if (at + look_ahead < types.size()) candidates_.prefetch(types[at + look_ahead].hash);
    if (at + look_at_candidate < types.size()) prefetch_candidate(types[at + look_at_candidate].hash);
  }
  void prefetch_candidate(std::uint32_t hash) const {
    if (const std::uint32_t candidate = candidates_.peek(hash); candidate != 0) __builtin_prefetch(record(candidate));
  }

  /// Finds the own types that are no composites and refer to nothing, and their hashes.
  void sort_out() {
    own_.primitives.clear();
    own_.forwards.clear();
    const RecordHasher<TypePool> hasher(*pool_);
    for (std::uint32_t id = first_; id < end_; ++id) {
      const std::uint32_t* words = record(id);
      const Kind of_id = kind_of(words);
      if (!is_primitive(of_id) && !is_identity(of_id)) continue;
      own_.primitives.push_back({id, is_identity(of_id) ? 0 : hasher(words)});
      if (of_id == Kind::fwd) own_.forwards.push_back(id);
    }
  }

  void open_all() {
    representatives_.reset(first_, end_);
    candidates_.reset(base_ != nullptr ? &base_->candidates() : nullptr, first_, end_, (end_ - first_) / 4);
    equivalence_.reset(*pool_, {.strict = options_.strict ? &ambiguous_ : nullptr, .fixed_base = options_.fixed_base});
  }

  /// Finds the names of enums without values: only in their groups an enum can stand for one that is not equal.
  void collect_enums() {
    enum_groups_.clear();
    for (const Hashed& type : own_.primitives) {
      const std::uint32_t* words = record(type.id);
      if (!is_enum(kind_of(words))) continue;
      if (!is_forward_enum(words) && (base_ == nullptr || !base_->declares_enum(words[0]))) continue;
      const auto [group, is_new] = enum_groups_.try_emplace(words[0]);
      if (!is_new || base_ == nullptr) continue;
      for (const TypeId of_base : base_->named(words[0])) {
        if (is_enum(kind(raw(of_base)))) enter_enum(group->second, raw(of_base));
      }
    }
  }

  void enter_enum(EnumGroup& group, std::uint32_t id) {
    const bool end = candidates_.end_of(id);
    group.ends[end] = id;
    if (group.ends[!end] == 0) group.ends[!end] = id;
    if (InfoWord(record(id)[1]).vlen() == 0) {
      group.forward.push_back(id);
    } else {
      group.is_defined_once = group.definition == 0;
      group.definition = id;
    }
  }

  void merge_primitives() {
    for (std::size_t i = 0; i < own_.primitives.size(); ++i) {
      const auto [id, hash] = own_.primitives[i];
      const Kind of_id = kind(id);
      prefetch(own_.primitives, i);
      if (is_identity(of_id)) {
        representatives_.settle(id, id);
      } else if (is_enum(of_id)) {
        merge_enum(id, hash);
      } else {
        merge_equal(id, hash);
      }
    }
    if (options_.strict) resolve_forward_enums();
  }

  /// One enum stands for another when they are equal, or have one name and one of the two has no values. The order of
  /// the candidates decides, and a definition takes all forward declarations that come before its equal.
  void merge_enum(std::uint32_t id, std::uint32_t hash) {
    const auto found = enum_groups_.find(record(id)[0]);
    if (found == enum_groups_.end()) return merge_equal(id, hash);
    EnumGroup& group = found->second;
    if (!options_.strict && is_forward_enum(record(id)) && group.ends[candidates_.front_end()] != 0) {
      return representatives_.settle(id, group.ends[candidates_.front_end()]);
    }
    const std::uint32_t same = find_equal(hash, id);
    for (const std::uint32_t forward : group.forward) {
      if (options_.strict || !budget_.take()) break;
      if (options_.fixed_base && forward < first_) continue;
      if (same == 0 || candidates_.before(forward, same)) representatives_.settle(forward, id);
    }
    if (same != 0) return representatives_.settle(id, same);
    keep(hash, id);
    enter_enum(group, id);
  }

  /// Lets the only definition of a name stand for the enums of that name that have no values.
  void resolve_forward_enums() {
    for (const auto& [name, group] : enum_groups_) {
      if (group.definition == 0 || !group.is_defined_once || group.forward.empty() || group.forward[0] < first_) {
        continue;
      }
      for (const std::uint32_t forward : group.forward) representatives_.settle(forward, group.definition);
    }
  }

  /// One thread settles composites and typedefs, in their order; others hash those that come next.
  void merge_composites() {
    kept_composites_.clear();
    if (options_.jobs <= 1) {
      hash_composites(first_, end_, composites_);
      return merge_composites(composites_);
    }
    gather_ranges(
        first_, end_, options_.jobs,
        [&](std::size_t begin, std::size_t end) {
          GrowingArray<Hashed> types;
          hash_composites(begin, end, types);
          return types;
        },
        [&](const GrowingArray<Hashed>& types) { merge_composites(types); });
  }

  void hash_composites(std::size_t begin, std::size_t end, GrowingArray<Hashed>& types) const {
    const RecordHasher<TypePool> hasher(*pool_);
    types.clear();
    for (auto id = static_cast<std::uint32_t>(begin); id < end; ++id) {
      const std::uint32_t* words = record(id);
      const Kind of_id = kind_of(words);
      if (is_composite(of_id) || of_id == Kind::typedef_) types.push_back({id, hasher(words)});
    }
  }

  void merge_composites(const GrowingArray<Hashed>& types) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      const auto [id, hash] = types[i];
      prefetch(types, i);
      if (representatives_.is_settled(id)) continue;
      const std::uint32_t* words = record(id);
      const std::uint32_t found = candidates_.find(hash, [&, id = id](std::uint32_t candidate) {
        return !budget_.take() ||
               (shallow_equal(words, record(candidate)) && equivalence_.test(id, candidate) && equivalence_.apply());
      });
      if (found != 0 && !budget_.is_spent()) {
        representatives_.settle(id, found);
      } else {
        keep(hash, id);
        if (is_composite(kind_of(words))) kept_composites_.push_back(id);
      }
    }
  }

  struct Definition {
    std::uint32_t first = 0;  // 0: there is none
    bool is_alone = true;

    void add(std::uint32_t id) {
      is_alone = first == 0;
      first = id;
    }
  };
  using Definitions = std::unordered_map<std::uint64_t, Definition>;

  /// The key under which a definition and its declaration are found. libbpf counts structs and unions of a name
  /// together.
  [[nodiscard]] std::uint64_t definition_key(std::uint32_t name, Kind kind) const {
    return key_of(name, options_.strict ? kind : Kind::struct_);
  }

  /// The definitions among the representatives, for the names that some own FWD among the representatives declares.
  /// `all`: that any own FWD declares.
  [[nodiscard]] Definitions find_definitions(bool all) const {
    Definitions definitions;
    for (const std::uint32_t id : own_.forwards) {
      const std::uint32_t* words = record(id);
      if (!all && !stands_for_itself(id)) continue;
      if (options_.strict && words[0] == 0) continue;  // a declaration of nothing
      const std::uint64_t key = definition_key(words[0], declared_kind(InfoWord(words[1])));
      const auto [definition, is_new] = definitions.try_emplace(key);
      if (!is_new || base_ == nullptr) continue;
      for (const TypeId of_base : base_->named(words[0])) {
        const Kind kind = this->kind(raw(of_base));
        if (is_composite(kind) && definition_key(words[0], kind) == key) definition->second.add(raw(of_base));
      }
    }
    if (definitions.empty()) return definitions;
    for (const std::uint32_t id : kept_composites_) {
      const auto found = definitions.find(definition_key(record(id)[0], kind(id)));
      if (found != definitions.end()) found->second.add(id);
    }
    return definitions;
  }

  /// Own declarations that the base has as well are what they are there.
  void find_declared_by_base() {
    std::unordered_set<std::uint64_t> looked_up;  // names and kinds, which may be declared many times
    for (const std::uint32_t id : own_.forwards) {
      const std::uint32_t* words = record(id);
      const Kind declared = declared_kind(InfoWord(words[1]));
      if (!looked_up.insert(key_of(words[0], declared)).second) continue;
      for (const TypeId of_base : base_->named(words[0])) {
        const std::uint32_t* base_words = record(raw(of_base));
        if (kind_of(base_words) != Kind::fwd || declared_kind(InfoWord(base_words[1])) != declared) continue;
        ambiguous_.insert(key_of(words[0], declared));
      }
    }
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
    for (const std::uint32_t id : own_.forwards) {
      if (!stands_for_itself(id)) continue;
      const Kind wanted = declared_kind(InfoWord(record(id)[1]));
      const std::uint64_t key = definition_key(record(id)[0], wanted);
      const auto found = definitions.find(key);
      if (found == definitions.end() || ambiguous_.contains(key)) continue;
      const Definition& definition = found->second;
      if (definition.first != 0 && definition.is_alone && kind(definition.first) == wanted) {
        representatives_.settle(id, definition.first);
      }
    }
  }

  void merge_references() {
    entered_.assign(end_ - first_, false);
    std::array<std::uint32_t, look_ahead> hashes = {};  // of the types that come next, where they are final already
    std::array<bool, look_ahead> is_final = {};
    const auto look_at = [&](std::uint32_t id) {
      is_final[id % look_ahead] = id < end_ && !representatives_.is_settled(id) && finish_targets(id);
      if (!is_final[id % look_ahead]) return;
      hashes[id % look_ahead] = RecordHasher<TypePool>(*pool_)(record(id));
      candidates_.prefetch(hashes[id % look_ahead]);
    };
    for (std::uint32_t id = first_; id < std::min(end_, first_ + look_ahead); ++id) look_at(id);
    for (std::uint32_t id = first_; id < end_; ++id) {
      if (!representatives_.is_settled(id)) {
        if (is_final[id % look_ahead]) {
          merge_equal(id, hashes[id % look_ahead]);
        } else {
          merge_path_to(id);
        }
      }
      look_at(id + look_ahead);
      if (const std::uint32_t next = (id + look_at_candidate) % look_ahead; is_final[next]) {
        prefetch_candidate(hashes[next]);
      }
    }
  }

  /// Lets a reference refer to what stands for its targets in the end; false when one of them is not settled yet.
  bool finish_targets(std::uint32_t id) {
    bool are_settled = true;
    std::uint32_t* words = pool_->own_record(TypeId{id});
    visit_type_ids(words,
                   [&](std::uint32_t target) { are_settled = are_settled && representatives_.is_settled(target); });
    if (are_settled) visit_type_ids(words, [&](std::uint32_t& target) { target = representatives_.of(target); });
    return are_settled;
  }

  /// Settles a reference after all that it refers to.
  void merge_path_to(std::uint32_t id) {
    path_.assign(1, id);
    while (!path_.empty()) {
      const std::uint32_t top = path_.back();
      if (representatives_.is_settled(top)) {
        path_.pop_back();
        continue;
      }
      if (!entered_[top - first_]) {
        entered_[top - first_] = true;
        if (push_open_targets(top)) continue;
      }
      path_.pop_back();
      finish_targets(top);
      merge_equal(top, RecordHasher<TypePool>(*pool_)(record(top)));
    }
  }

  /// Appends what `id` refers to and is not settled to the path of types to settle, the last first; false when all is.
  /// What is entered and not settled waits for `id`.
  bool push_open_targets(std::uint32_t id) {
    const auto begin = static_cast<std::ptrdiff_t>(path_.size());
    visit_type_ids(record(id), [&](std::uint32_t target) {
      if (representatives_.is_settled(target)) return;
      if (entered_[target - first_]) refuse_circle(target);
      path_.push_back(target);
    });
    std::reverse(path_.begin() + begin, path_.end());
    return path_.begin() + begin != path_.end();
  }

  [[noreturn]] void refuse_circle(std::uint32_t id) const {
    throw Error(ErrorCode::malformed,
                fmt::format("{} refers to itself without a struct, union or typedef between", kind_info(kind(id)).name),
                {.type_id = id});
  }

  TypePool* pool_ = nullptr;
  DedupOptions options_;
  const MergeBase::Index* base_ = nullptr;
  std::uint32_t first_ = 1, end_ = 1;
  Representatives representatives_;
  Budget budget_;
  OwnTypes own_;                     // in merge_references(), the last pass, it may be empty already
  GrowingArray<Hashed> composites_;  // and typedefs, while they are settled by one thread that does everything
  std::vector<std::uint32_t> kept_composites_;  // without typedefs, ascending
  CandidateTable candidates_;
  AmbiguousNames ambiguous_;
  Equivalence equivalence_;
  std::unordered_map<std::uint32_t, EnumGroup> enum_groups_;  // by name, for names of enums without values
  std::vector<std::uint32_t> path_;  // types to settle, the next one last; what a type refers to comes after it
  std::vector<bool> entered_;        // of each own type, whether it was on the path
};

Diagnostic dedup_given_up() {
  return {
      Severity::warning, "dedup-budget", "too many types look alike: de-duplication was given up before its end", {}};
}

Deduplicator::Deduplicator() : run_(std::make_unique<Run>()) {}
Deduplicator::~Deduplicator() = default;

DedupedIds Deduplicator::run(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics) {
  if (!options.strict) return (*run_)(pool, options, is_last_, diagnostics);
  DedupOptions strict = options;
  if (!strict.fixed_base) pool.own_base();
  strict.fixed_base = pool.base() != nullptr;
  for (TypeId id = pool.first_own(); id != pool.end_id(); ++id) {
    clear_forward_word(pool.own_record(id));
  }
  DedupedIds ids = (*run_)(pool, strict, is_last_, diagnostics);
  pool.renew_strings();
  return ids;
}

DedupedIds deduplicate(TypePool& pool, const DedupOptions& options, Diagnostics& diagnostics) {
  Deduplicator deduplicator;
  deduplicator.is_last_ = true;
  DedupedIds ids = deduplicator.run(pool, options, diagnostics);
  pool.fit();
  return ids;
}

}  // namespace btfx

#include "transform/merge/equivalence.h"

#include <algorithm>
#include <numeric>

namespace btfx {

namespace {

constexpr int deep_comparison_depth = 16;  // libbpf's

Kind kind_of(const std::uint32_t* record) {
  return InfoWord(record[1]).kind();
}

bool is_forward_enum(const std::uint32_t* record) {
  return is_enum(kind_of(record)) && InfoWord(record[1]).vlen() == 0;
}

/// Kinds with one reference, in the third word, and nothing after it.
bool is_link(Kind kind) {
  return is_modifier(kind) || kind == Kind::ptr || kind == Kind::typedef_ || kind == Kind::func;
}

/// Whether all words of two records with equal vlen are equal but for `ignored` of each element and, where it is a type
/// id, the third word.
bool equal_but_types(const std::uint32_t* a, const std::uint32_t* b) {
  if (a[0] != b[0] || a[1] != b[1]) return false;
  const KindInfo& kind = kind_info(kind_of(a));
  if (kind.size_or_type != SizeOrType::type && a[2] != b[2]) return false;
  const std::uint32_t* x = a + header_words + kind.fixed_words;
  const std::uint32_t* y = b + header_words + kind.fixed_words;
  for (std::uint32_t i = InfoWord(a[1]).vlen(); i > 0; --i, x += kind.element_words, y += kind.element_words) {
    for (std::int8_t word = 0; word < kind.element_words; ++word) {
      if (word != kind.element_type && x[word] != y[word]) return false;
    }
  }
  return true;
}

const std::uint32_t* array_payload(const std::uint32_t* record) {
  return record + header_words;  // element, index type, count
}

bool equal_array_shapes(const std::uint32_t* a, const std::uint32_t* b) {
  return std::equal(a, a + header_words, b) && array_payload(a)[2] == array_payload(b)[2];
}

/// The type ids of the elements of a composite or prototype.
template <typename OnPair>
bool all_element_types(const std::uint32_t* a, const std::uint32_t* b, OnPair&& on_pair) {
  const KindInfo& kind = kind_info(kind_of(a));
  const std::uint32_t* x = a + header_words + kind.element_type;
  const std::uint32_t* y = b + header_words + kind.element_type;
  for (std::uint32_t i = InfoWord(a[1]).vlen(); i > 0; --i, x += kind.element_words, y += kind.element_words) {
    if (!on_pair(*x, *y)) return false;
  }
  return true;
}

}  // namespace

void Representatives::reset(std::uint32_t first_own, std::uint32_t end_id) {
  for (const std::uint32_t id : changed_) map_[id] = id;
  changed_.clear();
  if (map_.size() < end_id) map_.resize(end_id);
  // What the last BTF changed in the base's part was undone above, so that this is paid once for a base.
  const std::uint32_t begin = std::min(identical_, first_own);
  std::iota(map_.begin() + begin, map_.begin() + first_own, begin);
  std::iota(map_.begin() + first_own, map_.begin() + end_id, first_own | open);
  identical_ = first_own;
  first_own_ = first_own;
}

void Hypothesis::assume(std::uint32_t id, std::uint32_t by) {
  pairs_.push_back({id, by});
  if (pairs_.size() * 2 <= slots_.size()) return enter({id, by});
  slots_.assign(slots_.size() * 2, {});
  for (const Pair& pair : pairs_) enter(pair);
}

void Hypothesis::enter(Pair pair) {
  std::size_t at = place_of(pair.of);
  while (slots_[at].round == round_) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = {pair, round_};
}

void Hypothesis::clear() {
  pairs_.clear();
  if (++round_ != 0) return;
  std::ranges::fill(slots_, Slot());
  round_ = 1;
}

bool equal_records(const std::uint32_t* a, const std::uint32_t* b) {
  return a[1] == b[1] && std::equal(a, a + record_words(InfoWord(a[1])), b);
}

bool shallow_equal(const std::uint32_t* a, const std::uint32_t* b) {
  const Kind kind = kind_of(a);
  return (is_composite(kind) || kind == Kind::typedef_) && equal_but_types(a, b);
}

bool compatible_enums(const std::uint32_t* a, const std::uint32_t* b) {
  if (!is_forward_enum(a) && !is_forward_enum(b)) return equal_records(a, b);
  return a[0] == b[0] && is_enum(kind_of(a)) && is_enum(kind_of(b));
}

void Equivalence::reset(const TypePool& pool, const Rules& rules) {
  pool_ = &pool;
  first_own_ = raw(pool.first_own());
  rules_ = rules;
  hypothesis_.clear();
  has_clash_ = false;
  kept_apart_.clear();
}

bool Equivalence::test(std::uint32_t a, std::uint32_t c) {
  hypothesis_.clear();
  changes_base_ = false;
  tested_ = a;
  pending_.assign(1, Pair{a, c});
  // Every difference ends the test, so that what is left to compare needs no tree, only an order: depth first.
  while (!pending_.empty()) {
    const Pair pair = pending_.back();
    pending_.pop_back();
    if (!budget_.take()) return false;
    if (!(rules_.strict != nullptr ? compare_strictly(pair.a, pair.c) : compare(pair.a, pair.c))) return false;
  }
  return true;
}

/// For a FWD that a definition stands for, that definition.
std::uint32_t Equivalence::definition_of(std::uint32_t c) const {
  if (kind(c) != Kind::fwd) return c;
  const std::uint32_t definition = representatives_.of(c);
  return kind(definition) != Kind::fwd ? definition : c;
}

bool Equivalence::compare(std::uint32_t a, std::uint32_t c) {
  if (representatives_.of(a) == representatives_.of(c)) return true;
  c = definition_of(c);
  if (const std::uint32_t assumed = hypothesis_[c]; assumed != 0) {
    // A type may occur in several copies on one side: then the copies must be the same.
    if (assumed == a) return true;
    found_identical_.clear();
    const bool are_copies = identical(assumed, a, deep_comparison_depth);
    has_clash_ = has_clash_ || !are_copies;
    return are_copies;
  }
  hypothesis_.assume(c, a);

  const std::uint32_t* of_a = pool_->record(TypeId{a});
  const std::uint32_t* of_c = pool_->record(TypeId{c});
  const Kind kind_a = kind_of(of_a), kind_c = kind_of(of_c);
  if (kind_a == kind_c) {
    if (is_enum(kind_a)) return enums_correspond(a, c);
    return compare_records(of_a, of_c);
  }
  if (kind_a == Kind::fwd) return !is_fixed(a) && forward_fits(of_a, of_c);
  if (kind_c != Kind::fwd || is_fixed(c)) return false;
  changes_base_ = changes_base_ || c < first_own_;
  return forward_fits(of_c, of_a);
}

/// What an id corresponds to in the end, by all that is assumed and known.
std::uint32_t Equivalence::root_of(std::uint32_t id) const {
  id = representatives_.of(id);
  while (const std::uint32_t assumed = hypothesis_[id]) id = representatives_.of(assumed);
  return id;
}

/// Corresponding types make up a class, of which one definition, or one forward declaration if it has none, is
/// compared with that of the other class; then both are one.
bool Equivalence::compare_strictly(std::uint32_t a, std::uint32_t c) {
  a = root_of(a);
  c = root_of(c);
  if (a == c) return true;
  const std::uint32_t* of_a = pool_->record(TypeId{a});
  const std::uint32_t* of_c = pool_->record(TypeId{c});
  const Kind kind_a = kind_of(of_a), kind_c = kind_of(of_c);
  if (kind_a == Kind::fwd && kind_c != Kind::fwd) {
    hypothesis_.assume(a, c);
    return !is_fixed(a) && forward_fits(of_a, of_c);
  }
  hypothesis_.assume(c, a);
  if (kind_a == kind_c) return compare_records(of_a, of_c);
  return kind_c == Kind::fwd && !is_fixed(c) && forward_fits(of_c, of_a);
}

bool Equivalence::enums_correspond(std::uint32_t a, std::uint32_t c) const {
  const std::uint32_t* of_a = pool_->record(TypeId{a});
  const std::uint32_t* of_c = pool_->record(TypeId{c});
  return is_fixed(a) == is_fixed(c) ? compatible_enums(of_a, of_c) : equal_records(of_a, of_c);
}

bool Equivalence::forward_fits(const std::uint32_t* forward, const std::uint32_t* definition) const {
  const Kind kind = declared_kind(InfoWord(forward[1]));
  if (forward[0] != definition[0] || kind_of(definition) != kind) return false;
  return rules_.strict == nullptr || (forward[0] != 0 && !rules_.strict->contains(key_of(forward[0], kind)));
}

/// Compares two records of one kind, and leaves what they refer to pending.
bool Equivalence::compare_records(const std::uint32_t* a, const std::uint32_t* c) {
  if (a[0] != c[0]) return false;
  const Kind kind = kind_of(a);
  if (is_link(kind)) {
    if (a[1] != c[1]) return false;
    follow(a[2], c[2]);
    return true;
  }
  if (is_enum(kind)) return equal_records(a, c);             // strict, or enums_correspond() would have found it
  if (kind == Kind::decl_tag && rules_.strict != nullptr) {  // no type is made of one, unless it is malformed
    if (a[1] != c[1] || a[header_words] != c[header_words]) return false;
    follow(a[2], c[2]);
    return true;
  }
  if (kind == Kind::array) {
    if (!equal_array_shapes(a, c)) return false;
    follow(array_payload(a)[0], array_payload(c)[0]);
    follow(array_payload(a)[1], array_payload(c)[1]);  // compared first
    return true;
  }
  if (is_composite(kind) || kind == Kind::func_proto) {
    if (!budget_.take(InfoWord(a[1]).vlen()) || !equal_but_types(a, c)) return false;
    const std::size_t begin = pending_.size();
    if (kind == Kind::func_proto) follow(a[2], c[2]);
    all_element_types(a, c, [&](std::uint32_t x, std::uint32_t y) {
      follow(x, y);
      return true;
    });
    std::reverse(pending_.begin() + static_cast<std::ptrdiff_t>(begin), pending_.end());
    return true;
  }
  return (kind == Kind::int_ || kind == Kind::float_ || kind == Kind::fwd) && equal_records(a, c);
}

/// Leaves a pair pending, unless it is known to be one type. The last pair is compared first.
void Equivalence::follow(std::uint32_t a, std::uint32_t c) {
  if (a != c && representatives_.of(a) != representatives_.of(c)) pending_.push_back({a, c});
}

/// Compares two types of one side by structure, without any hypothesis, `depth` composites and prototypes deep.
bool Equivalence::identical(std::uint32_t x, std::uint32_t y, int depth) {
  if (depth <= 0) return false;
  for (std::uint32_t steps = raw(pool_->end_id()); steps > 0; --steps) {  // a longer chain is a loop
    if (x == y) return true;
    if (!budget_.take()) return false;
    const std::uint32_t* of_x = pool_->record(TypeId{x});
    const std::uint32_t* of_y = pool_->record(TypeId{y});
    const Kind of_both = kind_of(of_x);
    if (of_both != kind_of(of_y)) return false;
    if (is_link(of_both)) {
      if (of_x[0] != of_y[0] || of_x[1] != of_y[1]) return false;
      x = of_x[2];
      y = of_y[2];
      continue;
    }
    if (is_enum(of_both)) return enums_correspond(x, y);
    // libbpf compares the elements of `x` with themselves.
    if (of_both == Kind::array) return equal_array_shapes(of_x, of_y);
    if (is_composite(of_both) || of_both == Kind::func_proto) {
      const auto [known, is_new] = found_identical_.try_emplace(std::uint64_t{x} << 32 | y, deep_comparison_depth + 1);
      if (depth >= known->second) return true;
      if (!identical_composites(of_x, of_y, depth)) return false;
      found_identical_[std::uint64_t{x} << 32 | y] = depth;
      return true;
    }
    return (of_both == Kind::int_ || of_both == Kind::float_ || of_both == Kind::fwd) && equal_records(of_x, of_y);
  }
  return false;
}

bool Equivalence::identical_composites(const std::uint32_t* x, const std::uint32_t* y, int depth) {
  if (!budget_.take(InfoWord(x[1]).vlen()) || !equal_but_types(x, y)) return false;
  const auto same = [&](std::uint32_t of_x, std::uint32_t of_y) {
    return of_x == of_y || identical(of_x, of_y, depth - 1);
  };
  if (kind_of(x) == Kind::func_proto && !same(x[2], y[2])) return false;
  return all_element_types(x, y, same);
}

bool Equivalence::may_differ_now() const {
  return has_clash_ ||
         std::ranges::any_of(kept_apart_, [&](std::uint32_t id) { return representatives_.of(id) == id; });
}

bool Equivalence::apply() {
  for (const auto& [c, a] : hypothesis_.pairs()) {
    const std::uint32_t of_c = representatives_.of(c), of_a = representatives_.of(a);
    const bool c_is_forward = kind(of_c) == Kind::fwd;
    const Kind kind_a = kind(of_a);
    if (kind_a != Kind::fwd && c_is_forward) representatives_.settle(of_c, of_a);
    if (changes_base_ || c_is_forward) continue;
    const bool follows =
        is_composite(kind_a) && !representatives_.is_settled(of_a) && representatives_.is_settled(of_c);
    if (kind_a == Kind::fwd || follows) representatives_.settle(of_a, of_c);
  }
  if (changes_base_) kept_apart_.push_back(tested_);
  return !changes_base_;
}

}  // namespace btfx

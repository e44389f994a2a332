// What is different about one declaration: the second half of comparing, for the few that are not equal.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "btf/measure.h"
#include "transform/diff/diff.h"
#include "transform/diff/fingerprints.h"

namespace btfx {

/// Finds the differences of pairs of declarations. The work on nested anonymous types, and on spelling, is bounded by
/// the size of the input; beyond the bound, types are compared as a whole and spelled in short.
class DetailFinder {
 public:
  DetailFinder(const Fingerprints& before, const Fingerprints& after);

  /// Fills in details and causes of a change that has both sides.
  void describe(Change& change);

 private:
  /// Names a kind in a call, so that it is known when that is compiled.
  template <DetailKind>
  struct DetailTag {};

  /// A member, those of anonymous members included, with its offset in the whole.
  struct Field {
    std::string_view name;
    TypeId type;
    std::uint64_t bit_offset;
    std::uint32_t bitfield_size;
    bool reserved;  ///< it only keeps room free
  };
  /// Fields of both sides by their places in the lists of fields.
  struct Matching {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    std::vector<std::uint32_t> before, after;  ///< without counterpart
  };

  void compare_declared(TypeId before, TypeId after);
  void compare_ints(TypeView before, TypeView after);
  void compare_sizes(TypeView before, TypeView after, std::string_view path, Impact impact = Impact::layout);
  void compare_enums(TypeView before, TypeView after, std::string_view path);
  void compare_prototypes(TypeView before, TypeView after);
  void compare_params(TypeView before, TypeView after);
  void compare_sections(TypeView before, TypeView after);
  void compare_tags(TypeId before, TypeId after, std::string_view path);

  // Composites, in members.cc.
  void compare_composites(TypeId before, TypeId after, const std::string& path, int depth);
  [[nodiscard]] std::vector<Field> fields_of(const Fingerprints& prints, TypeId composite);
  [[nodiscard]] Matching match_fields(const std::vector<Field>& before, const std::vector<Field>& after) const;
  bool compare_field(const Field& before, const Field& after, const std::string& path, int depth);
  void compare_alignments(TypeId before, TypeId after, const std::string& path);
  void compare_unmatched(const std::vector<Field>& before, const std::vector<Field>& after, const Matching& matching,
                         const std::string& path, std::uint64_t old_bits, std::uint64_t moved_from);
  bool descend(TypeId before, TypeId after, std::string path, int depth);

  // Types where they are used.
  [[nodiscard]] bool same_reference(TypeId before, TypeId after) const {
    return before_.reference(before) == after_.reference(after);
  }
  [[nodiscard]] bool equivalent(TypeId before, TypeId after, int depth, int& steps) const;
  [[nodiscard]] Impact retype_impact(TypeId before, TypeId after) const;
  void add_cause(TypeId before, TypeId after);
  [[nodiscard]] bool same_measures(TypeId before, TypeId after);
  [[nodiscard]] std::uint64_t bits_of(const Fingerprints& prints, const Field& field) const;

  std::string spell(const Fingerprints& prints, TypeId id);
  /// Adds a detail of one kind; the result is valid until the next one is added.
  template <DetailKind kind>
  DetailOf<kind>& add(Impact impact, std::string name = {}) {
    Detail& detail = change_->details.emplace_back();
    detail.impact = impact;
    detail.name = std::move(name);
    change_->impact = std::max(change_->impact, impact);
    return detail.content.emplace<DetailOf<kind>>();
  }
  bool take(std::uint64_t steps = 1);

  const Fingerprints& before_;
  const Fingerprints& after_;
  Alignments before_alignments_, after_alignments_;
  std::uint64_t steps_left_, text_left_;
  Change* change_ = nullptr;    // being described
  bool is_consequence_ = true;  // so far nothing about it happened without a cause elsewhere
};

}  // namespace btfx

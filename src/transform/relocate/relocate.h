// Relocating: fitting split BTF with a distilled base onto a real base, the *target*.
//
// Every type of the distilled base must find its counterpart in the target. Two sets of rules decide which that is.
// The *kernel's* rules are those of libbpf 1.8, which the kernel runs when it loads a module; they are followed
// exactly, weak spots included, because that is what will happen. The *sound* rules look at kinds, sizes and at how the
// split BTF holds a type, and are what btfx warns by; where both agree there is nothing to say.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/enum_table.h"
#include "base/error.h"
#include "base/once.h"
#include "btf/btf.h"
#include "btf/names.h"
#include "results/relocation.h"

namespace btfx {

/// A base that split BTFs are relocated onto, with what the kernel's rules want to know about all of it, which is found
/// once, when it is first needed: keep a target for all modules of a base. Shared by any number of threads.
class RelocationTarget {
 public:
  /// Throws Error(unsupported) when `base` is split itself.
  explicit RelocationTarget(BtfPtr base);

  [[nodiscard]] const BtfPtr& btf() const { return base_; }
  /// A type whose name is an empty text at a non-zero offset, at which the kernel gives up; void when there is none.
  [[nodiscard]] TypeId poison() const {
    return poison_.get([this] { return find_poison(); });
  }
  /// From each of its types to those of the same name.
  [[nodiscard]] const NameLinks& namesakes() const {
    return *namesakes_.get([this] { return std::make_unique<const NameLinks>(*base_, *base_); });
  }

 private:
  [[nodiscard]] TypeId find_poison() const;

  BtfPtr base_;
  mutable Once<TypeId> poison_;
  mutable Once<std::unique_ptr<const NameLinks>> namesakes_;
};

/// The kinds that can be in a distilled base, and that the kernel looks for in the target; there ENUM64, too.
constexpr bool is_relocation_candidate(Kind kind) {
  return kind == Kind::int_ || kind == Kind::float_ || kind == Kind::fwd || is_composite(kind) || is_enum(kind);
}

/// How a split BTF holds a distilled composite by value: a set, because it may in several ways. Empty: through pointers
/// only.
enum class HeldAs : std::uint8_t {
  member = 1,     ///< in a struct or union, possibly in an array
  variable = 2,   ///< as a global variable
  parameter = 4,  ///< passed to a function or returned by it
  array = 8,      ///< as an array's element
  name = 16,      ///< under a type name that nothing refers to
};

/// What can be said about one type of a distilled base, or its relocation. Codes and severities: fit_finding_table.
enum class FitFinding : std::uint8_t {
  missing,             ///< no type of that name and kind
  member_size,         ///< held by value in a struct or union, and the size differs
  byvalue_size,        ///< held by value elsewhere, and the size differs
  pointer_size,        ///< held through pointers only, and the size differs
  ambiguous,           ///< several of that name, kind and size
  ambiguous_pointer,   ///< held through pointers only, and several of that name and kind
  wrong_kind,          ///< the kernel takes a type of another kind
  kind_clash,          ///< the kernel cannot choose between types of different kinds
  forward_rule,        ///< the kernel refuses because the struct has, or the union has no bitfields
  forward_and_struct,  ///< the kernel cannot choose between a declaration and its definition
  merged,              ///< two distilled types become one
  int_encoding,        ///< same name and size, another encoding
  enum_only_size,      ///< name and size fit, the enumerators are not compared
};

struct FitFindingInfo {
  FitFinding finding = FitFinding{};
  FindingCode code;
  Severity severity = Severity::note;  ///< by the sound rules
};

inline constexpr std::array<FitFindingInfo, 13> fit_finding_table{{
    {FitFinding::missing, "missing", Severity::error},
    {FitFinding::member_size, "member-size", Severity::error},
    {FitFinding::byvalue_size, "byvalue-size", Severity::error},
    {FitFinding::pointer_size, "pointer-size", Severity::note},
    {FitFinding::ambiguous, "ambiguous", Severity::error},
    {FitFinding::ambiguous_pointer, "ambiguous-ptr", Severity::warning},
    {FitFinding::wrong_kind, "wrong-kind", Severity::error},
    {FitFinding::kind_clash, "kind-clash", Severity::warning},
    {FitFinding::forward_rule, "fwd-rule", Severity::warning},
    {FitFinding::forward_and_struct, "fwd-and-struct", Severity::warning},
    {FitFinding::merged, "merged", Severity::warning},
    {FitFinding::int_encoding, "int-encoding", Severity::error},
    {FitFinding::enum_only_size, "enum-only-size", Severity::note},
}};

static_assert(in_order(fit_finding_table, &FitFindingInfo::finding));

constexpr const FitFindingInfo& fit_finding_info(FitFinding finding) {
  return fit_finding_table[static_cast<std::size_t>(finding)];
}

/// The answer for one type of the distilled base.
struct TypeFit {
  enum class Kernel : std::uint8_t { mapped, missing, ambiguous };

  TypeId id = void_id;  ///< in the distilled base
  Kernel kernel = Kernel::missing;
  std::uint8_t uses = 0;       ///< set of HeldAs
  std::uint16_t findings = 0;  ///< set of FitFinding
  TypeId holder = void_id;     ///< a type of the split BTF that holds it by value: a member's composite if there is one
  std::uint32_t element = 0;   ///< which member, or parameter (the return value counts as one past the last)
  TypeId kernel_target = void_id;  ///< by the kernel's rules; when they are ambiguous, the first of the candidates
  TypeId kernel_rival = void_id;   ///< when they are ambiguous, the second
  TypeId sound_target = void_id;   ///< by the sound rules; void: none
  std::uint32_t first_candidate = 0, candidates = 0;  ///< a range of Relocation::candidates; none if nothing was found

  [[nodiscard]] bool has(FitFinding finding) const { return (findings >> static_cast<unsigned>(finding) & 1U) != 0; }
  [[nodiscard]] bool has(HeldAs use) const { return (uses & static_cast<unsigned>(use)) != 0; }
  bool operator==(const TypeFit&) const = default;
};

/// What the kernel finds wrong with a distilled base before it looks at the target: types of other kinds than
/// is_relocation_candidate() has, ENUM64, and types without a name. Nothing where all is well.
std::optional<KernelFailure> refuse_distilled_base(const Btf& distilled);

/// The result of relocating.
struct Relocation {
  Bytes split;  ///< on the target: same header, types in the same order, same strings; empty when it failed, and where
                ///< only the verdict was asked for
  bool is_mapped = false;                       ///< whether it succeeded
  std::optional<KernelFailure> kernel_failure;  ///< set when the kernel would refuse, whatever rules were followed
  std::vector<TypeFit> types;                   ///< all types of the distilled base, from id 1 on
  std::vector<TypeId> candidates;               ///< see TypeFit
  std::vector<std::pair<TypeId, StringOffset>> string_gaps;  ///< types of the split BTF that use a string of the
                                                             ///< distilled base that is not the name of a type there
  std::vector<TypeId> foreign_forwards;  ///< declarations that neither the split BTF nor the target defines
  bool sound = false;                    ///< whether the sound rules relocate it

  [[nodiscard]] bool succeeded() const { return is_mapped; }
  /// The number that an id of the split BTF (before) has on the target. Nothing for ids that never were, and when it
  /// failed.
  [[nodiscard]] std::optional<TypeId> find(TypeId id) const;

  std::vector<TypeId> map;        ///< for each id of the distilled base its id in the target
  TypeId first_new = void_id;     ///< the first id of the split BTF on the target
  std::uint32_t split_types = 0;  ///< how many types the split BTF holds
};

struct RelocateOptions {
  bool strict = false;        ///< follow the sound rules instead of the kernel's
  bool notes = false;         ///< look for foreign declarations, too
  bool verdict_only = false;  ///< do not write the result
  /// Where the split BTF is a sketch, its DistillSketch::origins: then all its names map where its types do, and
  /// nothing is written. With `links` from the base of these to the target, which save looking up names.
  const std::vector<TypeId>* origins = nullptr;
  const NameLinks* links = nullptr;
};

/// Relocates split BTFs one after the other. Between two runs it keeps nothing but memory. The cost grows with the
/// split BTF, not with the target.
class Relocator {
 public:
  /// `split` has the distilled base as its base. Throws Error(no_base, malformed, unsupported) when that is not a
  /// distilled base, or the split BTF has endless chains of modifiers; a type that does not fit is not an
  /// Error but part of the result.
  Relocation run(const Btf& split, const RelocationTarget& target, const RelocateOptions& options = {});

 private:
  /// How one distilled composite is held; see TypeFit.
  struct ByValueUse {
    std::uint8_t uses = 0;
    TypeId holder = void_id;
    std::uint32_t element = 0;
  };

  void check_distilled_base() const;
  void survey();
  void find_string_gaps(Relocation& relocation);
  void survey_type(TypeView type, Kind kind, TypeId id);
  [[nodiscard]] NameIndex::Range candidates(const TypeFit& fit) const;
  void hold(TypeId composite, HeldAs use, TypeId holder, std::uint32_t element = 0);
  [[nodiscard]] TypeId held_composite(TypeId type, TypeId holder) const;
  void hold_unused_names();
  void fit(TypeFit& fit, Relocation& relocation);
  [[nodiscard]] bool kernel_accepts(const TypeFit& fit, TypeView wanted, TypeId id) const;
  void judge(TypeFit& fit, TypeView wanted) const;
  void find_foreign_forwards(Relocation& relocation) const;
  [[nodiscard]] std::optional<KernelFailure> kernel_failure(const Relocation& relocation) const;
  void map(Relocation& relocation);
  void rewrite(Relocation& relocation);

  const Btf* split_ = nullptr;
  const Btf* distilled_ = nullptr;
  const RelocationTarget* target_ = nullptr;
  RelocateOptions options_;
  std::uint64_t comparisons_ = 0;
  std::vector<ByValueUse> holdings_;                             // for each distilled id
  std::vector<std::pair<TypeId, TypeId>> type_names_;            // a TYPEDEF of the split BTF, the composite it names
  std::vector<std::uint8_t> referenced_;                         // whether the split BTF refers to each of its types
  std::vector<TypeId> forwards_;                                 // of the split BTF
  std::vector<TypeId> same_name_;                                // types of the target with the name at hand
  std::vector<StringOffset> shared_names_;                       // which of their names several composites have
  std::vector<std::uint32_t> names_;                             // for each string offset of the distilled base
  std::vector<std::pair<std::uint32_t, std::uint32_t>> mapped_;  // target id and distilled id
  std::vector<std::uint32_t> words_;
};

}  // namespace btfx

// Distilling: the base types that a split BTF needs become a small base of its own, `.BTF.base`, so that the split BTF
// can be fitted to another build of the kernel later (transform/relocate/relocate.h).
//
// Words: a base type is *needed* when the split BTF reaches it by ids, where the search does not go below a named
// composite. A needed type is either *distilled*: it gets a record in the distilled base, without members or
// enumerators; or *moved*: its record is copied to the end of the new split BTF. The rules, and the order in which
// types and strings are written, are those of libbpf 1.8, so that the result is the same to the byte.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/growing_array.h"
#include "btf/btf.h"
#include "btf/string_table.h"
#include "results/distill.h"

namespace btfx {

/// Whether a distilled base, or what is moved from a base, may hold a type of that kind.
constexpr bool has_place_in_distilled_btf(Kind kind) {
  switch (kind) {
    case Kind::unkn:
    case Kind::func:
    case Kind::var:
    case Kind::datasec:
    case Kind::decl_tag:
      return false;
    default:
      return is_known(kind);
  }
}

/// Where the ids of a split BTF, and of the base types it needs, went.
class DistilledIds {
 public:
  /// The new number of an old id; nothing for a base type that is not needed, and for ids that never were.
  /// Void stays void.
  [[nodiscard]] std::optional<TypeId> find(TypeId old) const;

 private:
  friend class Distiller;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> base_;  // old and new id of the needed base types, ascending
  std::uint32_t first_old_ = 0, end_old_ = 0;                  // the ids of the old split BTF
  std::uint32_t first_new_ = 0;                                // the first id of the new one
  std::vector<TypeId> sorted_;  // if it was sorted: for each type by its old place the new id
};

struct DistillOptions {
  /// Order the types of the new split BTF by name, anonymous ones first, equal names as they were: what the kernel's
  /// build does since late 2025. The distilled base is never sorted.
  bool sort = false;
  /// Base types to treat as needed although nothing refers to them, for ids that stand outside the BTF (`.BTF_ids`).
  /// Those of kinds that have no place in a distilled base, such as FUNC, are passed over.
  std::span<const TypeId> keep = {};
};

/// What there is to say of a result of distilling.
struct DistilledFacts {
  DistilledIds ids;
  std::vector<TypeId> origins;  ///< for each type of the distilled base, from id 1 on, the type it was made from
  DistillStatistics statistics;
  Diagnostics findings;  ///< `empty-base`
};

/// The result of distilling.
struct Distilled : DistilledFacts {
  Bytes base, split;  ///< blobs with headers of 32 bytes, in the byte order of the input
  std::vector<std::uint32_t> base_starts, split_starts;  ///< where their records begin, in words of the types
  bool has_long_strings = false;                         ///< see may_have_long_strings()
};

/// What distilling would make, for questions that only types answer.
struct DistillSketch {
  BtfPtr split;  ///< split BTF on its distilled base, ids as in Distilled, but names as in the original; see
                 ///< Btf::of_records()
  DistilledIds ids;
  std::vector<TypeId> origins;  ///< see DistilledFacts
};

/// What was distilled, parsed: split BTF on its distilled base. `pointer_size`: see Btf::parse(). Throws
/// Error(unsupported) where names overlap too much.
BtfPtr parse_distilled(const Distilled& distilled, unsigned pointer_size = 0);

/// Distills split BTFs one after the other. Between two runs it keeps nothing but memory.
class Distiller {
 public:
  /// `split` is split BTF on a root. Throws Error(no_base) when it is not split, and Error(unsupported, malformed) for
  /// what cannot be distilled: a base that is split itself, kinds that btfx does not know, a base type that has no
  /// place in a distilled base (a FUNC, say), an enum of an impossible size.
  Distilled run(const Btf& split, const DistillOptions& options = {});
  /// What run() would say of its result without sorting, for less work. Throws what run() throws.
  DistilledFacts measure(const Btf& split, std::span<const TypeId> keep = {});
  /// The types of run()'s result without its strings, for less work. Throws what run() throws.
  DistillSketch sketch(const BtfPtr& split);

 private:
  template <typename OnName>
  void find_needed(const Btf& split, std::span<const TypeId> keep, OnName&& on_name);
  void find_needed_and_names(const Btf& split, std::span<const TypeId> keep);
  [[nodiscard]] DistilledIds new_ids() const;
  [[nodiscard]] DistilledFacts facts(std::uint64_t base_size, std::uint64_t split_size) const;
  struct Needed {
    std::uint32_t id, user;
  };
  void mark(std::uint32_t id, std::uint32_t user);
  void settle(Needed needed);
  template <typename OnName>
  void mark_needed(std::span<const TypeId> keep, OnName&& on_name);
  void number_needed();
  template <typename NameOf>
  void write_base(NameOf&& name_of);
  template <typename NameFor>
  void write_split(NameFor&& name_for);
  void write_base_with_names();
  void renew(std::span<std::uint32_t> names);
  [[nodiscard]] std::uint32_t new_id(std::uint32_t old) const;

  const Btf* split_ = nullptr;
  const Btf* base_ = nullptr;
  std::uint32_t first_split_ = 0;  // the first id of split_
  struct Marks {
    std::uint64_t needed = 0, distilled = 0;
  };
  std::vector<Marks> needed_;              // a bit for each base id that is needed, and for each that is distilled
  std::vector<std::uint64_t> occupied_;    // one bit for each of needed_ that is not 0: few are
  std::vector<std::uint32_t> new_ids_;     // for each base id; valid where it is needed
  std::vector<Needed> queue_;              // the needed types in the order in which they were found
  std::vector<TypeId> distilled_, moved_;  // needed types, ascending
  std::vector<std::uint32_t> words_;       // of the base, then of the split BTF
  std::vector<std::uint32_t> starts_;      // where the records in them begin
  // Both string sections in one: the split BTF's strings continue the base's, and look there first.
  StringTable strings_;
  /// The names of the new split BTF in their order, without empty ones; first their old offsets, then the new ones.
  GrowingArray<std::uint32_t> names_;
  std::vector<std::uint32_t> base_names_;  // the same of the distilled base, with empty ones
};

}  // namespace btfx

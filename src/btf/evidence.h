// Does a split BTF belong to a base? Nothing in it names its base, but a wrong base leaves traces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/btf.h"
#include "btf/raw_btf.h"

namespace btfx {

/// What the names and references of a split BTF say about its base. A name begins where a string begins, and types
/// refer to what makes sense there; on a base that is not the right one, names soon begin inside strings and references
/// lead anywhere, even where every number is in range. (Of 4,230 modules of one kernel 344 can be parsed on the next
/// kernel's base. Names tell it for all but one of these, which has none; references tell it for all.)
struct BaseEvidence {
  /// A name that begins inside a string.
  struct Misplaced {
    TypeId type;          ///< the type with the name, its own or that of an element
    StringOffset offset;  ///< of the name
  };
  /// A reference to a type of a kind that cannot be there, such as a member that is a FUNC.
  struct Senseless {
    TypeId type;    ///< the type that refers
    TypeId target;  ///< what it refers to
  };

  // Both may be left uncounted where nothing speaks against the base.
  std::uint64_t names = 0;       ///< names of the split BTF, elements' included
  std::uint64_t references = 0;  ///< type ids other than 0 in the split BTF

  std::uint64_t misplaced = 0;      ///< how many names begin inside a string
  std::uint64_t names_outside = 0;  ///< how many names lie outside all strings
  std::vector<Misplaced> examples;  ///< the first few that begin inside a string

  std::uint64_t senseless = 0;           ///< how many references lead to a kind that cannot be there
  std::uint64_t references_outside = 0;  ///< how many are ids of no type
  std::vector<Senseless> senseless_examples;

  /// How many composites and enums with a name are defined in the split BTF, and how many of them the base defines as
  /// well: producers leave those out. Counted only where something else speaks against the base, because some producers
  /// do not leave out all.
  std::uint64_t defined = 0, repeated = 0;

  /// Whether nothing speaks against the base.
  [[nodiscard]] bool belongs() const { return faults() == 0; }
  /// How many names and references are wrong.
  [[nodiscard]] std::uint64_t faults() const { return misplaced + names_outside + senseless + references_outside; }
  /// Whether so much is wrong that a few damaged bytes would not explain it.
  [[nodiscard]] bool is_certain() const;
};

/// Looks at all names and references of a BTF: of a split BTF for its base, of a root for itself.
BaseEvidence weigh_base(const RawBtf& btf);
BaseEvidence weigh_base(const Btf& btf);

/// What speaks against the base, as a sentence, e.g. "12 of 40 names begin inside a string, as 'ec' in 'exec' (STRUCT,
/// type 112749)". `btf` is the one the evidence is of; something speaks against its base.
std::string describe(const BaseEvidence& evidence, const RawBtf& btf);
std::string describe(const BaseEvidence& evidence, const Btf& btf);

/// The first id whose type is not the same on two roots: another kind, name or size, other elements, or references to
/// what has another kind or name. From there on at the latest, split BTF made for one of them finds other types on the
/// other. Nothing when both have the same types.
std::optional<TypeId> first_divergence(const Btf& one, const Btf& other);

/// What an error of parsing split BTF may come from.
inline constexpr std::string_view other_base_hint = "it may have been built against another base";

/// An error of parsing BTF, with a hint at the base (by default that it may belong to another one) where a type's
/// numbers are wrong.
Error hint_at_base(const Error& error, std::string_view hint = other_base_hint);

/// Parses split BTF on the base it is believed to belong to. Throws Error(refused) with the evidence when it does not,
/// and what Btf::parse() throws, with a hint at the base where numbers are out of range.
BtfPtr parse_on_base(Bytes blob, const BtfPtr& base, unsigned pointer_size = 0);

/// Whether a blob is standalone BTF: its strings begin with the empty string, and it is well-formed without any base.
/// Something that is not BTF is not standalone either.
bool is_standalone(const Bytes& blob);

}  // namespace btfx

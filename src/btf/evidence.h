// Does a split BTF belong to a base? Nothing in it names its base, but a wrong base leaves traces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "btf/btf.h"

namespace btfx {

/// What the names of a split BTF say about its base. A name begins where a string begins; on a base that is not the
/// right one, names soon begin inside strings, even where every number is in range. (Of 4,230 modules of one kernel 344
/// can be parsed on the next kernel's base; this tells it for all but one of them, which has no names.)
struct BaseEvidence {
  /// A name that begins inside a string.
  struct Misplaced {
    TypeId type;          ///< the type with the name, its own or that of an element
    StringOffset offset;  ///< of the name
  };

  std::uint64_t names = 0;          ///< how many names of the split BTF there are, elements' included
  std::uint64_t misplaced = 0;      ///< how many of them begin inside a string
  std::vector<Misplaced> examples;  ///< the first few of those

  /// Whether nothing speaks against the base.
  [[nodiscard]] bool belongs() const { return misplaced == 0; }
};

/// Looks at all names of a BTF: of a split BTF for its base, of a root for itself.
BaseEvidence weigh_base(const Btf& btf);

/// What speaks against the base, as a sentence, e.g. "12 of 40 names begin inside a string, as 'ec' in 'exec' (STRUCT,
/// type 112749)". `btf` is the one the evidence is of; something speaks against its base.
std::string describe(const BaseEvidence& evidence, const Btf& btf);

/// Parses split BTF on the base it is believed to belong to. Throws Error(refused) with the evidence when it does not,
/// and what Btf::parse() throws, with a hint at the base where numbers are out of range.
BtfPtr parse_on_base(Bytes blob, const BtfPtr& base, unsigned pointer_size = 0);

/// Whether a blob is standalone BTF: its strings begin with the empty string, and it is well-formed without any base.
/// What is no BTF at all is not standalone either.
bool is_standalone(const Bytes& blob);

}  // namespace btfx

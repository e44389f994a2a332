// Does `.BTF_ids` say what its symbols say?
#pragma once

#include "base/error.h"
#include "btf/btf.h"
#include "btf/ids.h"

namespace btfx {

/// Compares every id of a section with the types of the BTF it belongs to. Codes:
///
///     ids-outside     an id of no type (error)
///     ids-stale       an id of a type of another kind or name than its symbol says (error); for sets: of none of those
///                     that its symbols name
///     ids-count       a set whose count is not that of its room (error)
///     ids-unsorted    a set that is not ascending, in which the kernel does not find its ids (error)
///     ids-unresolved  an id that is 0 (warning)
///     ids-unjudged    words without any symbol that tells what they are (warning)
///     kfunc-kind      a function for BPF programs that is no FUNC with a prototype (error)
///     kfunc-untagged  one without the declaration tag `bpf_kfunc` (warning; asked for with `tags_kfuncs`)
///     kfunc-unlisted  a function of this BTF itself that has the tag, and that no set of kfuncs has (warning)
///
/// A section that was never resolved, with zeros only, is one `ids-unresolved`.
Diagnostics check_ids(const BtfIds& ids, const Btf& btf, bool tags_kfuncs);
/// The same of a BTF whose file has no such section: `kfunc-unlisted` alone.
Diagnostics check_without_ids(const Btf& btf);
/// What speaks against ids being those of a BTF's types: the errors among the above. Nothing when the BTF does not
/// belong to its own base, because then it cannot tell.
Diagnostics find_foreign_ids(const BtfIds& ids, const Btf& btf);

}  // namespace btfx

// Compares two BTFs: what they declare differently, each change once, where it is.
//
// Declarations (transform/diff/fingerprints.h) are matched by tag and name. What has no counterpart was added or
// removed, unless something of another name says the same (renamed), or the other side's base has it (moved). Several
// declarations of one name, which real kernels have, are matched as sets: equal ones first, then those most alike.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "btf/btf.h"
#include "results/change.h"
#include "transform/diff/fingerprints.h"

namespace btfx {

/// A BTF to be compared. A split BTF comes with the fingerprints of its base.
struct DiffSide {
  BtfPtr btf;
  std::shared_ptr<const Fingerprints> base = nullptr;
};

/// The result of comparing two BTFs.
struct Diff {
  std::vector<Change> changes;                        ///< see sort_changes()
  std::shared_ptr<const Fingerprints> before, after;  ///< for comparing what is split on them
};

/// Compares the own types of two BTFs, on up to two threads. Memory and time are bounded by the input: types nested too
/// deeply, or shared too often, are compared as a whole.
Diff compare(const DiffSide& before, const DiffSide& after, unsigned jobs = 1);

/// Stable sort by: impact, worst first; causes before consequences; vmlinux before modules; additions last; anonymous
/// last; kind; name.
void sort_changes(std::vector<Change>& changes);

}  // namespace btfx

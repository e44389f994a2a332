// Which instructions that a verifier refuses it meets.
#pragma once

#include <span>

#include "results/co_re.h"
#include "transform/co_re/targets.h"

namespace btfx {

/// Sets the guard of every result that is poisoned, or fails in an optional program; which externs are called that
/// cannot be; which targets have fewer arguments than their programs read; and the programs that are doomed. `answer`
/// has a result for each relocation, extern and program of the object; `targets` are those of the programs; `kernel` is
/// the BTF of the kernel that they are for, which tells how its verifier goes about global functions.
void judge_core(const CoreObject& object, const Btf& kernel, std::span<const ResolvedTarget> targets,
                CoreAnswer& answer);

}  // namespace btfx

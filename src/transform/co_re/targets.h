// What BPF programs are attached to, and whether a kernel has it.
#pragma once

#include <string_view>
#include <vector>

#include "btf/bpf_object.h"
#include "results/co_re.h"
#include "transform/co_re/resolve.h"

namespace btfx {

/// What a program in that section is attached to. Source: libbpf's section names.
CoreTarget read_core_target(std::string_view section);

/// The target of a program on a kernel.
struct ResolvedTarget {
  CoreTargetResult result = {};
  std::vector<ContextRead> beyond = {};  ///< of arguments that the target does not have
  std::string misread = {};              ///< then what is wrong with them, a sentence
};

/// The targets of all programs of an object on a kernel, and what is wrong with its variables that hold callbacks.
struct ResolvedTargets {
  std::vector<ResolvedTarget> programs;
  Diagnostics findings = {};
};
ResolvedTargets resolve_core_targets(const CoreObject& object, const CoreKernel& kernel);

/// The names that a kernel's types have for what the object asks of it beside relocations: functions, variables and
/// types that stand for tracepoints, hooks and callbacks.
struct CoreName {
  std::string name;
  Kind kind = Kind::func;
};
std::vector<CoreName> asked_names(const CoreObject& object);

}  // namespace btfx

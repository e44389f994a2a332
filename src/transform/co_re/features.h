// What objects ask of a kernel's BPF beside types, functions and targets: helpers, types of maps and types of programs.
// The kernel's enums of these tell what it has.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "results/co_re.h"

namespace btfx {

/// Whether the first enum of that name has such an enumerator; nothing without the enum.
std::optional<bool> has_enumerator(const Btf& btf, std::string_view enumeration, std::string_view name);

/// The maps that the BTF of an object defines. Source: libbpf's parse_btf_map_def().
std::vector<CoreMap> read_core_maps(const Btf& btf);

/// All calls of helpers in the functions of an object.
std::vector<CoreHelperCall> read_helper_calls(const CoreObject& object);

/// The calls among those of helpers that a kernel does not have, and that libbpf has no other for.
std::vector<CoreHelperCall> missing_helpers(const CoreObject& object, const Btf& kernel);

/// What keeps an object from loading: types of maps and programs that a kernel does not have; and maps without a size,
/// which only a program that loads the object can set.
Diagnostics check_features(const CoreObject& object, const Btf& kernel);

}  // namespace btfx

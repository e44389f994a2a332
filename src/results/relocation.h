// What `btfx relocate` answers about one module.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"

namespace btfx {

/// Why the kernel would refuse, as far as it would say: it stops at the first thing it does not like.
struct KernelFailure {
  std::string message;  ///< what the kernel logs
  int error = 0;        ///< the errno that loading fails with
  bool operator==(const KernelFailure&) const = default;
};

/// One thing to say about a relocation.
struct RelocationFinding {
  Diagnostic diagnostic;           ///< its place names the type: of the distilled base, or of the split BTF
  std::vector<TypeId> candidates;  ///< types of the target that bear the name, where there is a choice or none fits
  std::vector<std::string> changes = {};  ///< what changed the size, when the origin is known
};

/// What became of one type of a distilled base.
struct RelocatedType {
  TypeId id = void_id;           ///< in the distilled base
  std::string use = {};          ///< how the module holds it; empty for kinds where it does not matter
  std::string_view status = {};  ///< `mapped`, `missing`, `ambiguous`; by the sound rules `mapped` or `fails`
  TypeId to = void_id;           ///< in the target; void: none
  TypeId sound_to = void_id;     ///< the same by the sound rules
};

/// One module's relocation, and what was found.
struct RelocationAnswer {
  std::string module = {};
  const Btf* split = nullptr;   ///< on its distilled base; not owned
  const Btf* target = nullptr;  ///< what it was relocated onto; not owned
  bool relocates = false;       ///< by the rules that were followed
  bool sound = false;           ///< by the sound rules
  bool strict = false;          ///< whether those were followed
  std::optional<KernelFailure> kernel_failure = {};
  std::vector<RelocationFinding> findings = {};
  std::size_t base_types = 0;             ///< types of the distilled base
  std::size_t misfits = 0;                ///< how many of them keep the module from being relocated
  std::vector<RelocatedType> types = {};  ///< empty unless asked for
  std::vector<std::string> written = {};  ///< files
};

}  // namespace btfx

// What `btfx check` answers: about one module on one base, and about one module on all bases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "btf/kernel_rules/validate.h"
#include "btf/load.h"

namespace btfx {

/// What came of a check.
enum class CheckOutcome : std::uint8_t {
  ok,             ///< the kernel takes it, and nothing speaks against the base
  no_btf,         ///< it carries none, and the kernel loads it without
  unrelocatable,  ///< it is distilled, and does not fit the base
  mismatch,       ///< it was built for another base
  invalid,        ///< it breaks the rules of BTF on the base it belongs to, or its parts do not fit together
};
/// "ok", "no BTF", "does not relocate", "mismatch", "invalid".
std::string_view to_string(CheckOutcome outcome);

/// A repeated type that refers to no other repeated type, and those that lead to it. Nothing below it explains why it
/// was not taken for the same; with it go the others.
struct BloatCause {
  TypeId own = void_id;     ///< the repeated type
  TypeId same = void_id;    ///< what it repeats: a type of the base, or one of the BTF itself
  std::string text;         ///< e.g. "the base has the same TYPEDEF u8"
  std::uint32_t types = 0;  ///< repeated types that lead to it, itself included
  std::uint64_t bytes = 0;  ///< of their records
};

/// What de-duplication would drop.
struct Bloat {
  std::uint32_t types = 0;
  std::uint64_t bytes = 0;         ///< by which the BTF would become smaller: records, and strings that the base has
  std::vector<BloatCause> causes;  ///< the most expensive first
};

/// The answer for one module and base.
struct CheckResult {
  CheckOutcome outcome = CheckOutcome::ok;
  bool certain = true;  ///< of a mismatch: whether so much is wrong that damage would not explain it
  Relation relation = Relation::split;
  bool is_bpf_object = false;     ///< judged as a loader hands it to the kernel
  std::string rules;              ///< how the kernel's rules are known, as a sentence
  std::uint32_t types = 0;        ///< that the module holds itself
  std::uint64_t bytes = 0;        ///< of its `.BTF`
  BtfVerdict kernel;              ///< what the kernel says to it; of a distilled module, before relocating
  std::optional<bool> relocates;  ///< of a distilled module
  bool loads_without = false;     ///< the kernel refuses the BTF, and loads the module without it
  std::string built_for;          ///< of a mismatch: the release that the module names, if it is not the base's
  Diagnostics findings;           ///< what decided it first
  std::optional<Bloat> bloat;

  /// The finding that decided; null when all is well.
  [[nodiscard]] const Diagnostic* reason() const;
  /// The first finding with that code; null when there is none.
  [[nodiscard]] const Diagnostic* find(FindingCode code) const;
  /// Whether the kernel refuses the BTF, or would not relocate it.
  [[nodiscard]] bool is_refused() const { return !kernel.ok() || !relocates.value_or(true); }
};

/// A module, or a base that is checked itself, on one base.
struct CheckedOn {
  std::string base;  ///< how the base is called in reports; empty for what stands alone
  CheckResult result;
  std::string found = {};  ///< how the base was found, a sentence; empty when it was given
};

/// One thing checked, on each base; at least on one.
struct Checked {
  std::string name;
  std::vector<CheckedOn> on = {};

  /// Whether it is a module without BTF, which is so on every base.
  [[nodiscard]] bool has_no_btf() const { return !on.empty() && on.front().result.outcome == CheckOutcome::no_btf; }
  /// The worst of its outcomes.
  [[nodiscard]] CheckOutcome worst() const;
};

/// What the reports want to know about the bases before the first result: their names; nothing when each module is
/// checked on a base of its own.
struct CheckColumns {
  std::vector<std::string> names;
  bool find_base = false;    ///< the question is which one fits
  bool require_btf = false;  ///< a module without BTF is not good
  /// So many bytes of repeated types are too many: a module with the finding `bloat` is not good.
  std::optional<std::uint64_t> bloat_threshold = {};
  /// A base that was given, but could not be read.
  struct Unread {
    std::size_t column = 0;  ///< the one that it would stand before
    std::string source;
    Error error;
  };
  std::vector<Unread> unread = {};
};

}  // namespace btfx

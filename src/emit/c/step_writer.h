// Writes what a C header says, step by step.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "btf/measure.h"
#include "emit/c/dump_c.h"
#include "emit/c/kfuncs.h"
#include "emit/c/names.h"
#include "emit/c/plan.h"
#include "emit/c/printer.h"
#include "emit/dump/text_buffer.h"
#include "emit/dump/work_budget.h"

namespace btfx {

/// The rules that options set for the names in a header.
[[nodiscard]] inline CNameRules name_rules(const DumpCOptions& options) {
  return {.cplusplus = options.cplusplus, .avoid_libc = options.avoid_libc};
}

/// Writes steps in their order; or, with shared names, in any order, as far as their text does not depend on it. All
/// references outlive the writer.
class StepWriter {
 public:
  StepWriter(const Btf& btf, const DumpCOptions& options, Alignments& alignments, TextCursor& out,
             Diagnostics& diagnostics, const SharedNames* shared = nullptr);

  void step(CStep step);
  /// `extern int name(void) __weak __ksym;`, unless something keeps the function from being declared.
  void kfunc(const Kfunc& kfunc);

  /// What steps use up of what is limited for a header as a whole.
  struct Cost {
    std::uint64_t work = 0;
    std::int64_t padding_lines = 0;
  };
  /// What was used up since the last call, which then counts no more.
  Cost take_cost();
  /// Pays for a step that another writer has written; false when what is left is not enough.
  bool pay(CStep step, Cost cost);

  /// Whether what was written since the last forget() depends on what comes before it, or must be known to what
  /// follows.
  [[nodiscard]] bool depends_on_order() const {
    return names_.depends_on_order() || names_.changed() != 0 || printer_.has_noted() || !diagnostics_.empty();
  }
  void forget();
  /// Where to note, from now on, the types of what composites hold by value; null: nowhere.
  void note_values(std::vector<TypeId>* values) { printer_.note_values(values); }

  [[nodiscard]] const CNames& names() const { return names_; }
  [[nodiscard]] CNames& names() { return names_; }
  [[nodiscard]] const CPrinter& printer() const { return printer_; }

 private:
  [[nodiscard]] bool defines(CStep step) const;
  void missing_type(TypeId id);

  const Btf& btf_;
  Diagnostics& diagnostics_;
  TextCursor& out_;
  WorkBudget budget_;
  CNames names_;
  CPrinter printer_;
  const WorkBudget all_work_;
  const std::int64_t all_padding_lines_;
};

}  // namespace btfx

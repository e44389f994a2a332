// What a relocation found, in sentences.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "results/relocation.h"
#include "transform/relocate/growth.h"
#include "transform/relocate/relocate.h"

namespace btfx {

class ModuleUses;

/// Tells what relocations found. Made once for a batch; safe to use from many threads.
class RelocationReporter {
 public:
  /// `growth`: for reasons why sizes differ, or null. Without `notes` only errors and warnings are reported.
  RelocationReporter(const RelocationTarget& target, const GrowthFinder* growth, bool strict, bool notes)
      : target_(target), growth_(growth), strict_(strict), notes_(notes) {}

  /// All findings of one relocation of `split`, in the order of the distilled types. A finding is an error when it
  /// keeps the module from being relocated by the rules that were followed; where the kernel's rules go on although
  /// sound ones would not, it is a warning.
  [[nodiscard]] std::vector<RelocationFinding> report(const Btf& split, const Relocation& relocation) const;

 private:
  [[nodiscard]] Severity severity(const TypeFit& fit, FitFinding finding) const;
  [[nodiscard]] std::string sentence(const Btf& split, const TypeFit& fit, FitFinding finding,
                                     const Relocation& relocation, ModuleUses& uses) const;
  [[nodiscard]] std::string need(ModuleUses& uses, const TypeFit& fit, FitFinding finding) const;
  [[nodiscard]] std::string sound_answer(const TypeFit& fit, FitFinding finding) const;
  [[nodiscard]] std::vector<std::string> changes(const Btf& split, const TypeFit& fit, FitFinding finding,
                                                 const Relocation& relocation) const;

  const RelocationTarget& target_;
  const GrowthFinder* growth_;
  bool strict_, notes_;
};

/// The answer about one relocation by the rules that were followed, sound ones or the kernel's. Takes the findings;
/// `with_types`: with what became of each distilled type, which costs more than the rest.
RelocationAnswer answer_of(const Btf& split, const Btf& target, const Relocation& relocation,
                           std::vector<RelocationFinding> findings, bool strict, bool with_types);

/// "STRUCT device_type [2969], 56 bytes".
std::string describe_candidate(const Btf& btf, TypeId id);

}  // namespace btfx

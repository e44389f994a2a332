// A base and a split BTF on it, taken through everything that makes a BTF of BTFs. Every result must parse again.
#include <cstdlib>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "fuzz.h"
#include "transform/diff/diff.h"
#include "transform/edit/minimise.h"
#include "transform/edit/rebase.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/relocate.h"

namespace {

using namespace btfx;

template <typename Action>
void attempt(Action&& action) {
  try {
    action();
  } catch (const Error&) {
  }
}

/// Measuring says what there is to say of what is written.
void compare_with_measured(const BtfPtr& split, const Distilled& distilled) {
  const DistilledFacts measured = Distiller().measure(*split);
  const bool is_same = measured.statistics.base_size == distilled.base.size() &&
                       measured.statistics.split_size == distilled.split.size() &&
                       measured.origins == distilled.origins && measured.findings.size() == distilled.findings.size();
  if (!is_same) std::abort();
}

/// A sketch gives the answers that what is written gives.
void compare_with_sketch(const BtfPtr& split, const Relocation& expected, const RelocationTarget& target, bool strict) {
  const DistillSketch sketch = Distiller().sketch(split);
  const NameLinks links(*split->base(), *target.btf());
  const Relocation relocation = Relocator().run(
      *sketch.split, target, {.strict = strict, .notes = true, .origins = &sketch.origins, .links = &links});
  const auto answer = [](const Relocation& of) {
    return std::tie(of.types, of.candidates, of.kernel_failure, of.foreign_forwards, of.is_mapped, of.sound, of.map);
  };
  if (answer(relocation) != answer(expected)) std::abort();
}

void distil_and_relocate(const BtfPtr& split, const BtfPtr& base) {
  for (const bool sort : {false, true}) {
    const Distilled distilled = Distiller().run(*split, {.sort = sort});
    if (!sort) compare_with_measured(split, distilled);
    const BtfPtr again = Btf::parse(distilled.split, Btf::parse(distilled.base));
    const RelocationTarget target(base);
    for (const bool strict : {false, true}) {
      const Relocation relocation = Relocator().run(*again, target, {.strict = strict, .notes = true});
      if (relocation.succeeded() && (*Btf::parse(relocation.split, base)).own_types() != again->own_types())
        std::abort();
      if (!sort) compare_with_sketch(split, relocation, target, strict);
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto inputs = test::two_inputs(data, size);
  if (!inputs) return 0;
  attempt([&] {
    const BtfPtr base = Btf::parse(inputs->first);
    const BtfPtr split = Btf::parse(inputs->second, base);
    attempt([&] { distil_and_relocate(split, base); });
    attempt([&] {
      std::vector<TypeId> roots;
      for (TypeId id = split->first_id(); id != split->end_id(); ++id) roots.push_back(id);
      Btf::parse(minimise(*split, roots));
    });
    attempt([&] {
      const Diff bases = compare({base}, {base});
      if (!bases.changes.empty()) std::abort();  // nothing differs from itself
      compare({split, bases.before}, {split, bases.after});
    });
  });
  attempt([&] {
    const BtfPtr base = Btf::parse(inputs->first);
    const BtfPtr other = Btf::parse(inputs->second);
    Btf::parse(rebase(*other, *base), base);
    compare({base}, {other});
  });
  return 0;
}

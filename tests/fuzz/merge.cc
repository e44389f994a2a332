// A base, and a BTF that is split on it or stands alone: merged, strictly and as libbpf does. What comes out must parse
// again, and strictly merged a second time stay what it is, to the byte. And the input de-duplicated against the base.
#include "transform/merge/merge.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/error.h"
#include "btf/evidence.h"
#include "fuzz.h"
#include "transform/merge/dedup_btf.h"

namespace {

using namespace btfx;

Bytes merged(const BtfPtr& base, const std::vector<BtfPtr>& inputs, bool strict) {
  Merge merge(base, {.strict = strict});
  Diagnostics diagnostics;
  for (const BtfPtr& input : inputs) merge.add("input", merge.prepare(input), diagnostics);
  merge.finish(diagnostics);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (TypeId id = inputs[i]->first_id(); id != inputs[i]->end_id(); ++id) {
      if (raw(merge.find(i, id)) >= raw(merge.pool().end_id())) std::abort();
    }
  }
  return merge.pool().flat_btf();
}

/// De-duplicates by itself, and what came out once more: that changes nothing, unless the first run gave up.
void deduplicate(const BtfPtr& btf, const MergeBasePtr& base, const DedupOptions& options) {
  BtfDeduplicator deduplicator;
  const DedupedBtf once = deduplicator.run(btf, base, options);
  for (const TypeId id : once.ids.own) {
    if (raw(id) >= raw(btf->first_id()) + once.types()) std::abort();
  }
  const BtfPtr after = Btf::parse(once.btf, btf->base(), btf->pointer_size());
  const DedupedBtf twice = deduplicator.run(after, base, options);
  if (after->own_types() != once.types() || twice.types() > once.types()) std::abort();
  const bool gave_up = std::ranges::any_of(
      once.findings, [](const Diagnostic& finding) { return finding.code.word() == "dedup-budget"; });
  if (!gave_up && !std::ranges::equal(once.btf.view(), twice.btf.view())) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto inputs = test::two_inputs(data, size);
  if (!inputs) return 0;
  try {
    const BtfPtr base = Btf::parse(inputs->first);
    const Bytes& rest = inputs->second;
    const BtfPtr input = is_standalone(rest) ? Btf::parse(rest) : Btf::parse(rest, base);
    const BtfPtr lenient = Btf::parse(merged(base, {input, input, base}, false));
    if (lenient->own_types() < base->own_types()) std::abort();
    const Bytes once = merged(base, {input, base, input}, true);
    const Bytes twice = merged(nullptr, {Btf::parse(once)}, true);
    if (!std::ranges::equal(once.view(), twice.view())) std::abort();
    const MergeBasePtr prepared = input->is_split() ? std::make_shared<const MergeBase>(base) : nullptr;
    deduplicate(input, prepared, {});
    deduplicate(input, prepared, {.fixed_base = true});
    deduplicate(input, prepared, {.strict = true});
  } catch (const Error&) {  // from parsing, or because pointers alone make a circle
  }
  return 0;
}

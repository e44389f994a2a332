// A base, and a BTF that is split on it or stands alone: merged, strictly and as libbpf does. What comes out must parse
// again, and strictly merged a second time stay what it is, to the byte.
#include "transform/merge/merge.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "btf/evidence.h"
#include "fuzz.h"

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
  } catch (const Error&) {  // from parsing, or because pointers alone make a circle
  }
  return 0;
}

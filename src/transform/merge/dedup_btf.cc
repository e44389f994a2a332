#include "transform/merge/dedup_btf.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace btfx {

namespace {

constexpr int max_runs = 8;  // of which real modules need few; input can be made that drops one type in each

}  // namespace

DedupedBtf BtfDeduplicator::run(const BtfPtr& btf, const MergeBasePtr& base, const DedupOptions& options) {
  DedupedBtf result = run_once(btf, base, options);
  for (int runs = 1; result.ids.is_incomplete; ++runs) {
    if (runs == max_runs) {
      result.findings.push_back(dedup_given_up());
      break;
    }
    const std::uint32_t before = result.types();
    DedupedBtf next = run_once(Btf::parse(result.btf, btf->base(), btf->pointer_size()), base, options);
    result.ids.append(next.ids);
    result.btf = std::move(next.btf);
    std::ranges::move(next.findings, std::back_inserter(result.findings));
    if (result.types() == before) break;
  }
  return result;
}

DedupedBtf BtfDeduplicator::run_once(const BtfPtr& btf, const MergeBasePtr& base, const DedupOptions& options) {
  if (btf->has_unknown_header()) throw Error(ErrorCode::unsupported, "has a header with unknown fields");
  DedupedBtf result;
  pool_.reset(base);
  pool_.append(pool_.prepare(btf), result.findings);
  DedupOptions chosen = options;
  chosen.fixed_base = options.fixed_base || options.strict;  // the base stays where it is
  result.ids = deduplicator_.run(pool_, chosen, result.findings);
  result.btf = pool_.own_btf(btf->byte_order(), btf->header().header_length, layout_section(*btf));
  return result;
}

}  // namespace btfx

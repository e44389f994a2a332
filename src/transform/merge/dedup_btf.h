// De-duplicates one BTF: drops what the base has already, and what occurs twice.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/btf.h"
#include "transform/merge/dedup.h"

namespace btfx {

/// The result of de-duplicating one BTF.
struct DedupedBtf {
  Bytes btf;             ///< in the byte order of the input, with a header of the same length and its layout section
  DedupedIds ids;        ///< where its types went
  Diagnostics findings;  ///< `forward-declaration-word`, `dedup-budget`
  /// How many types it holds itself now.
  [[nodiscard]] std::uint32_t types() const { return static_cast<std::uint32_t>(ids.kept.size()); }
};

/// De-duplicates BTFs one after the other. Between two runs it keeps nothing but memory.
class BtfDeduplicator {
 public:
  /// `btf` is split on the BTF that `base` was made of (the same object), or a root, and then `base` is null. The
  /// result is that of libbpf 1.8's btf__dedup(), byte for byte, unless an option changes the rules; where doing it
  /// again would drop more, that of doing it until nothing changes. Throws Error(unsupported, malformed) for what
  /// cannot be de-duplicated; see TypePool::prepare() and Deduplicator::run().
  DedupedBtf run(const BtfPtr& btf, const MergeBasePtr& base, const DedupOptions& options = {});

 private:
  DedupedBtf run_once(const BtfPtr& btf, const MergeBasePtr& base, const DedupOptions& options);

  TypePool pool_;
  Deduplicator deduplicator_;
};

}  // namespace btfx

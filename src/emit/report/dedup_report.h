// What `btfx dedup` says.
#pragma once

#include <cstdint>
#include <string>

#include "emit/report/record.h"
#include "emit/report/table.h"
#include "results/dedup.h"

namespace btfx {

Table dedup_table();
Record dedup_record(const std::string& module, const DedupedModule& deduped);

/// The totals of a batch: of what was written or, when the result goes `nowhere`, of what would be written.
class DedupSummary {
 public:
  /// `strips`: signatures are taken off.
  DedupSummary(bool nowhere, bool strips) : nowhere_(nowhere), strips_(strips) {}
  /// Counts an error: of a module, or of a directory or package without any, which the text does not count.
  void fail(bool is_module);
  void count(const DedupedModule& module);
  [[nodiscard]] Summary summary() const;

 private:
  [[nodiscard]] double mean(std::uint64_t total) const;
  [[nodiscard]] std::string text() const;

  bool nowhere_, strips_;
  std::uint64_t modules_ = 0, places_ = 0, good_ = 0, failed_ = 0, refused_ = 0, unchanged_ = 0, signed_ = 0;
  DedupSizes total_;
  std::uint64_t files_before_ = 0, files_after_ = 0;
};

}  // namespace btfx

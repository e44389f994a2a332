// What `btfx distill` says.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "emit/report/record.h"
#include "emit/report/table.h"
#include "results/distill.h"

namespace btfx {

Table distill_table();
Record distill_record(const std::string& module, const DistilledModule& distilled);

/// The totals of a batch: of what was written or, when the result goes `nowhere`, of what would be written.
class DistillSummary {
 public:
  /// `force`: what would do harm is written, too. `strips`: signatures are taken off.
  DistillSummary(bool nowhere, bool force, bool strips) : nowhere_(nowhere), force_(force), strips_(strips) {}
  /// Counts an error: of a module, or of a directory or package without any, which the text does not count.
  void fail(bool is_module);
  void count(const DistilledModule& module);
  [[nodiscard]] Summary summary() const;

 private:
  [[nodiscard]] double mean() const;
  [[nodiscard]] double deviation() const;
  [[nodiscard]] std::string text() const;

  bool nowhere_, force_, strips_;
  std::uint64_t modules_ = 0, places_ = 0, distilled_ = 0, failed_ = 0, refused_ = 0, already_ = 0, signed_ = 0;
  std::uint64_t least_ = 0, most_ = 0, total_ = 0, before_ = 0, after_ = 0, moved_ = 0;
  double squares_ = 0;
  std::array<std::uint64_t, known_kinds> of_kind_ = {};
};

}  // namespace btfx

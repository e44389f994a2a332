#include "emit/report/distill_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/counted.h"
#include "emit/report/signed_modules.h"

namespace btfx {

Table distill_table() {
  constexpr auto right = Column::Align::right;
  return Table({{"btf_before", ".BTF", 9, right},
                {"btf_after", "NEW-.BTF", 9, right},
                {"base", ".BTF.base", 9, right},
                {"distilled", "DISTILLED", 9, right, 1, Column::Cut::none, 0, 1},
                {"moved", "MOVED", 7, right, 1, Column::Cut::none, 0, 2},
                {"module", "MODULE", 0, Column::Align::left, 1, Column::Cut::middle, 20}});
}

Record distill_record(const std::string& module, const DistilledModule& distilled) {
  const DistillStatistics& statistics = distilled.statistics;
  return {{"module", module},
          {"btf_before", statistics.old_split_size},
          {"btf_after", statistics.split_size},
          {"base", statistics.base_size},
          {"distilled", statistics.distilled},
          {"moved", statistics.moved},
          {"signed", distilled.is_signed},
          {"already", distilled.was_distilled},
          {"findings", records_of(distilled.findings)},
          {"written", distilled.written}};
}

void DistillSummary::fail(bool is_module) {
  ++(is_module ? modules_ : places_);
  ++failed_;
}

void DistillSummary::count(const DistilledModule& module) {
  ++modules_;
  if (module.is_signed && !module.was_distilled) ++signed_;
  if (module.was_distilled) return void(++already_);
  if (module.refused()) ++refused_;
  if (module.refused() && !force_) return;
  const DistillStatistics& statistics = module.statistics;
  const std::uint64_t size = statistics.base_size;
  least_ = distilled_ == 0 ? size : std::min(least_, size);
  most_ = std::max(most_, size);
  ++distilled_;
  total_ += size;
  squares_ += static_cast<double>(size) * static_cast<double>(size);
  before_ += statistics.old_split_size;
  after_ += statistics.split_size;
  moved_ += statistics.moved;
  for (std::size_t i = 0; i < of_kind_.size(); ++i) of_kind_[i] += statistics.of_kind[i];
}

double DistillSummary::mean() const {
  return distilled_ == 0 ? 0 : static_cast<double>(total_) / static_cast<double>(distilled_);
}

/// Of the population, since a batch is all there is and no sample.
double DistillSummary::deviation() const {
  if (distilled_ == 0) return 0;
  return std::sqrt(std::max(0.0, squares_ / static_cast<double>(distilled_) - mean() * mean()));
}

std::string DistillSummary::text() const {
  if (modules_ == 0) return {};
  std::string text = counted(modules_, "module");
  if (distilled_ != modules_) {
    text = fmt::format("{} of {} {}", distilled_, text, nowhere_ ? "can be distilled" : "distilled");
    if (already_ != 0) {
      text += nowhere_ ? fmt::format(", {} distilled already", counted(already_, "is", "are"))
                       : fmt::format(", {} distilled before", counted(already_, "was", "were"));
    }
  } else if (nowhere_) {
    text += " can be distilled";
  }
  text += nowhere_ ? "; nothing was written\n" : "\n";
  if (nowhere_ && !strips_) text += signed_text(signed_);
  if (distilled_ == 0) return text;
  text += distilled_ == 1
              ? fmt::format(".BTF.base: {} bytes\n", total_)
              : fmt::format(".BTF.base: mean {:.1f}, standard deviation {:.1f}, least {}, most {}, total {} bytes\n",
                            mean(), deviation(), least_, most_, total_);
  text += fmt::format(".BTF: {} -> {} bytes ({:+}){}\n", before_, after_, static_cast<std::int64_t>(after_ - before_),
                      moved_ != 0 ? ", by types moved there from the base" : "");
  std::string kinds;
  for (std::size_t i = 0; i < of_kind_.size(); ++i) {
    if (of_kind_[i] == 0) continue;
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", of_kind_[i], kind_info(static_cast<Kind>(i)).name);
  }
  return text + "distilled: " + (kinds.empty() ? "nothing" : kinds) + "\n";
}

Summary DistillSummary::summary() const {
  Record kinds;
  for (std::size_t i = 0; i < of_kind_.size(); ++i) {
    if (of_kind_[i] != 0) kinds.add(std::string(kind_info(static_cast<Kind>(i)).name), of_kind_[i]);
  }
  return {{{"modules", modules_ + places_},
           {"errors", failed_},
           {"refused", refused_},
           {"already", already_},
           {"base_mean", mean()},
           {"base_deviation", deviation()},
           {"base_least", least_},
           {"base_most", most_},
           {"base_total", total_},
           {"btf_before", before_},
           {"btf_after", after_},
           {"kinds", std::move(kinds)}},
          text()};
}

}  // namespace btfx

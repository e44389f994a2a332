#include "emit/report/dedup_report.h"

#include <fmt/format.h>

#include "base/counted.h"
#include "emit/report/signed_modules.h"

namespace btfx {

namespace {

/// `-37.2%`.
std::string change_text(std::uint64_t before, std::uint64_t after) {
  if (before == 0) return "+0.0%";
  return fmt::format("{:+.1f}%", (static_cast<double>(after) / static_cast<double>(before) - 1) * 100);
}

}  // namespace

Table dedup_table() {
  constexpr auto right = Column::Align::right;
  return Table({{"types_before", "TYPES", 9, right},
                {"types_after", "NEW-TYPES", 9, right},
                {"btf_before", ".BTF", 9, right},
                {"btf_after", "NEW-.BTF", 9, right},
                {"module", "MODULE", 0, Column::Align::left, 1, Column::Cut::middle, 20}});
}

Record dedup_record(const std::string& module, const DedupedModule& deduped) {
  const DedupSizes& sizes = deduped.sizes;
  return {{"module", module},
          {"relation", to_string(deduped.relation)},
          {"types_before", sizes.types_before},
          {"types_after", sizes.types_after},
          {"btf_before", sizes.bytes_before},
          {"btf_after", sizes.bytes_after},
          {"file_before", deduped.file_before},
          {"file_after", deduped.file_after},
          {"signed", deduped.is_signed},
          {"unchanged", deduped.is_unchanged},
          {"findings", records_of(deduped.findings)},
          {"written", deduped.written}};
}

void DedupSummary::fail(bool is_module) {
  ++(is_module ? modules_ : places_);
  ++failed_;
}

void DedupSummary::count(const DedupedModule& module) {
  ++modules_;
  if (module.refused()) return void(++refused_);
  ++good_;
  if (module.is_unchanged) ++unchanged_;
  if (module.is_signed && !module.is_unchanged) ++signed_;
  total_.types_before += module.sizes.types_before;
  total_.types_after += module.sizes.types_after;
  total_.bytes_before += module.sizes.bytes_before;
  total_.bytes_after += module.sizes.bytes_after;
  files_before_ += module.file_before.value_or(0);
  files_after_ += module.file_after.value_or(0);
}

double DedupSummary::mean(std::uint64_t total) const {
  return good_ == 0 ? 0 : static_cast<double>(total) / static_cast<double>(good_);
}

std::string DedupSummary::text() const {
  if (modules_ == 0) return {};
  std::string text = counted(modules_, "module");
  if (good_ != modules_) {
    text = fmt::format("{} of {} {}", good_, text, nowhere_ ? "can be de-duplicated" : "de-duplicated");
  }
  if (unchanged_ != 0) text += fmt::format(", {} with nothing to drop", unchanged_);
  text += nowhere_ ? "; nothing was written\n" : "\n";
  if (nowhere_ && !strips_) text += signed_text(signed_);
  if (good_ == 0) return text;
  text += fmt::format("types: {} -> {} ({}), mean {:.1f} -> {:.1f}\n", total_.types_before, total_.types_after,
                      change_text(total_.types_before, total_.types_after), mean(total_.types_before),
                      mean(total_.types_after));
  text +=
      fmt::format(".BTF: {} -> {} bytes ({}), mean {:.1f} -> {:.1f}, {} bytes less\n", total_.bytes_before,
                  total_.bytes_after, change_text(total_.bytes_before, total_.bytes_after), mean(total_.bytes_before),
                  mean(total_.bytes_after), static_cast<std::int64_t>(total_.bytes_before - total_.bytes_after));
  if (files_before_ == 0) return text;
  return text + fmt::format("files, as they are on disk and in an initramfs: {} -> {} bytes ({})\n", files_before_,
                            files_after_, change_text(files_before_, files_after_));
}

Summary DedupSummary::summary() const {
  return {{{"modules", modules_ + places_},
           {"errors", failed_},
           {"refused", refused_},
           {"unchanged", unchanged_},
           {"types_before", total_.types_before},
           {"types_after", total_.types_after},
           {"btf_before", total_.bytes_before},
           {"btf_after", total_.bytes_after},
           {"btf_mean_before", mean(total_.bytes_before)},
           {"btf_mean_after", mean(total_.bytes_after)},
           {"files_before", files_before_},
           {"files_after", files_after_}},
          text()};
}

}  // namespace btfx

#include "transform/ids/resolve_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "transform/edit/sort.h"
#include "transform/ids/implicit_args.h"
#include "transform/ids/renumber_ids.h"
#include "transform/ids/resolve_ids.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/distill_check.h"

namespace btfx {

namespace {

Place ids_place(const std::string& file = {}) {
  return {.file = file, .section = std::string(BtfIds::section_name)};
}

/// Says of a section whose words no symbols explain that it stays as it is, where that may matter.
void note_unjudged(const BtfIds& ids, bool has_symbol_table, Diagnostics& findings) {
  if (has_symbol_table && ids.is_zero()) return;
  findings.push_back(
      {"ids-unjudged",
       fmt::format("its {} words stay as they are, because no symbols tell which of them are ids", ids.words().size()),
       ids_place()});
}

class Resolving {
 public:
  Resolving(ResolveInput input, const ResolveOptions& options)
      : input_(std::move(input)), options_(options), btf_(input_.btf) {}

  ResolvedSections run() {
    if (input_.ids) {
      if (!input_.ids->has_symbols()) judge_unexplained();
      judge_repeat();
      split_implicit_arguments();
    }
    // Now: nothing has been resolved before.
    if (options_.distill && btf_->is_split() && !input_.is_distilled) {
      distill();
    } else {
      if (options_.distill && input_.is_distilled) result_.base = btf_->base()->blob();
      if (options_.sort) sort();
    }
    // Now: every type has its last number.
    if (!options_.keep_btf) result_.btf = btf_->blob();
    if (input_.ids && input_.has_symbol_table) resolve();
    return std::move(result_);
  }

 private:
  /// Refuses, unless forced to go on, what appears to hold ids whose symbols were stripped.
  void judge_unexplained() {
    if (!options_.force && names_types(*input_.ids, *btf_)) {
      throw unexplained(*input_.ids, "symbol", "stay as they are").in(options_.file, BtfIds::section_name);
    }
    note_unjudged(*input_.ids, input_.has_symbol_table, result_.findings);
  }

  /// Refuses what has been resolved before, where that would do harm.
  void judge_repeat() {
    Diagnostics spoiled = find_resolved_before(*input_.ids, *btf_);
    if (spoiled.empty()) return;
    if (!options_.force) {
      Place place = spoiled.front().place;
      place.file = options_.file;
      const std::string more = spoiled.size() == 1 ? "" : fmt::format(" (and so for {} more sets)", spoiled.size() - 1);
      throw Error(ErrorCode::refused,
                  spoiled.front().text + more + "; resolve the file as it was compiled, or use --force", place);
    }
    append(result_.findings, std::move(spoiled));
  }

  void split_implicit_arguments() {
    const std::vector<TypeId> kfuncs = implicit_kfuncs(*btf_, *input_.ids);
    if (kfuncs.empty()) return;
    const std::string names =
        fmt::format("{}{}", btf_->type(kfuncs.front()).name(),
                    kfuncs.size() == 1 ? "" : fmt::format(" and {} more functions", kfuncs.size() - 1));
    if (options_.keep_btf) {
      result_.findings.push_back({Severity::warning,
                                  "implicit-args",
                                  fmt::format("{} still show{} implicit arguments, because .BTF stays as it is", names,
                                              kfuncs.size() == 1 ? "s" : ""),
                                  {.section = ".BTF"}});
      return;
    }
    result_.findings.push_back({Severity::note,
                                "implicit-args",
                                fmt::format("implicit arguments of {} are split off", names),
                                {.section = ".BTF"}});
    btf_ = Btf::parse(split_implicit_args(*btf_, kfuncs), btf_->base(), btf_->pointer_size());
  }

  void distill() {
    if (input_.ids) {
      require_explained(!input_.ids->is_zero(), "distilled", "use --no-sort, and leave out --distill-base");
    }
    undistilled_ = btf_;
    const Distilled distilled = Distiller().run(*btf_, {.sort = options_.sort});
    append(result_.findings, distilled.findings);
    append(result_.findings, check_distilled(distilled, RelocationTarget(btf_->base())));
    result_.base = distilled.base;
    btf_ = parse_distilled(distilled, btf_->pointer_size());
  }

  void sort() {
    const SortedBtf sorted = sort_types(*btf_, btf_->byte_order(), btf_->header().known_length());
    if (input_.ids && !std::ranges::is_sorted(sorted.new_ids)) {
      require_explained(may_hold_ids(*input_.ids, *btf_), "sorted", "use --no-sort");
    }
    btf_ = Btf::parse(sorted.btf, btf_->base(), btf_->pointer_size());
  }

  /// Refuses to renumber types when words that cannot be renumbered may be their ids.
  void require_explained(bool may_hold_ids, std::string_view step, std::string_view way_out) const {
    if (input_.ids->has_symbols() || !may_hold_ids) return;
    throw Error(ErrorCode::refused,
                fmt::format("no symbols tell which of its {} words are ids, and those would be of other types once the "
                            "types are {}: {}",
                            input_.ids->words().size(), step, way_out),
                ids_place(options_.file));
  }

  void resolve() {
    ResolvedIds resolved = resolve_ids(std::move(*input_.ids), *btf_, undistilled_.get());
    result_.ids = resolved.ids.bytes();
    result_.resolved = resolved.resolved;
    result_.unresolved = resolved.unresolved;
    result_.doubtful = !resolved.findings.empty();
    append(result_.findings, std::move(resolved.findings));
    if (input_.is_distilled || undistilled_) append(result_.findings, find_unmapped(resolved.ids));
  }

  ResolveInput input_;
  const ResolveOptions& options_;
  BtfPtr btf_;          // as it becomes
  BtfPtr undistilled_;  // what it was distilled from; null when it was not
  ResolvedSections result_;
};

}  // namespace

bool leaves_all(const std::optional<BtfIds>& ids, const ResolveOptions& options) {
  return options.keep_btf && (!ids || (!ids->has_symbols() && (options.force || ids->is_zero())));
}

ResolvedSections resolve_sections(ResolveInput input, const ResolveOptions& options) {
  return Resolving(std::move(input), options).run();
}

ResolvedSections leave_sections(const std::optional<BtfIds>& ids, bool has_symbol_table) {
  ResolvedSections result;
  if (ids) note_unjudged(*ids, has_symbol_table, result.findings);
  return result;
}

Error unexplained(const BtfIds& ids, std::string_view missing, std::string_view forced) {
  return {
      ErrorCode::refused,
      fmt::format("has {} bytes, but the file has no {} that tells what they are: it was stripped; with --force they "
                  "{}",
                  4 * ids.words().size(), missing, forced)};
}

}  // namespace btfx

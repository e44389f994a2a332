// distill: make split BTF resilient.
#include "transform/relocate/distill.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "btf/ids.h"
#include "cmd/batch_report.h"
#include "cmd/cli/command.h"
#include "cmd/module_batch.h"
#include "cmd/outputs/module_output.h"
#include "emit/report/json_results.h"
#include "inputs/module.h"
#include "transform/ids/renumber_ids.h"
#include "transform/merge/dedup_btf.h"
#include "transform/relocate/distill_check.h"
#include "transform/relocate/relocate.h"
#include "transform/relocate/relocation_report.h"

namespace btfx {

namespace {

struct Options {
  std::vector<std::string> modules;
  ModuleDestination destination;
  bool dedup = false;
  bool sort = false;
  bool strip_signature = false;
  bool keep_ids = false;
  bool force = false;
};

/// What became of one module.
struct Outcome {
  std::optional<DistillStatistics> statistics = {};
  bool is_signed = false;
  bool was_distilled = false;  // and is left as it is
  std::vector<std::string> notes = {};
  Diagnostics findings = {};
  ModuleOutput output = {};

  [[nodiscard]] bool refused() const {
    return std::ranges::any_of(findings, [](const Diagnostic& d) { return d.severity == Severity::error; });
  }
};

/// A module's BTF on its kernel.
struct ModuleOnBase {
  KernelPtr kernel;
  BtfPtr original;                                  // what `.BTF_ids` counts by
  BtfPtr split;                                     // what is to be distilled
  std::optional<Relocation> relocated;              // from original to split, when the module was distilled already
  std::optional<DedupedIds> deduped = {};           // from there to split, when it was de-duplicated
  std::uint64_t split_size = split->blob().size();  // before that

  [[nodiscard]] std::optional<TypeId> find(TypeId id) const {
    if (!original->contains(id)) return std::nullopt;
    const std::optional<TypeId> found = relocated ? relocated->find(id) : id;
    return found && deduped ? deduped->find(*found) : found;
  }
};

/// Distills the modules of one invocation; used by many threads.
class ModuleDistiller {
 public:
  ModuleDistiller(const Options& options, const GlobalOptions& global)
      : options_(options), base_(global.base), jobs_(global.jobs) {}

  void operator()(const Module& module, Outcome& outcome) const {
    outcome.is_signed = module.is_signed();
    if (module.relation() == Relation::standalone) {
      throw Error(ErrorCode::no_base, "is standalone BTF, which needs no base");
    }
    const bool is_distilled = module.relation() == Relation::distilled;
    if (is_distilled && !options_.force) return leave(module, outcome);
    ModuleOnBase ready = is_distilled ? load_distilled(module, outcome) : load_split(module, outcome);
    const ByteOrder order = ready.split->byte_order();
    if (module.image().elf && module.image().elf->byte_order() != order) {
      throw Error(ErrorCode::malformed,
                  fmt::format("BTF is {}-endian in a {}-endian file", to_string(order), to_string(other(order))),
                  {.section = ".BTF"});
    }
    std::optional<BtfIds> ids = module.ids();
    if (options_.dedup) deduplicate(ready, outcome);
    std::vector<TypeId> keep;
    if (ids && options_.keep_ids) {
      for (const std::uint32_t word : ids->id_words()) {
        const std::optional<TypeId> id = ready.find(TypeId{ids->words()[word]});
        if (id && *id < ready.split->first_id()) keep.push_back(*id);
      }
    }
    // Now: everything is read. The buffers of the distiller serve all modules of a thread.
    static thread_local Distiller distiller;
    const Distilled distilled = distiller.run(*ready.split, {.sort = options_.sort, .keep = keep});
    add(outcome, distilled.findings);
    add(outcome, check_distilled(distilled, ready.kernel->target()));
    const Bytes new_ids = ids ? renumbered(std::move(*ids), ready, distilled, outcome) : Bytes();
    outcome.statistics = distilled.statistics;
    outcome.statistics->old_split_size = ready.split_size;
    // Now: all is known, and nothing written.
    if (outcome.refused() && !options_.force) return;
    outcome.output = write_sections(module, {distilled.split, distilled.base, new_ids}, options_.destination,
                                    options_.strip_signature);
  }

 private:
  static void add(Outcome& outcome, const Diagnostics& findings) {
    outcome.findings.insert(outcome.findings.end(), findings.begin(), findings.end());
  }

  /// A module that was distilled before stays as it is, and arrives where the result was to go.
  void leave(const Module& module, Outcome& outcome) const {
    const BtfPtr& split = module.as_it_is();
    const BtfPtr& base = split->base();
    outcome.was_distilled = true;
    outcome.findings.push_back({Severity::note,
                                "distilled-already",
                                "is distilled already, and left as it is (--force with -B distills it again)",
                                {.section = ".BTF.base"}});
    const std::uint64_t size = split->blob().size();
    outcome.statistics = {
        .distilled = base->own_types(), .old_split_size = size, .base_size = base->blob().size(), .split_size = size};
    const bool has_ids = has_section(module.image(), BtfIds::section_name);
    const Bytes ids = has_ids ? btf_section(module.image(), BtfIds::section_name) : Bytes();
    outcome.output = write_unchanged(module, {split->blob(), base->blob(), ids}, options_.destination);
  }

  ModuleOnBase load_split(const Module& module, Outcome& outcome) const {
    ChosenKernel chosen = choose_kernel(module, base_, kernels_);
    if (!chosen.note.empty()) outcome.notes.push_back(std::move(chosen.note));
    BtfPtr split = module.on(*chosen.kernel);
    return {std::move(chosen.kernel), split, split, std::nullopt};
  }

  /// Relocates by the kernel's rules, and tells of what they let pass, which would not be seen again afterwards.
  ModuleOnBase load_distilled(const Module& module, Outcome& outcome) const {
    if (!base_.given()) {
      throw Error(ErrorCode::no_base, "is distilled already: to distill it again, name the base with -B",
                  {.section = ".BTF.base"});
    }
    KernelPtr kernel = choose_kernel(module, base_, kernels_).kernel;
    RelocatedModule relocated = module.relocated_onto(*kernel);
    const RelocationReporter reporter(kernel->target(), nullptr, false, false);
    for (RelocationFinding& found : reporter.report(*relocated.original, relocated.relocation)) {
      outcome.findings.push_back(std::move(found.diagnostic));
    }
    return {std::move(kernel), std::move(relocated.original), std::move(relocated.split),
            std::move(relocated.relocation)};
  }

  void deduplicate(ModuleOnBase& ready, Outcome& outcome) const {
    static thread_local BtfDeduplicator deduplicator;
    DedupedBtf deduped = deduplicator.run(ready.split, ready.kernel->merge_base(jobs_));
    add(outcome, deduped.findings);
    ready.split = Btf::parse(deduped.btf, ready.kernel->btf(), ready.split->pointer_size());
    ready.deduped = std::move(deduped.ids);
  }

  Bytes renumbered(BtfIds ids, const ModuleOnBase& ready, const Distilled& distilled, Outcome& outcome) const {
    const auto new_id = [&](TypeId id) -> std::optional<TypeId> {
      const std::optional<TypeId> relocated = ready.find(id);
      return relocated ? distilled.ids.find(*relocated) : std::nullopt;
    };
    const auto hint = [&](TypeView type) -> std::string_view {
      return !options_.keep_ids && has_place_in_distilled_btf(type.kind()) ? "; --keep-ids keeps it" : "";
    };
    RenumberedIds result = renumber_ids(std::move(ids), *ready.original, new_id, hint);
    add(outcome, result.findings);
    return result.section;
  }

  const Options& options_;
  const BaseChoice& base_;
  unsigned jobs_;
  Kernels kernels_;
};

/// The figures of a batch: of what was written, or without a destination of what would be.
class Summary {
 public:
  explicit Summary(const Options& options) : options_(options) {}

  void count(const Done<Outcome>& done) {
    ++modules_;
    if (done.error) return void(++failed_);
    const Outcome& outcome = done.result;
    if (outcome.was_distilled) return void(++already_);
    if (outcome.refused()) ++refused_;
    if (outcome.refused() && !options_.force) return;
    const DistillStatistics& statistics = *outcome.statistics;
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

  [[nodiscard]] std::string text() const {
    std::string text = fmt::format("{} module{}", modules_, modules_ == 1 ? "" : "s");
    const bool nowhere = options_.destination.nowhere();
    if (distilled_ != modules_) {
      text = fmt::format("{} of {} {}", distilled_, text, nowhere ? "can be distilled" : "distilled");
      if (already_ != 0)
        text += fmt::format(", {} {} already", already_,
                            nowhere ? (already_ == 1 ? "is" : "are") : (already_ == 1 ? "was" : "were"));
    } else if (nowhere) {
      text += " can be distilled";
    }
    text += nowhere ? "; nothing was written\n" : "\n";
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

  [[nodiscard]] JsonRecord record() const {
    JsonRecord kinds = JsonRecord::object();
    for (std::size_t i = 0; i < of_kind_.size(); ++i) {
      if (of_kind_[i] != 0) kinds[std::string(kind_info(static_cast<Kind>(i)).name)] = of_kind_[i];
    }
    return {{"modules", modules_},   {"errors", failed_},   {"refused", refused_},
            {"already", already_},   {"base_mean", mean()}, {"base_deviation", deviation()},
            {"base_least", least_},  {"base_most", most_},  {"base_total", total_},
            {"btf_before", before_}, {"btf_after", after_}, {"kinds", std::move(kinds)}};
  }

 private:
  [[nodiscard]] double mean() const {
    return distilled_ == 0 ? 0 : static_cast<double>(total_) / static_cast<double>(distilled_);
  }
  /// Of the population, since a batch is all there is and no sample.
  [[nodiscard]] double deviation() const {
    if (distilled_ == 0) return 0;
    return std::sqrt(std::max(0.0, squares_ / static_cast<double>(distilled_) - mean() * mean()));
  }

  const Options& options_;
  std::uint64_t modules_ = 0, distilled_ = 0, failed_ = 0, refused_ = 0, already_ = 0;
  std::uint64_t least_ = 0, most_ = 0, total_ = 0, before_ = 0, after_ = 0, moved_ = 0;
  double squares_ = 0;
  std::array<std::uint64_t, known_kinds> of_kind_ = {};
};

JsonRecord record_of(const std::string& module, const Outcome& outcome) {
  const DistillStatistics& statistics = *outcome.statistics;
  JsonRecord record{{"module", module}};
  record["btf_before"] = statistics.old_split_size;
  record["btf_after"] = statistics.split_size;
  record["base"] = statistics.base_size;
  record["distilled"] = statistics.distilled;
  record["moved"] = statistics.moved;
  record["signed"] = outcome.is_signed;
  record["already"] = outcome.was_distilled;
  record["findings"] = json_records(outcome.findings);
  record["written"] = outcome.output.files.written;
  return record;
}

std::string header() {
  return fmt::format("{:>9} {:>9} {:>9} {:>9} {:>7} {}\n", ".BTF", "NEW-.BTF", ".BTF.base", "DISTILLED", "MOVED",
                     "MODULE");
}

std::string row(const std::string& module, const Outcome& outcome) {
  const DistillStatistics& statistics = *outcome.statistics;
  return fmt::format("{:>9} {:>9} {:>9} {:>9} {:>7} {}\n", statistics.old_split_size, statistics.split_size,
                     statistics.base_size, statistics.distilled, statistics.moved, printable(module));
}

Status run_distill(const Context& context, const Options& options) {
  ModuleBatch batch(options.destination, options.modules, context);
  // Now: the destination is sound, and nothing has been read but names.
  BatchReport report(context, "module", options.destination.takes_stdout());
  const bool show_rows = options.destination.nowhere();
  if (show_rows) report.head(header());
  Summary summary(options);
  run_modules<Outcome>(batch, context, ModuleDistiller(options, context.global), [&](Done<Outcome>&& done) {
    const Outcome& outcome = done.result;
    for (const std::string& note : outcome.notes) report.context().note(fmt::format("{}: {}", done.name, note));
    if (done.error) report.fail(done.name, *done.error);
    report.findings(done.name, outcome.findings);
    summary.count(done);
    if (done.error) return;
    report.finish_output(outcome.output);
    if (outcome.refused()) report.worsen(Status::no);
    report.add([&] { return show_rows ? row(done.name, outcome) : std::string(); },
               [&] { return record_of(done.name, outcome); });
  });
  for (const std::string& name : batch.repeated()) context.note(name + ": is another name of a file that was done");
  const bool show_summary = show_rows || options.destination.output.empty();
  return report.finish([&] { return show_summary ? summary.text() : std::string(); }, [&] { return summary.record(); });
}

}  // namespace

Command make_distill_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "distill";
  command.list("MODULE", "MODULE", options->modules, "Modules, directories or packages with modules", Complete::module)
      .required = true;
  command.value("-o,--output", "FILE", options->destination.output,
                "Write the changed module, uncompressed, to FILE; `-`: standard output");
  command.flag("--in-place", options->destination.in_place,
               "Replace each module atomically, and keep its compression, mode and owner");
  command.value("--output-dir", "DIR", options->destination.directory,
                "Write the sections to DIR/NAME.BTF, DIR/NAME.BTF.base and, if there is one, DIR/NAME.BTF_ids",
                Complete::directory);
  command.flag("--dry-run", options->destination.dry_run, "Write nothing, and print a table of sizes");
  command.flag("--dedup", options->dedup,
               "First drop the types that the base has already, as `btfx dedup` does, so that they need no relocation");
  command.flag("--sort", options->sort, "Sort named types by name, as kernel builds do since late 2025");
  command.flag("--strip-signature", options->strip_signature, "Drop the signature of a signed module");
  command.flag("--keep-ids", options->keep_ids,
               "Keep base types that only .BTF_ids names, except functions, which a distilled base cannot hold");
  command.flag("--force", options->force,
               "Write even if the result does not relocate onto its own base, and distill distilled modules again");
  command.reports = [options] { return !options->destination.takes_stdout(); };
  command.run = [options](const Context& context) { return run_distill(context, *options); };
  return command;
}

}  // namespace btfx

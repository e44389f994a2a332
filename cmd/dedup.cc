// dedup: module BTF without what its base already has.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
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
  bool strict = false;
  bool strip_signature = false;
};

/// The figures of one module, or of many.
struct Sizes {
  std::uint64_t types_before = 0, types_after = 0;  ///< that it holds itself
  std::uint64_t bytes_before = 0, bytes_after = 0;  ///< of `.BTF`, and of `.BTF.base` if it is written anew
};

/// What became of one module.
struct Outcome {
  Sizes sizes = {};
  Relation relation = Relation::split;
  bool is_signed = false;
  bool is_unchanged = false;  // since nothing is in it twice
  std::vector<std::string> notes = {};
  Diagnostics findings = {};
  ModuleOutput output = {};

  [[nodiscard]] bool refused() const {
    return std::ranges::any_of(findings, [](const Diagnostic& d) { return d.severity == Severity::error; });
  }
};

/// A module without its duplicates.
struct DedupedModule {
  BtfPtr original;       // what `.BTF_ids` counts by
  ModuleSections after;  // `.BTF.base` only where it changes
  std::function<std::optional<TypeId>(TypeId)> new_id;
  bool ids_are_final = true;  // and no kernel maps them
};

/// De-duplicates the modules of one invocation; used by many threads.
class ModuleDeduplicator {
 public:
  ModuleDeduplicator(const Options& options, const GlobalOptions& global)
      : options_(options), base_(global.base), jobs_(global.jobs) {}

  void operator()(const Module& module, Outcome& outcome) const {
    outcome.is_signed = module.is_signed();
    outcome.relation = module.relation();
    DedupedModule deduped = deduplicate(module, outcome);
    const Btf& original = *deduped.original;
    if (module.image().elf && module.image().elf->byte_order() != original.byte_order()) {
      throw Error(ErrorCode::malformed,
                  fmt::format("BTF is {}-endian in a {}-endian file", to_string(original.byte_order()),
                              to_string(module.image().elf->byte_order())),
                  {.section = ".BTF"});
    }
    outcome.is_unchanged =
        deduped.after.base.empty() && std::ranges::equal(original.blob().view(), deduped.after.btf.view());
    std::optional<BtfIds> ids = outcome.is_unchanged ? std::nullopt : module.ids();
    if (ids) {
      RenumberedIds renumbered = renumber_ids(std::move(*ids), original, deduped.new_id, {}, deduped.ids_are_final);
      add(outcome, renumbered.findings);
      deduped.after.ids = std::move(renumbered.section);
    }
    // Now: all is known, and nothing written.
    if (!options_.destination.nowhere() && !outcome.refused()) write(module, deduped.after, outcome);
  }

 private:
  static void add(Outcome& outcome, const Diagnostics& findings) {
    outcome.findings.insert(outcome.findings.end(), findings.begin(), findings.end());
  }

  void write(const Module& module, ModuleSections& after, Outcome& outcome) const {
    // What stays as it is goes along where the sections stand by themselves.
    const auto complete = [&](Bytes& section, std::string_view name) {
      if (section.empty() && has_section(module.image(), name)) section = btf_section(module.image(), name);
    };
    if (!options_.destination.directory.empty()) {
      complete(after.base, ".BTF.base");
      complete(after.ids, BtfIds::section_name);
    }
    outcome.output = outcome.is_unchanged
                         ? write_unchanged(module, after, options_.destination)
                         : write_sections(module, after, options_.destination, options_.strip_signature);
  }

  DedupedModule deduplicate(const Module& module, Outcome& outcome) const {
    if (module.relation() == Relation::standalone) return run(module.as_it_is(), nullptr, options_.strict, outcome);
    if (module.relation() == Relation::split) {
      const KernelPtr kernel = choose(module, outcome);
      return run(module.on(*kernel), kernel->merge_base(jobs_), options_.strict, outcome);
    }
    if (base_.given()) return distill_again(module, *choose(module, outcome), outcome);
    const BtfPtr& btf = module.as_it_is();
    DedupedModule deduped = run(btf, std::make_shared<const MergeBase>(btf->base()), true, outcome);
    deduped.ids_are_final = false;
    return deduped;
  }

  KernelPtr choose(const Module& module, Outcome& outcome) const {
    ChosenKernel chosen = choose_kernel(module, base_, kernels_);
    if (!chosen.note.empty()) outcome.notes.push_back(std::move(chosen.note));
    return std::move(chosen.kernel);
  }

  /// A distilled module is relocated onto the kernel, de-duplicated there, and distilled again.
  DedupedModule distill_again(const Module& module, const Kernel& kernel, Outcome& outcome) const {
    const auto relocated = std::make_shared<const RelocatedModule>(module.relocated_onto(kernel));
    const RelocationReporter reporter(kernel.target(), nullptr, false, false);
    for (RelocationFinding& found : reporter.report(*relocated->original, relocated->relocation)) {
      outcome.findings.push_back(std::move(found.diagnostic));
    }
    DedupedModule deduped = run(relocated->split, kernel.merge_base(jobs_), options_.strict, outcome);
    const BtfPtr split = Btf::parse(deduped.after.btf, kernel.btf(), relocated->original->pointer_size());
    static thread_local Distiller distiller;
    const auto distilled = std::make_shared<const Distilled>(distiller.run(*split));
    add(outcome, distilled->findings);
    add(outcome, check_distilled(*distilled, kernel.target()));
    const Btf& original = *relocated->original;
    const Bytes& old_base = original.base()->blob();
    outcome.sizes = {original.own_types(), split->own_types() + distilled->statistics.moved,
                     original.blob().size() + old_base.size(), distilled->split.size() + distilled->base.size()};
    const auto new_id = [relocated, deduped_id = deduped.new_id, distilled](TypeId id) -> std::optional<TypeId> {
      const std::optional<TypeId> on_kernel = relocated->relocation.find(id);
      const std::optional<TypeId> kept = on_kernel ? deduped_id(*on_kernel) : std::nullopt;
      return kept ? distilled->ids.find(*kept) : std::nullopt;
    };
    const bool is_same = std::ranges::equal(old_base.view(), distilled->base.view()) &&
                         std::ranges::equal(original.blob().view(), distilled->split.view());
    return {relocated->original, {distilled->split, is_same ? Bytes() : distilled->base, {}}, new_id, false};
  }

  DedupedModule run(const BtfPtr& btf, const MergeBasePtr& base, bool fixed_base, Outcome& outcome) const {
    static thread_local BtfDeduplicator deduplicator;  // keeps nothing but memory between two modules
    DedupedBtf deduped = deduplicator.run(btf, base, {.strict = options_.strict, .fixed_base = fixed_base});
    add(outcome, deduped.findings);
    outcome.sizes = {btf->own_types(), deduped.types(), btf->blob().size(), deduped.btf.size()};
    const auto new_id = [btf, ids = std::make_shared<const DedupedIds>(std::move(deduped.ids))](TypeId id) {
      return btf->contains(id) ? std::optional(ids->find(id)) : std::nullopt;
    };
    return {btf, {std::move(deduped.btf), {}, {}}, new_id};
  }

  const Options& options_;
  const BaseChoice& base_;
  unsigned jobs_;
  Kernels kernels_;
};

/// `-37.2%`.
std::string change_text(std::uint64_t before, std::uint64_t after) {
  if (before == 0) return "+0.0%";
  return fmt::format("{:+.1f}%", (static_cast<double>(after) / static_cast<double>(before) - 1) * 100);
}

/// The figures of a batch: of what was written, or without a destination of what would be.
class Summary {
 public:
  explicit Summary(const Options& options) : options_(options) {}

  void count(const Done<Outcome>& done) {
    ++modules_;
    if (done.error) return void(++failed_);
    const Outcome& outcome = done.result;
    if (outcome.refused()) return void(++refused_);
    ++good_;
    if (outcome.is_unchanged) ++unchanged_;
    total_.types_before += outcome.sizes.types_before;
    total_.types_after += outcome.sizes.types_after;
    total_.bytes_before += outcome.sizes.bytes_before;
    total_.bytes_after += outcome.sizes.bytes_after;
  }

  [[nodiscard]] std::string text() const {
    std::string text = fmt::format("{} module{}", modules_, modules_ == 1 ? "" : "s");
    if (good_ != modules_) {
      text = fmt::format("{} of {} {}", good_, text,
                         options_.destination.nowhere() ? "can be de-duplicated" : "de-duplicated");
    }
    if (unchanged_ != 0) text += fmt::format(", {} with nothing to drop", unchanged_);
    text += '\n';
    if (good_ == 0) return text;
    text += fmt::format("types: {} -> {} ({}), mean {:.1f} -> {:.1f}\n", total_.types_before, total_.types_after,
                        change_text(total_.types_before, total_.types_after), mean(total_.types_before),
                        mean(total_.types_after));
    return text + fmt::format(".BTF: {} -> {} bytes ({}), mean {:.1f} -> {:.1f}, {} bytes less\n", total_.bytes_before,
                              total_.bytes_after, change_text(total_.bytes_before, total_.bytes_after),
                              mean(total_.bytes_before), mean(total_.bytes_after),
                              static_cast<std::int64_t>(total_.bytes_before - total_.bytes_after));
  }

  [[nodiscard]] JsonRecord record() const {
    return {{"modules", modules_},
            {"errors", failed_},
            {"refused", refused_},
            {"unchanged", unchanged_},
            {"types_before", total_.types_before},
            {"types_after", total_.types_after},
            {"btf_before", total_.bytes_before},
            {"btf_after", total_.bytes_after},
            {"btf_mean_before", mean(total_.bytes_before)},
            {"btf_mean_after", mean(total_.bytes_after)}};
  }

 private:
  [[nodiscard]] double mean(std::uint64_t total) const {
    return good_ == 0 ? 0 : static_cast<double>(total) / static_cast<double>(good_);
  }

  const Options& options_;
  std::uint64_t modules_ = 0, good_ = 0, failed_ = 0, refused_ = 0, unchanged_ = 0;
  Sizes total_;
};

JsonRecord record_of(const std::string& module, const Outcome& outcome) {
  JsonRecord record{{"module", module}};
  record["relation"] = to_string(outcome.relation);
  record["types_before"] = outcome.sizes.types_before;
  record["types_after"] = outcome.sizes.types_after;
  record["btf_before"] = outcome.sizes.bytes_before;
  record["btf_after"] = outcome.sizes.bytes_after;
  record["signed"] = outcome.is_signed;
  record["unchanged"] = outcome.is_unchanged;
  record["findings"] = json_records(outcome.findings);
  record["written"] = outcome.output.files.written;
  return record;
}

std::string header() {
  return fmt::format("{:>9} {:>9} {:>9} {:>9} {}\n", "TYPES", "NEW-TYPES", ".BTF", "NEW-.BTF", "MODULE");
}

std::string row(const std::string& module, const Sizes& sizes) {
  return fmt::format("{:>9} {:>9} {:>9} {:>9} {}\n", sizes.types_before, sizes.types_after, sizes.bytes_before,
                     sizes.bytes_after, printable(module));
}

Status run_dedup(const Context& context, const Options& options) {
  ModuleBatch batch(options.destination, options.modules, context);
  // Now: the destination is sound, and nothing has been read but names.
  BatchReport report(context, "module", options.destination.takes_stdout());
  const bool show_rows = options.destination.nowhere();
  if (show_rows) report.head(header());
  Summary summary(options);
  run_modules<Outcome>(batch, context, ModuleDeduplicator(options, context.global), [&](Done<Outcome>&& done) {
    const Outcome& outcome = done.result;
    for (const std::string& note : outcome.notes) report.context().note(fmt::format("{}: {}", done.name, note));
    if (done.error) report.fail(done.name, *done.error);
    report.findings(done.name, outcome.findings);
    summary.count(done);
    if (done.error) return;
    report.finish_output(outcome.output);
    if (outcome.refused()) report.worsen(Status::no);
    report.add([&] { return show_rows ? row(done.name, outcome.sizes) : std::string(); },
               [&] { return record_of(done.name, outcome); });
  });
  for (const std::string& name : batch.repeated()) context.note(name + ": is another name of a file that was done");
  const bool show_summary = show_rows || options.destination.output.empty();
  return report.finish([&] { return show_summary ? summary.text() : std::string(); }, [&] { return summary.record(); });
}

}  // namespace

Command make_dedup_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "dedup";
  command.list("MODULE", "MODULE", options->modules, "Modules, directories or packages with modules", Complete::module)
      .required = true;
  command.value("-o,--output", "FILE", options->destination.output,
                "Write the module, changed and uncompressed, to FILE; `-`: to standard output");
  command.flag("--in-place", options->destination.in_place,
               "Replace each module atomically; it keeps its compression, mode and owner");
  command.value("--output-dir", "DIR", options->destination.directory,
                "Write the sections to DIR/NAME.BTF and, if they are there, DIR/NAME.BTF.base and DIR/NAME.BTF_ids",
                Complete::directory);
  command.flag("--dry-run", options->destination.dry_run, "Write nothing, print a table of sizes");
  command.flag("--strict", options->strict,
               "Take for the same only what cannot be told apart, whatever the order of the types");
  command.flag("--strip-signature", options->strip_signature, "Drop the signature of a signed module");
  command.run = [options](const Context& context) { return run_dedup(context, *options); };
  return command;
}

}  // namespace btfx

// distill: make split BTF resilient.
#include "transform/relocate/distill.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "btf/ids.h"
#include "cmd/cli/command.h"
#include "cmd/cli/output_options.h"
#include "emit/report/distill_report.h"
#include "inputs/module.h"
#include "run/batch/module_batch.h"
#include "run/outputs/module_output.h"
#include "transform/ids/renumber_ids.h"
#include "transform/merge/dedup_btf.h"
#include "transform/relocate/distill_check.h"
#include "transform/relocate/relocate.h"
#include "transform/relocate/relocation_report.h"

namespace btfx {

namespace {

struct DistillCommandOptions {
  std::vector<std::string> modules;
  ModuleDestination destination;
  bool dedup = false;
  bool sort = false;
  bool strip_signature = false;
  bool keep_ids = false;
  bool force = false;
};

using Outcome = Changed<DistilledModule>;

/// A module's BTF on its kernel.
struct ModuleOnBase {
  KernelPtr kernel;
  BtfPtr original;                                  // what `.BTF_ids` counts by
  BtfPtr split;                                     // to be distilled
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
  ModuleDistiller(const DistillCommandOptions& options, const GlobalOptions& global)
      : options_(options), base_(global.base), jobs_(global.jobs) {}

  void operator()(const Module& module, Outcome& outcome) const {
    outcome.module.is_signed = module.is_signed();
    if (module.relation() == Relation::standalone) {
      throw Error(ErrorCode::no_base, "is standalone BTF, which needs no base");
    }
    const bool is_distilled = module.relation() == Relation::distilled;
    if (is_distilled && !options_.force) return leave(module, outcome);
    ModuleOnBase ready = is_distilled ? load_distilled(module, outcome) : load_split(module, outcome);
    refuse_mixed_byte_orders(module, *ready.split);
    std::optional<BtfIds> ids = module.ids();
    if (options_.dedup) deduplicate(ready, outcome);
    std::vector<TypeId> keep;
    if (ids && options_.keep_ids) {
      for (const std::uint32_t word : ids->id_words()) {
        const std::optional<TypeId> id = ready.find(TypeId{ids->words()[word]});
        if (id && *id < ready.split->first_id()) keep.push_back(*id);
      }
    }
    // Now: everything is read.
    const Distilled distilled = distill(ready, keep, outcome);
    const Bytes new_ids = ids ? renumbered(std::move(*ids), ready, distilled, outcome) : Bytes();
    outcome.module.statistics = distilled.statistics;
    outcome.module.statistics.old_split_size = ready.split_size;
    // Now: all is known, and nothing written.
    if (outcome.module.refused() && !options_.force) return;
    outcome.output = write_sections(module, {distilled.split, distilled.base, new_ids}, options_.destination,
                                    options_.strip_signature);
  }

 private:
  /// Where nothing is written and nothing is in doubt, the result has no BTF.
  Distilled distill(const ModuleOnBase& ready, std::span<const TypeId> keep, Outcome& outcome) const {
    static thread_local Distiller distiller;  // its buffers serve all modules of a thread
    const RelocationTarget& base = ready.kernel->target();
    if (options_.destination.nowhere() && !options_.sort && !ready.split->has_long_strings()) {
      Distilled measured;
      static_cast<DistilledFacts&>(measured) = distiller.measure(*ready.split, keep);
      if (maps_back_plainly(measured.origins, base)) {
        append(outcome.module.findings, measured.findings);
        return measured;
      }
    }
    Distilled distilled = distiller.run(*ready.split, {.sort = options_.sort, .keep = keep});
    append(outcome.module.findings, distilled.findings);
    append(outcome.module.findings, check_distilled(distilled, base));
    return distilled;
  }

  /// A module that was distilled before stays as it is, and arrives where the result was to go.
  void leave(const Module& module, Outcome& outcome) const {
    const BtfPtr& split = module.as_it_is();
    const BtfPtr& base = split->base();
    outcome.module.was_distilled = true;
    outcome.module.findings.push_back({"distilled-already",
                                       "is distilled already, and left as it is (--force with -B distills it again)",
                                       {.section = ".BTF.base"}});
    const std::uint64_t size = split->blob().size();
    outcome.module.statistics = {
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

  /// Relocates by the kernel's rules, and reports what they let pass: it cannot be seen in the result.
  ModuleOnBase load_distilled(const Module& module, Outcome& outcome) const {
    if (!base_.given()) {
      throw Error(ErrorCode::no_base, "is distilled already: to distill it again, name the base with -B",
                  {.section = ".BTF.base"});
    }
    KernelPtr kernel = choose_kernel(module, base_, kernels_).kernel;
    RelocatedModule relocated = module.relocated_onto(*kernel);
    const RelocationReporter reporter(kernel->target(), nullptr, false, false);
    for (RelocationFinding& found : reporter.report(*relocated.original, relocated.relocation)) {
      outcome.module.findings.push_back(std::move(found.diagnostic));
    }
    return {std::move(kernel), std::move(relocated.original), std::move(relocated.split),
            std::move(relocated.relocation)};
  }

  void deduplicate(ModuleOnBase& ready, Outcome& outcome) const {
    static thread_local BtfDeduplicator deduplicator;
    DedupedBtf deduped = deduplicator.run(ready.split, ready.kernel->merge_base(jobs_));
    append(outcome.module.findings, std::move(deduped.findings));
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
    append(outcome.module.findings, std::move(result.findings));
    return result.section;
  }

  const DistillCommandOptions& options_;
  const BaseChoice& base_;
  unsigned jobs_;
  Kernels kernels_;
};

Status run_distill(const Context& context, const DistillCommandOptions& options) {
  return change_modules(context, options.destination, options.modules, ModuleDistiller(options, context.global),
                        distill_table(), distill_record,
                        DistillSummary(options.destination.nowhere(), options.force, options.strip_signature));
}

}  // namespace

Command make_distill_command() {
  const auto options = std::make_shared<DistillCommandOptions>();
  Command command;
  command.name = "distill";
  add_module_options(command, options->modules, options->destination, options->strip_signature,
                     "DIR/NAME.BTF, DIR/NAME.BTF.base and, if there is one, DIR/NAME.BTF_ids");
  command.flag("--dedup", options->dedup,
               "First drop the types that the base has already, as `btfx dedup` does, so that they need no relocation");
  command.flag("--sort", options->sort, "Sort named types by name, as kernel builds do since late 2025");
  command.flag("--keep-ids", options->keep_ids,
               "Keep base types that only .BTF_ids names, except functions, which a distilled base cannot hold");
  command.flag("--force", options->force,
               "Write even if the result does not relocate onto its own base, and distill distilled modules again");
  command.reports = [options] { return !options->destination.takes_stdout(); };
  command.run = [options](const Context& context) { return run_distill(context, *options); };
  return command;
}

}  // namespace btfx

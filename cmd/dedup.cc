// dedup: module BTF without what its base already has.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "btf/ids.h"
#include "cmd/cli/command.h"
#include "cmd/cli/output_options.h"
#include "emit/report/dedup_report.h"
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

struct DedupCommandOptions {
  std::vector<std::string> modules;
  ModuleDestination destination;
  bool strict = false;
  bool strip_signature = false;
};

using Outcome = Changed<DedupedModule>;

/// A module without its duplicates.
struct Deduped {
  BtfPtr original;       // what `.BTF_ids` counts by
  ModuleSections after;  // `.BTF.base` only where it changes
  std::function<std::optional<TypeId>(TypeId)> new_id;
  bool ids_are_final = true;  // and no kernel maps them
};

/// De-duplicates the modules of one invocation; used by many threads.
class ModuleDeduplicator {
 public:
  ModuleDeduplicator(const DedupCommandOptions& options, const GlobalOptions& global)
      : options_(options), base_(global.base), jobs_(global.jobs) {}

  void operator()(const Module& module, Outcome& outcome) const {
    outcome.module.is_signed = module.is_signed();
    outcome.module.relation = module.relation();
    Deduped deduped = deduplicate(module, outcome);
    const Btf& original = *deduped.original;
    refuse_mixed_byte_orders(module, original);
    outcome.module.is_unchanged =
        deduped.after.base.empty() && std::ranges::equal(original.blob().view(), deduped.after.btf.view());
    std::optional<BtfIds> ids = outcome.module.is_unchanged ? std::nullopt : module.ids();
    if (ids) {
      RenumberedIds renumbered = renumber_ids(std::move(*ids), original, deduped.new_id, {}, deduped.ids_are_final);
      append(outcome.module.findings, renumbered.findings);
      deduped.after.ids = std::move(renumbered.section);
    }
    // Now: all is known, and nothing written.
    if (!options_.destination.nowhere() && !outcome.module.refused()) write(module, deduped.after, outcome);
  }

 private:
  void write(const Module& module, ModuleSections& after, Outcome& outcome) const {
    // What stays as it is goes along where the sections stand by themselves.
    const auto complete = [&](Bytes& section, std::string_view name) {
      if (section.empty() && has_section(module.image(), name)) section = btf_section(module.image(), name);
    };
    if (!options_.destination.directory.empty()) {
      complete(after.base, ".BTF.base");
      complete(after.ids, BtfIds::section_name);
    }
    const bool in_place = options_.destination.in_place && module.image().has_place();
    if (in_place) outcome.module.file_before = size_of(module.image().path);
    outcome.output = outcome.module.is_unchanged
                         ? write_unchanged(module, after, options_.destination)
                         : write_sections(module, after, options_.destination, options_.strip_signature);
    if (in_place) outcome.module.file_after = size_of(module.image().path);
  }

  static std::uint64_t size_of(const std::string& path) {
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(path, failure);
    return failure ? 0 : size;
  }

  Deduped deduplicate(const Module& module, Outcome& outcome) const {
    if (module.relation() == Relation::standalone) return run(module.as_it_is(), nullptr, options_.strict, outcome);
    if (module.relation() == Relation::split) {
      const KernelPtr kernel = choose(module, outcome);
      return run(module.on(*kernel), kernel->merge_base(jobs_), options_.strict, outcome);
    }
    if (base_.given()) return distill_again(module, *choose(module, outcome), outcome);
    const BtfPtr& btf = module.as_it_is();
    Deduped deduped = run(btf, std::make_shared<const MergeBase>(btf->base()), true, outcome);
    deduped.ids_are_final = false;
    return deduped;
  }

  KernelPtr choose(const Module& module, Outcome& outcome) const {
    ChosenKernel chosen = choose_kernel(module, base_, kernels_);
    if (!chosen.note.empty()) outcome.notes.push_back(std::move(chosen.note));
    return std::move(chosen.kernel);
  }

  /// A distilled module is relocated onto the kernel, de-duplicated there, and distilled again.
  Deduped distill_again(const Module& module, const Kernel& kernel, Outcome& outcome) const {
    const auto relocated = std::make_shared<const RelocatedModule>(module.relocated_onto(kernel));
    const RelocationReporter reporter(kernel.target(), nullptr, false, false);
    for (RelocationFinding& found : reporter.report(*relocated->original, relocated->relocation)) {
      outcome.module.findings.push_back(std::move(found.diagnostic));
    }
    Deduped deduped = run(relocated->split, kernel.merge_base(jobs_), options_.strict, outcome);
    const BtfPtr split = Btf::parse(deduped.after.btf, kernel.btf(), relocated->original->pointer_size());
    static thread_local Distiller distiller;
    const auto distilled = std::make_shared<const Distilled>(distiller.run(*split));
    append(outcome.module.findings, distilled->findings);
    append(outcome.module.findings, check_distilled(*distilled, kernel.target()));
    const Btf& original = *relocated->original;
    const Bytes& old_base = original.base()->blob();
    outcome.module.sizes = {original.own_types(), split->own_types() + distilled->statistics.moved,
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

  Deduped run(const BtfPtr& btf, const MergeBasePtr& base, bool fixed_base, Outcome& outcome) const {
    static thread_local BtfDeduplicator deduplicator;  // keeps nothing but memory between two modules
    DedupedBtf deduped = deduplicator.run(btf, base, {.strict = options_.strict, .fixed_base = fixed_base});
    append(outcome.module.findings, deduped.findings);
    outcome.module.sizes = {btf->own_types(), deduped.types(), btf->blob().size(), deduped.btf.size()};
    const auto new_id = [btf, ids = std::make_shared<const DedupedIds>(std::move(deduped.ids))](TypeId id) {
      return btf->contains(id) ? std::optional(ids->find(id)) : std::nullopt;
    };
    return {btf, {std::move(deduped.btf), {}, {}}, new_id};
  }

  const DedupCommandOptions& options_;
  const BaseChoice& base_;
  unsigned jobs_;
  Kernels kernels_;
};

Status run_dedup(const Context& context, const DedupCommandOptions& options) {
  return change_modules(context, options.destination, options.modules, ModuleDeduplicator(options, context.global),
                        dedup_table(), dedup_record,
                        DedupSummary(options.destination.nowhere(), options.strip_signature));
}

}  // namespace

Command make_dedup_command() {
  const auto options = std::make_shared<DedupCommandOptions>();
  Command command;
  command.name = "dedup";
  add_module_options(command, options->modules, options->destination, options->strip_signature,
                     "DIR/NAME.BTF and, if they are there, DIR/NAME.BTF.base and DIR/NAME.BTF_ids");
  command.flag("--strict", options->strict, "Merge only types that cannot be told apart, whatever their order");
  command.reports = [options] { return !options->destination.takes_stdout(); };
  command.run = [options](const Context& context) { return run_dedup(context, *options); };
  return command;
}

}  // namespace btfx

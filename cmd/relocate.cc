// relocate: fit distilled split BTF to a kernel.
#include "transform/relocate/relocate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "base/attempt.h"
#include "base/batch.h"
#include "base/counted.h"
#include "base/screen.h"
#include "btf/ids.h"
#include "cmd/cli/command.h"
#include "emit/report/relocate_report.h"
#include "inputs/module.h"
#include "run/batch/batch_report.h"
#include "run/batch/module_batch.h"
#include "run/outputs/destination.h"
#include "run/outputs/module_output.h"
#include "transform/check/load_refusal.h"
#include "transform/ids/renumber_ids.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/growth.h"
#include "transform/relocate/relocation_report.h"

namespace btfx {

namespace {

struct RelocateCommandOptions {
  std::vector<std::string> modules;
  ModuleDestination destination;
  std::string from;
  bool strict = false;
};

/// What became of one module, and what to print about it.
struct Outcome {
  bool relocates = false;
  bool lacks_origin = false;                      // it is not distilled, and --from is not given
  bool has_errors = false, has_warnings = false;  // among the findings
  ModuleOutput output = {};
  std::string text = {};
  Record record = {};
};

/// A split BTF on its distilled base.
struct RelocatableModule {
  BtfPtr original;  // what `.BTF_ids` counts by
  BtfPtr split;
  std::optional<DistilledIds> ids = {};             // from original to split, when it was distilled just now
  std::optional<std::vector<TypeId>> origins = {};  // if `split` is a sketch, those of its base
};

/// Relocates the modules of one invocation; used by many threads.
class ModuleRelocator {
 public:
  ModuleRelocator(const GlobalOptions& global, const RelocateCommandOptions& options, const Screen& screen)
      : options_(options),
        json_(global.json),
        verbosity_(global.verbosity),
        screen_(screen),
        kernel_(read_bases(kernels_, global, options.from)),
        origin_(options.from.empty() ? nullptr : kernels_.get(options.from)),
        growth_(origin_ ? std::make_unique<GrowthFinder>(origin_->btf(), kernel_->btf(), global.jobs) : nullptr),
        links_(origin_ ? std::make_unique<NameLinks>(*origin_->btf(), *kernel_->btf()) : nullptr),
        notes_(verbosity_ > 0 || json_),
        reporter_(kernel_->target(), growth_.get(), options.strict, notes_) {}

  [[nodiscard]] const Kernel& kernel() const { return *kernel_; }

  void operator()(const Module& module, Outcome& outcome) const {
    const RelocatableModule ready = prepare(module, outcome);
    // Now: whatever it was before, it is split BTF on a distilled base. The buffers serve all modules of a thread.
    static thread_local Relocator relocator;
    const std::optional<LoadRefusal> refusal =
        refuse_before_mapping(module.image(), *ready.split, kernel_->check_base().profile(), *kernel_->btf());
    Relocation relocation;
    std::vector<RelocationFinding> findings;
    if (refusal) findings.push_back({refusal->finding, {}});
    if (!refuse_distilled_base(*ready.split->base())) {
      relocation = relocator.run(*ready.split, kernel_->target(),
                                 {.strict = options_.strict,
                                  .notes = notes_,
                                  .verdict_only = options_.destination.nowhere(),
                                  .origins = ready.origins ? &*ready.origins : nullptr,
                                  .links = ready.origins ? links_.get() : nullptr});
      std::ranges::move(reporter_.report(*ready.split, relocation), std::back_inserter(findings));
    }
    if (refusal) {
      relocation.kernel_failure = refusal->failure;
      if (options_.strict && relocation.succeeded()) {
        findings.front().diagnostic.judge(Severity::warning);
      } else {
        relocation.split = {};
        relocation.is_mapped = false;
      }
    }
    outcome.relocates = relocation.succeeded();
    if (outcome.relocates) {
      const Bytes ids = renumbered_ids(module, ready, relocation, findings);
      outcome.output = write_raw(module, {relocation.split, {}, ids}, options_.destination);
    }
    // Now: all is done but telling.
    const auto any = [&](Severity severity) {
      return std::ranges::any_of(findings,
                                 [&](const auto& finding) { return finding.diagnostic.severity == severity; });
    };
    outcome.has_errors = any(Severity::error);
    outcome.has_warnings = any(Severity::warning);
    RelocationAnswer answer =
        answer_of(*ready.split, *kernel_->btf(), relocation, std::move(findings), options_.strict, notes_);
    answer.module = module.name();
    answer.written = outcome.output.files.written;
    if (json_) {
      outcome.record = relocation_record(answer);
    } else {
      outcome.text = relocation_text(answer, verbosity_, screen_);
    }
  }

 private:
  /// The base to relocate onto, with an index of its names; meanwhile the origin is read, too, if there is one.
  static KernelPtr read_bases(const Kernels& kernels, const GlobalOptions& global, const std::string& from) {
    KernelPtr kernel;
    run_while(
        global.jobs,
        [&] {
          kernel = kernels.get(global.base.sources.front());
          static_cast<void>(kernel->btf()->names());
        },
        [&](const auto& /*done*/) {
          // A failure is kept, and reported where the origin is asked for.
          if (!from.empty()) static_cast<void>(optional_on_error([&] { return kernels.get(from); }));
        });
    return kernel;
  }

  RelocatableModule prepare(const Module& module, Outcome& outcome) const {
    if (module.relation() == Relation::distilled) return {module.as_it_is(), module.as_it_is()};
    if (!origin_) {
      outcome.lacks_origin = true;
      throw Error(ErrorCode::no_base, "has no .BTF.base: name the base it was built against with --from");
    }
    const BtfPtr original = module.on(*origin_);
    static thread_local Distiller distiller;
    // What is only looked at needs no strings of its own, unless their amount or a kernel's validation is the question.
    if (options_.destination.nowhere() && !original->has_long_strings() &&
        kernel_->check_base().profile().rules.relocates) {
      DistillSketch sketch = distiller.sketch(original);
      return {original, std::move(sketch.split), std::move(sketch.ids), std::move(sketch.origins)};
    }
    Distilled distilled = distiller.run(*original);
    BtfPtr split = parse_distilled(distilled);
    return {original, std::move(split), std::move(distilled.ids)};
  }

  /// The module's `.BTF_ids` for the target, or nothing.
  static Bytes renumbered_ids(const Module& module, const RelocatableModule& ready, const Relocation& relocation,
                              std::vector<RelocationFinding>& findings) {
    std::optional<BtfIds> ids = module.ids();
    if (!ids) return {};
    RenumberedIds renumbered = renumber_ids(std::move(*ids), *ready.original, [&](TypeId id) -> std::optional<TypeId> {
      const std::optional<TypeId> distilled = ready.ids ? ready.ids->find(id) : id;
      return distilled ? relocation.find(*distilled) : std::nullopt;
    });
    bool lost = false;
    for (Diagnostic& diagnostic : renumbered.findings) {
      lost = lost || diagnostic.severity == Severity::error;
      findings.push_back({std::move(diagnostic), {}});
    }
    return lost ? Bytes() : renumbered.section;
  }

  const RelocateCommandOptions& options_;
  bool json_;
  int verbosity_;
  Screen screen_;
  Kernels kernels_;
  KernelPtr kernel_;
  KernelPtr origin_;  // null without --from
  std::unique_ptr<GrowthFinder> growth_;
  std::unique_ptr<const NameLinks> links_;  // from the origin
  bool notes_;
  RelocationReporter reporter_;
};

/// The figures of a batch.
struct Figures {
  std::uint64_t modules = 0, relocate = 0, refused = 0, errors = 0, warnings = 0;
  std::uint64_t without_origin = 0;  // of the errors: not distilled, and --from is not given
  std::uint64_t places = 0;          // of the errors: directories and packages without modules

  void count(const Done<Outcome>& done) {
    ++modules;
    if (done.error) {
      ++errors;
      if (done.result.lacks_origin) ++without_origin;
      if (!done.is_module) ++places;
    } else {
      ++(done.result.relocates ? relocate : refused);
      if (done.result.has_warnings) ++warnings;
    }
  }
  /// `nowhere`: nothing but this report was asked for.
  [[nodiscard]] std::string text(bool nowhere) const {
    if (modules == places) return {};
    std::string text = fmt::format("{}: {}, {} not", counted(modules - places, "module"),
                                   counted(relocate, "relocates", "relocate"), counted(refused, "does", "do"));
    if (warnings != 0) text += fmt::format(", {} with warnings", warnings);
    if (without_origin != 0) {
      text += fmt::format(", {} without .BTF.base need{} --from", without_origin, without_origin == 1 ? "s" : "");
    }
    const std::uint64_t unread = errors - without_origin - places;
    if (unread != 0) text += fmt::format(", {} could not be read", unread);
    return text + (nowhere ? "; nothing was written\n" : "\n");
  }
  [[nodiscard]] Record record() const {
    return {
        {"modules", modules}, {"relocate", relocate}, {"refused", refused}, {"warnings", warnings}, {"errors", errors}};
  }
};

Status run_relocate(const Context& context, const RelocateCommandOptions& options) {
  const BaseChoice& base = context.global.base;
  if (!base.given() || base.sources.size() != 1) {
    throw Error(ErrorCode::usage, "needs the base to relocate onto: one -B");
  }
  refuse_clobbering("--output", options.destination.output, {std::span(&options.from, 1)});
  ModuleBatch batch(options.destination, options.modules, context);
  const ModuleRelocator work(context.global, options, context.screen());
  // Now: the bases are read and indexed, and the destination is sound.
  const Kernel& kernel = work.kernel();
  context.note(fmt::format("{}: {}", kernel.source(), kernel.check_base().profile().source));
  BatchReport report(context, "module", options.destination.takes_stdout());
  Figures summary;
  run_modules<Outcome>(batch, context, work, [&](Done<Outcome>&& done) {
    const Outcome& outcome = done.result;
    summary.count(done);
    if (done.error) return report.fail(done.name, *done.error);
    if (!outcome.relocates || outcome.has_errors) report.worsen(Status::no);
    report.finish_output(outcome.output);
    report.add(outcome.record, outcome.text);
  });
  return report.finish({summary.record(), summary.text(options.destination.nowhere())});
}

}  // namespace

Command make_relocate_command() {
  const auto options = std::make_shared<RelocateCommandOptions>();
  Command command;
  command.name = "relocate";
  command.list("MODULE", "MODULE", options->modules, "Modules, directories or packages with modules", Complete::module)
      .required = true;
  command.value("--from", "ORIGIN", options->from, "The base that the modules were built against", Complete::source);
  command.value("-o,--output", "FILE", options->destination.output,
                "Write the BTF of one module to FILE; `-`: standard output, without a report");
  command.value("--output-dir", "DIR", options->destination.directory,
                "Write DIR/NAME.BTF for each module, and DIR/NAME.BTF_ids if it has one", Complete::directory);
  command.flag("--dry-run", options->destination.dry_run, "Write nothing but the report");
  command.flag("--strict", options->strict, "Relocate by sound rules instead of the kernel's");
  command.reports = [options] { return !options->destination.takes_stdout(); };
  command.run = [options](const Context& context) { return run_relocate(context, *options); };
  return command;
}

}  // namespace btfx

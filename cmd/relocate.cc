// relocate: fit distilled split BTF to a kernel.
#include "transform/relocate/relocate.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/batch.h"
#include "base/memory_error.h"
#include "btf/ids.h"
#include "btf/load.h"
#include "cmd/cli/command.h"
#include "cmd/module_batch.h"
#include "cmd/outputs/destination.h"
#include "cmd/relocate_report.h"
#include "emit/report/json_results.h"
#include "transform/ids/renumber_ids.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/growth.h"
#include "transform/relocate/relocation_report.h"

namespace btfx {

namespace {

struct Options {
  std::vector<std::string> modules;
  ModuleDestination destination;
  std::string from;
  bool strict = false;
};

/// What became of one module, and what is to be printed about it.
struct Outcome {
  std::string module;
  std::optional<Error> error = {};
  bool relocates = false;
  bool has_errors = false, has_warnings = false;  // among the findings
  Sidecars files = {};                            // also where they are one file, and no sidecars
  std::string text = {};
  JsonRecord record = {};
};

/// A split BTF on its distilled base.
struct RelocatableModule {
  BtfPtr original;  // what `.BTF_ids` counts by
  BtfPtr split;
  std::optional<DistilledIds> ids = {};  // from original to split, when it was distilled just now
};

/// Relocates the modules of one invocation; used by many threads.
class ModuleRelocator {
 public:
  ModuleRelocator(const Context& context, const Options& options, const ModuleBatch& batch)
      : context_(context),
        options_(options),
        batch_(batch),
        target_(load_base(context.global.base.sources.front())),
        origin_(options.from.empty() ? nullptr : load_base(options.from)),
        growth_(origin_ ? std::make_unique<GrowthFinder>(origin_, target_.btf()) : nullptr),
        notes_(context.global.verbosity > 0 || context.global.json),
        reporter_(target_, growth_.get(), options.strict, notes_) {}

  Outcome operator()(ModuleItem&& item) const {
    Outcome outcome{.module = item.name};
    try {
      with_memory_as_error([&] { relocate(open_module(item), outcome); });
    } catch (const Error& error) {
      outcome.error = error.in(item.name);
      outcome.record = {{"module", outcome.module}, {"error", json_record(*outcome.error)}};
    }
    return outcome;
  }

 private:
  void relocate(const Image& image, Outcome& outcome) const {
    const RelocatableModule ready = prepare(image);
    // Now: whatever it was before, it is split BTF on a distilled base. The buffers serve all modules of a thread.
    static thread_local Relocator relocator;
    const Relocation relocation = relocator.run(*ready.split, target_, {.strict = options_.strict, .notes = notes_});
    std::vector<RelocationFinding> findings = reporter_.report(*ready.split, relocation);
    outcome.relocates = relocation.succeeded();
    if (outcome.relocates) {
      const Bytes ids = renumbered_ids(image, ready, relocation, findings);
      if (!options_.destination.nowhere()) outcome.files = write(outcome.module, relocation.split, ids);
    }
    // Now: all is done but telling.
    const auto any = [&](Severity severity) {
      return std::ranges::any_of(findings,
                                 [&](const auto& finding) { return finding.diagnostic.severity == severity; });
    };
    outcome.has_errors = any(Severity::error);
    outcome.has_warnings = any(Severity::warning);
    const RelocationAnswer answer{outcome.module, *ready.split,          *target_.btf(), relocation,
                                  findings,       outcome.files.written, options_.strict};
    if (context_.global.json) {
      outcome.record = relocation_record(answer);
    } else {
      outcome.text = relocation_text(answer, context_.global.verbosity);
    }
  }

  RelocatableModule prepare(const Image& image) const {
    if (relation_of(image) == Relation::distilled) {
      const BtfPtr split = load_btf(image, load_btf(image, nullptr, ".BTF.base"));
      return {split, split};
    }
    if (!origin_) {
      throw Error(ErrorCode::no_base, "has no .BTF.base: name the base it was built against with --from");
    }
    const BtfPtr original = parse_split(image, origin_);
    static thread_local Distiller distiller;
    Distilled distilled = distiller.run(*original);
    BtfPtr split = Btf::parse(distilled.split, Btf::parse(distilled.base));
    return {original, std::move(split), std::move(distilled.ids)};
  }

  /// The module's `.BTF_ids` for the target, or nothing.
  static Bytes renumbered_ids(const Image& image, const RelocatableModule& ready, const Relocation& relocation,
                              std::vector<RelocationFinding>& findings) {
    if (!image.elf) return {};
    std::optional<BtfIds> ids = BtfIds::read(*image.elf);
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

  Sidecars write(const std::string& module, const Bytes& split, const Bytes& ids) const {
    if (options_.destination.directory.empty()) {
      write_output(options_.destination.output, split, context_);
      return {.written = {options_.destination.output}, .left = {}};
    }
    return batch_.write_sidecars(module, split, Bytes(), ids);
  }

  const Context& context_;
  const Options& options_;
  const ModuleBatch& batch_;
  RelocationTarget target_;
  BtfPtr origin_;  // null without --from
  std::unique_ptr<GrowthFinder> growth_;
  bool notes_;
  RelocationReporter reporter_;
};

/// The figures of a batch.
struct Summary {
  std::uint64_t modules = 0, relocate = 0, refused = 0, errors = 0, warnings = 0;

  void count(const Outcome& outcome) {
    ++modules;
    if (outcome.error) {
      ++errors;
    } else {
      ++(outcome.relocates ? relocate : refused);
      if (outcome.has_warnings) ++warnings;
    }
  }
  [[nodiscard]] std::string text() const {
    std::string text = fmt::format("{} module{}: {} relocate{}, {} {} not", modules, modules == 1 ? "" : "s", relocate,
                                   relocate == 1 ? "s" : "", refused, refused == 1 ? "does" : "do");
    if (warnings != 0) text += fmt::format(", {} with warnings", warnings);
    if (errors != 0) text += fmt::format(", {} not readable", errors);
    return text + "\n";
  }
  [[nodiscard]] JsonRecord record() const {
    return {
        {"modules", modules}, {"relocate", relocate}, {"refused", refused}, {"warnings", warnings}, {"errors", errors}};
  }
};

Status run_relocate(const Context& context, const Options& options) {
  const BaseChoice& base = context.global.base;
  if (!base.given() || base.sources.size() != 1) {
    throw Error(ErrorCode::usage, "needs the base to relocate onto: one -B");
  }
  refuse_clobbering("--output", options.destination.output, {std::span(&options.from, 1)});
  ModuleBatch batch(options.destination, options.modules, context);
  const ModuleRelocator work(context, options, batch);
  // Now: the bases are read and indexed, and the destination is sound.
  Output& out = context.out;
  JsonResults json(out, context.global.pretty);
  BufferedOutput text(out);
  Summary summary;
  Status status = Status::yes;
  run_stream([&] { return batch.next(); }, context.global.jobs, work,
             [&](Outcome&& outcome) {
               if (outcome.error) {
                 text.flush();
                 context.error(*outcome.error);
                 status = Status::trouble;
               } else if (!outcome.relocates || outcome.has_errors) {
                 status = worst(status, Status::no);
               }
               if (!outcome.files.left.empty()) {
                 text.flush();
                 warn_of_left(outcome.files.left, context);
               }
               if (!options.destination.takes_stdout()) {
                 if (context.global.json) json.add(outcome.record);
                 text.write(outcome.text);
               }
               summary.count(outcome);
               context.messages.progress(static_cast<std::size_t>(summary.modules), batch.count());
             });
  context.messages.wipe();
  if (options.destination.takes_stdout()) return status;
  if (context.global.json) {
    json.finish(summary.record());
  } else {
    text.write(summary.text());
  }
  text.flush();
  return status;
}

}  // namespace

Command make_relocate_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "relocate";
  command.list("MODULE", "MODULE", options->modules, "Modules, directories or packages with modules", Complete::module)
      .required = true;
  command.value("--from", "ORIGIN", options->from, "The base that the modules were built against", Complete::source);
  command.value("-o,--output", "FILE", options->destination.output,
                "Write the BTF of one module to FILE; `-`: to standard output, and no report");
  command.value("--output-dir", "DIR", options->destination.directory,
                "Write DIR/NAME.BTF for each module, and DIR/NAME.BTF_ids if it has one", Complete::directory);
  command.flag("--dry-run", options->destination.dry_run, "Write nothing but the report");
  command.flag("--strict", options->strict, "Relocate by sound rules instead of the kernel's");
  command.run = [options](const Context& context) { return run_relocate(context, *options); };
  return command;
}

}  // namespace btfx

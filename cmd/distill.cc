// distill: make split BTF resilient.
#include "transform/relocate/distill.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/atomic_file.h"
#include "base/batch.h"
#include "base/memory_error.h"
#include "base/printable.h"
#include "btf/ids.h"
#include "btf/load.h"
#include "cmd/cli/command.h"
#include "cmd/module_batch.h"
#include "cmd/outputs/destination.h"
#include "emit/report/json_results.h"
#include "image/elf_writer.h"
#include "transform/ids/renumber_ids.h"
#include "transform/relocate/distill_check.h"
#include "transform/relocate/relocate.h"
#include "transform/relocate/relocation_report.h"

namespace btfx {

namespace {

struct Options {
  std::vector<std::string> modules;
  ModuleDestination destination;
  bool sort = false;
  bool strip_signature = false;
  bool keep_ids = false;
  bool force = false;
};

/// What became of one module.
struct Outcome {
  std::string module;
  std::optional<Error> error = {};
  std::optional<DistillStatistics> statistics = {};  // without error
  bool is_signed = false;
  bool was_distilled = false;  // and is left as it is
  Diagnostics findings = {};
  Sidecars files = {};  // also where they are one file, and no sidecars
  std::vector<std::string> notes = {};

  [[nodiscard]] bool refused() const {
    return std::ranges::any_of(findings, [](const Diagnostic& d) { return d.severity == Severity::error; });
  }
};

/// A module's BTF on a real base.
struct ModuleOnBase {
  BtfPtr original;                      // what `.BTF_ids` counts by
  BtfPtr split;                         // what is to be distilled
  std::optional<Relocation> relocated;  // from original to split, when the module was distilled already
  std::vector<std::string> notes = {};

  [[nodiscard]] std::optional<TypeId> find(TypeId id) const { return relocated ? relocated->find(id) : id; }
};

/// Distills the modules of one invocation; used by many threads.
class ModuleDistiller {
 public:
  ModuleDistiller(const Context& context, const Options& options, const ModuleBatch& batch)
      : context_(context), options_(options), batch_(batch), loader_(context.global.base) {}

  Outcome operator()(ModuleItem&& item) const {
    Outcome outcome{.module = item.name};
    try {
      with_memory_as_error([&] { distill(open_module(item), outcome); });
    } catch (const Error& error) {
      outcome.error = error.in(item.name);
    }
    return outcome;
  }

 private:
  void distill(const Image& image, Outcome& outcome) const {
    if (image.elf) outcome.is_signed = find_signature(image.content.view()).has_value();
    const Relation relation = relation_of(image);
    if (relation == Relation::standalone) {
      throw Error(ErrorCode::no_base, "is standalone BTF, which needs no base");
    }
    if (relation == Relation::distilled && !options_.force) return leave(image, outcome);
    const ModuleOnBase ready =
        relation == Relation::distilled ? load_distilled(image, outcome) : load_split(image, outcome);
    const ByteOrder order = ready.split->byte_order();
    if (image.elf && image.elf->byte_order() != order) {
      throw Error(ErrorCode::malformed,
                  fmt::format("BTF is {}-endian in a {}-endian file", to_string(order), to_string(other(order))),
                  {.section = ".BTF"});
    }
    std::optional<BtfIds> ids;
    if (image.elf) ids = BtfIds::read(*image.elf);
    std::vector<TypeId> keep;
    if (ids && options_.keep_ids) {
      for (const TypeId id : base_types_in(*ids, *ready.original)) keep.push_back(ready.find(id).value_or(void_id));
    }
    // Now: everything is read. The buffers of the distiller serve all modules of a thread.
    static thread_local Distiller distiller;
    const Distilled distilled = distiller.run(*ready.split, {.sort = options_.sort, .keep = keep});
    add(outcome, distilled.findings);
    add(outcome, checker(ready.split->base()).check(distilled));
    const Bytes new_ids = ids ? renumbered(std::move(*ids), ready, distilled, outcome) : Bytes();
    outcome.statistics = distilled.statistics;
    // Now: all is known, and nothing written.
    if (options_.destination.nowhere() || (outcome.refused() && !options_.force)) return;
    write(image, distilled, new_ids, outcome);
  }

  static void add(Outcome& outcome, const Diagnostics& findings) {
    outcome.findings.insert(outcome.findings.end(), findings.begin(), findings.end());
  }

  /// A module that was distilled before stays as it is, and arrives where the result was to go.
  void leave(const Image& image, Outcome& outcome) const {
    const BtfPtr base = load_btf(image, nullptr, ".BTF.base");
    const BtfPtr split = load_btf(image, base);
    outcome.was_distilled = true;
    outcome.findings.push_back({Severity::note,
                                "distilled-already",
                                "is distilled already, and left as it is (--force with -B distills it again)",
                                {.section = ".BTF.base"}});
    const std::uint64_t size = split->blob().size();
    outcome.statistics = {
        .distilled = base->own_types(), .old_split_size = size, .base_size = base->blob().size(), .split_size = size};
    if (options_.destination.nowhere() || options_.destination.in_place) return;
    if (options_.destination.directory.empty()) {
      write_output(options_.destination.output, image.content, context_);
      outcome.files.written.push_back(options_.destination.output);
    } else {
      const bool has_ids = has_section(image, BtfIds::section_name);
      const Bytes ids = has_ids ? btf_section(image, BtfIds::section_name) : Bytes();
      outcome.files = batch_.write_sidecars(outcome.module, split->blob(), base->blob(), ids);
    }
  }

  ModuleOnBase load_split(const Image& image, Outcome& outcome) const {
    const BaseChoice& choice = context_.global.base;
    BtfPtr base;
    if (choice.given()) {
      base = loader_.base(choice.sources.front());
    } else {
      LoadedBtf found = loader_.load(image);
      outcome.notes = std::move(found.notes);
      base = std::move(found.base);
    }
    BtfPtr split = parse_split(image, base);
    return {split, split, std::nullopt};
  }

  /// Relocates by the kernel's rules, and tells of what they let pass, which would not be seen again afterwards.
  ModuleOnBase load_distilled(const Image& image, Outcome& outcome) const {
    const BaseChoice& choice = context_.global.base;
    if (!choice.given()) {
      throw Error(ErrorCode::no_base, "is distilled already: to distill it again, name the base with -B",
                  {.section = ".BTF.base"});
    }
    const BtfPtr original = load_btf(image, load_btf(image, nullptr, ".BTF.base"));
    const BtfPtr base = loader_.base(choice.sources.front());
    const RelocationTarget& target = checker(base).target();
    Relocation relocation = Relocator().run(*original, target);
    if (!relocation.succeeded()) {
      throw Error(ErrorCode::refused,
                  fmt::format("does not relocate onto the given base: {}", relocation.kernel_failure->message),
                  {.section = ".BTF.base"});
    }
    for (RelocationFinding& found : RelocationReporter(target, nullptr, false, false).report(*original, relocation)) {
      outcome.findings.push_back(std::move(found.diagnostic));
    }
    BtfPtr split = Btf::parse(relocation.split, base, original->pointer_size());
    return {original, std::move(split), std::move(relocation)};
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

  const DistillChecker& checker(const BtfPtr& base) const {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<DistillChecker>& checker = checkers_[base.get()];
    if (!checker) checker = std::make_unique<DistillChecker>(base);
    return *checker;
  }

  void write(const Image& image, const Distilled& distilled, const Bytes& ids, Outcome& outcome) const {
    if (!options_.destination.directory.empty()) {
      outcome.files = batch_.write_sidecars(outcome.module, distilled.split, distilled.base, ids);
      return;
    }
    const Bytes module = changed_module(image, distilled, ids, outcome.is_signed);
    if (!options_.destination.in_place) {
      write_output(options_.destination.output, module, context_);
      outcome.files.written.push_back(options_.destination.output);
      return;
    }
    if (!image.has_place()) {
      throw Error(ErrorCode::refused, "is no file of its own, and so cannot be changed in place; use --output-dir");
    }
    const Bytes packed = rewrap(image, module);
    replace_file(image.path, packed.view());
    outcome.files.written.push_back(image.path);
  }

  [[nodiscard]] Bytes changed_module(const Image& image, const Distilled& distilled, const Bytes& ids,
                                     bool is_signed) const {
    if (!image.elf) {
      throw Error(ErrorCode::refused, "is raw BTF, which has no room for a second section; use --output-dir");
    }
    if (is_signed && !options_.strip_signature) {
      throw Error(ErrorCode::refused,
                  "is signed, and any change makes the signature wrong: use --strip-signature, and sign it again");
    }
    std::vector<SectionUpdate> updates{{".BTF", distilled.split}, {".BTF.base", distilled.base}};
    if (!ids.empty()) updates.push_back({".BTF_ids", ids});
    return update_sections(*image.elf, updates);
  }

  const Context& context_;
  const Options& options_;
  const ModuleBatch& batch_;
  BtfLoader loader_;
  mutable std::mutex mutex_;
  mutable std::map<const Btf*, std::unique_ptr<DistillChecker>> checkers_;
};

/// The figures of a batch: of what was written, or without a destination of what would be.
class Summary {
 public:
  explicit Summary(const Options& options) : options_(options) {}

  void count(const Outcome& outcome) {
    ++modules_;
    if (outcome.error) return void(++failed_);
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
    for (std::size_t i = 0; i < of_kind_.size(); ++i) of_kind_[i] += statistics.of_kind[i];
  }

  [[nodiscard]] std::string text() const {
    std::string text = fmt::format("{} module{}", modules_, modules_ == 1 ? "" : "s");
    if (distilled_ != modules_) {
      const bool nowhere = options_.destination.nowhere();
      text = fmt::format("{} of {} {}", distilled_, text, nowhere ? "can be distilled" : "distilled");
      if (already_ != 0)
        text += fmt::format(", {} {} already", already_,
                            nowhere ? (already_ == 1 ? "is" : "are") : (already_ == 1 ? "was" : "were"));
    }
    text += '\n';
    if (distilled_ == 0) return text;
    text += fmt::format(".BTF.base: mean {:.1f}, standard deviation {:.1f}, least {}, most {}, total {} bytes\n",
                        mean(), deviation(), least_, most_, total_);
    text += fmt::format(".BTF: {} -> {} bytes ({:+}), by types moved there from the base\n", before_, after_,
                        static_cast<std::int64_t>(after_ - before_));
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
  std::uint64_t least_ = 0, most_ = 0, total_ = 0, before_ = 0, after_ = 0;
  double squares_ = 0;
  std::array<std::uint64_t, known_kinds> of_kind_ = {};
};

JsonRecord record_of(const Outcome& outcome) {
  JsonRecord record{{"module", outcome.module}};
  if (outcome.error) {
    record["error"] = json_record(*outcome.error);
    return record;
  }
  const DistillStatistics& statistics = *outcome.statistics;
  record["btf_before"] = statistics.old_split_size;
  record["btf_after"] = statistics.split_size;
  record["base"] = statistics.base_size;
  record["distilled"] = statistics.distilled;
  record["moved"] = statistics.moved;
  record["signed"] = outcome.is_signed;
  record["already"] = outcome.was_distilled;
  record["findings"] = json_records(outcome.findings);
  record["written"] = outcome.files.written;
  return record;
}

std::string header() {
  return fmt::format("{:>9} {:>9} {:>9} {:>9} {:>7} {}\n", ".BTF", "NEW-.BTF", ".BTF.base", "DISTILLED", "MOVED",
                     "MODULE");
}

std::string row(const Outcome& outcome) {
  const DistillStatistics& statistics = *outcome.statistics;
  return fmt::format("{:>9} {:>9} {:>9} {:>9} {:>7} {}\n", statistics.old_split_size, statistics.split_size,
                     statistics.base_size, statistics.distilled, statistics.moved, printable(outcome.module));
}

Status run_distill(const Context& context, const Options& options) {
  ModuleBatch batch(options.destination, options.modules, context);
  const ModuleDistiller work(context, options, batch);
  // Now: the destination is sound, and nothing has been read but names.
  JsonResults json(context.out, context.global.pretty);
  BufferedOutput text(context.out);
  const bool show_rows = options.destination.nowhere() && !context.global.json;
  if (show_rows) text.write(header());
  Summary summary(options);
  Status status = Status::yes;
  std::size_t done = 0;
  run_stream([&] { return batch.next(); }, context.global.jobs, work,
             [&](Outcome&& outcome) {
               text.flush();
               for (const std::string& note : outcome.notes) context.note(fmt::format("{}: {}", outcome.module, note));
               if (outcome.error) {
                 context.error(*outcome.error);
                 status = Status::trouble;
               }
               for (Diagnostic finding : outcome.findings) {
                 finding.place.file = outcome.module;
                 if (finding.severity == Severity::note) {
                   context.messages.remark(fmt::format("{}: {}", to_string(finding.place), finding.text));
                 } else {
                   context.report(finding);
                 }
               }
               warn_of_left(outcome.files.left, context);
               if (outcome.refused()) status = worst(status, Status::no);
               if (show_rows && outcome.statistics) text.write(row(outcome));
               if (context.global.json && !options.destination.takes_stdout()) json.add(record_of(outcome));
               summary.count(outcome);
               context.messages.progress(++done, batch.count());
             });
  context.messages.wipe();
  for (const std::string& name : batch.repeated()) context.note(name + ": is another name of a file that was done");
  if (context.global.json && !options.destination.takes_stdout()) {
    json.finish(summary.record());
  } else if (options.destination.output.empty() || options.destination.nowhere()) {
    text.write(summary.text());
  }
  text.flush();
  return status;
}

}  // namespace

Command make_distill_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "distill";
  command.list("MODULE", "MODULE", options->modules, "Modules, directories or packages with modules", Complete::module)
      .required = true;
  command.value("-o,--output", "FILE", options->destination.output,
                "Write the module, changed and uncompressed, to FILE; `-`: to standard output");
  command.flag("--in-place", options->destination.in_place,
               "Replace each module atomically; it keeps its compression, mode and owner");
  command.value("--output-dir", "DIR", options->destination.directory,
                "Write the sections to DIR/NAME.BTF, DIR/NAME.BTF.base and, if there is one, DIR/NAME.BTF_ids",
                Complete::directory);
  command.flag("--dry-run", options->destination.dry_run, "Write nothing, print a table of sizes");
  command.flag("--sort", options->sort, "Sort named types by name, as the kernel's build does since late 2025");
  command.flag("--strip-signature", options->strip_signature, "Drop the signature of a signed module");
  command.flag("--keep-ids", options->keep_ids,
               "Keep the base types that only .BTF_ids names, but for functions, which a distilled base cannot hold");
  command.flag(
      "--force", options->force,
      "Write although the result does not relocate onto its own base; distill again what is distilled already");
  command.run = [options](const Context& context) { return run_distill(context, *options); };
  return command;
}

}  // namespace btfx

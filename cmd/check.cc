// check: would the kernel take it, and is it the right kernel?
#include "transform/check/check.h"

#include <elf.h>
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/atomic_file.h"
#include "base/attempt.h"
#include "base/batch.h"
#include "base/once.h"
#include "cmd/cli/command.h"
#include "cmd/cli/report_format.h"
#include "cmd/page_origin.h"
#include "emit/report/check_report.h"
#include "emit/report/matrix_page.h"
#include "image/kernel_config.h"
#include "image/modules.h"
#include "inputs/base_search.h"
#include "inputs/module.h"
#include "run/batch/batch_report.h"
#include "run/outputs/destination.h"

namespace btfx {

namespace {

struct CheckCommandOptions {
  std::vector<std::string> modules;
  std::string from, find_base, report;
  std::optional<std::uint64_t> bloat_threshold;  // bytes
  std::optional<ReportFormat> format;
  bool bloat = false, failed = false, require_btf = false;
};

constexpr std::uint64_t default_bloat_threshold = 4096;

/// A base that everything is checked on, and what to call it.
struct GivenBase {
  KernelPtr kernel;
  std::string name = kernel->name();
};

/// Two builds of a kernel may bear the same release: then it does not tell them apart.
void name_apart(std::vector<GivenBase>& bases) {
  for (GivenBase& given : bases) {
    const auto names_same = [&](const GivenBase& other) { return other.kernel->name() == given.kernel->name(); };
    if (std::ranges::count_if(bases, names_same) > 1)
      given.name = fmt::format("{} ({})", given.name, given.kernel->source());
  }
}

/// A base that was read, or why it could not be.
struct ReadBase {
  std::string source;
  KernelPtr kernel = {};
  std::optional<Error> error = {};
};

/// Reads bases, and takes them in their order.
template <typename Take>
void read_bases(const std::vector<std::string>& sources, unsigned jobs, const Kernels& kernels, Take&& take) {
  const auto read = [&](const std::string& source) {
    ReadBase base{.source = source};
    try {
      base.kernel = kernels.get(source);
    } catch (const Error& error) {
      base.error = error;
    }
    return base;
  };
  run_batch(sources, jobs, read, take);
}

/// The bases among the files of a directory that the modules may belong to.
std::vector<GivenBase> bases_below(const CheckCommandOptions& options, const Kernels& kernels, const Context& context) {
  BaseSearch search =
      search_bases(options.find_base, options.modules, context.global.jobs, kernels.paths(),
                   [&](std::size_t done, std::size_t total) { context.messages.progress(done, total); });
  context.messages.wipe();
  for (const Error& error : search.unusable) context.note(error.what());
  for (const Error& error : search.unread) context.note(error.what());
  if (!search.unread.empty()) {
    context.warn(fmt::format("{}: {} of what is below it could not be read, and may be the base{}", options.find_base,
                             search.unread.size(), context.global.verbosity > 0 ? "" : "; -v lists them"));
  }
  context.note(fmt::format("{}: looked at {} of {} files that may be kernels", options.find_base, search.looked_at,
                           search.candidates));
  std::vector<GivenBase> found;
  for (KernelPtr& kernel : search.kernels) found.push_back({std::move(kernel)});
  if (found.empty()) {
    throw Error(ErrorCode::no_btf, "directory has no kernel with BTF below it", {.file = options.find_base});
  }
  return found;
}

/// Whether it is a module without BTF: without the section, or with one of no bytes, which the kernel takes for none.
bool is_module_without_btf(const Image& image) {
  if (!image.elf || image.elf->file_type() != ET_REL || image.elf->find(".BTF.base") != nullptr) return false;
  const ElfSection* section = image.elf->find(".BTF");
  return section == nullptr || (section->size == 0 && section->type != SHT_NOBITS);
}

/// The checks of one invocation; used by many threads.
class ModuleChecker {
 public:
  ModuleChecker(const Context& context, const CheckCommandOptions& options) : choice_(context.global.base) {
    check_.all_findings = context.global.verbosity > 0 ||
                          report_format(context, options.format) != ReportFormat::text || !options.report.empty();
    check_.bloat = options.bloat || options.bloat_threshold;
    check_.jobs = context.global.jobs;
    check_.bloat_threshold = options.bloat_threshold.value_or(default_bloat_threshold);
    if (!options.from.empty()) check_.origin = &kernels_.get(options.from)->check_base();
    if (options.modules.empty()) return;  // the bases themselves are checked, and read when their turn comes
    if (!options.find_base.empty()) {
      given_ = bases_below(options, kernels_, context);
    } else if (context.global.base.given()) {
      read_bases(context.global.base.sources, context.global.jobs, kernels_,
                 [&](ReadBase&& read) { take(std::move(read), context); });
    }
    name_apart(given_);
  }

  [[nodiscard]] CheckColumns columns(const CheckCommandOptions& options) const {
    CheckColumns columns{.names = {},
                         .find_base = !options.find_base.empty(),
                         .require_btf = options.require_btf,
                         .bloat_threshold = options.bloat_threshold,
                         .unread = unread_};
    for (const GivenBase& given : given_) columns.names.push_back(given.name);
    return columns;
  }

  /// Whether bases were given, but not one that could be read.
  [[nodiscard]] bool has_no_base() const { return given_.empty() && !unread_.empty(); }

  void operator()(const ModuleItem& item, Checked& checked) const {
    Image image = open_module(item);
    if (is_module_without_btf(image)) {
      CheckResult without;
      without.outcome = CheckOutcome::no_btf;
      without.relation = Relation::standalone;
      for (const GivenBase& given : given_) checked.on.push_back({given.name, without});
      if (given_.empty()) checked.on.push_back({{}, without});
      return;
    }
    check(Module(std::move(image)), checked);
  }

  /// A base itself.
  void check_base(const std::string& source, Checked& checked) const {
    const Image image = read_base_source(source);
    checked.on.push_back({{}, check_standalone(image, release_of_base(image), check_)});
  }

 private:
  void check(const Module& module, Checked& checked) const {
    if (!given_.empty()) {
      for (const auto& [kernel, name] : given_) check_on(*kernel, name, module, checked);
    } else if (module.relation() == Relation::standalone) {
      checked.on.push_back({{}, check_standalone(module.image(), kernel_release(module.image()), check_)});
    } else {
      ChosenKernel chosen = choose_kernel(module, choice_, kernels_);
      check_on(*chosen.kernel, chosen.kernel->name(), module, checked);
      checked.on.back().found = std::move(chosen.note);
    }
  }

  void check_on(const Kernel& kernel, const std::string& name, const Module& module, Checked& checked) const {
    CheckResult result = check_module(module.image(), kernel.check_base(), check_);
    if (result.is_refused() && !result.is_bpf_object) {
      const std::string& config = config_that_allows(kernel);
      result.loads_without = !config.empty();
      if (result.loads_without) {
        result.findings.push_back(
            {"loads-without",
             fmt::format("the module loads without its BTF: the kernel is built with MODULE_ALLOW_BTF_MISMATCH ({})",
                         config)});
      }
    }
    checked.on.push_back({name, std::move(result)});
  }

  /// The configuration that makes a kernel load modules whose BTF it refuses; empty where there is none, or none says
  /// so.
  const std::string& config_that_allows(const Kernel& kernel) const {
    return configs_.get(&kernel, [&] {
      const std::optional<KernelConfig> config = optional_on_error([&] {
                                                   return find_kernel_config(kernel.source(), kernel.release());
                                                 }).value_or(std::nullopt);
      const bool allows = config && config_value(config->text, "CONFIG_MODULE_ALLOW_BTF_MISMATCH") == "y";
      return allows ? config->source : std::string();
    });
  }

  /// Takes a base that was given, each once; or says that it could not be read.
  void take(ReadBase&& read, const Context& context) {
    if (read.error) {
      context.error(*read.error);
      unread_.push_back({given_.size(), read.source, *read.error});
    } else if (std::ranges::find(given_, read.kernel, &GivenBase::kernel) == given_.end()) {
      given_.push_back({std::move(read.kernel)});
    }
  }

  const BaseChoice& choice_;
  CheckOptions check_;
  Kernels kernels_;
  std::vector<GivenBase> given_;
  mutable OncePerKey<const Kernel*, std::string> configs_;  // see config_that_allows()
  std::vector<CheckColumns::Unread> unread_;
};

/// Takes the answers in their order and writes them in the formats that are wanted.
class Writer {
 public:
  Writer(const Context& context, const CheckCommandOptions& options, CheckColumns columns)
      : context_(context),
        options_(options),
        format_(report_format(context, options.format)),
        columns_(std::move(columns)),
        report_(context, "module",
                format_ == ReportFormat::text   ? BatchReport::Results::text
                : format_ == ReportFormat::json ? BatchReport::Results::json
                                                : BatchReport::Results::none),
        page_(check_page(columns_, options.bloat || options.bloat_threshold)) {}

  void add(Done<Checked>&& done) {
    Checked& checked = done.result;
    checked.name = std::move(done.name);
    say_once(checked);
    if (done.error) {
      figures_.fail();
      report_.fail(checked.name, *done.error);
      if (wants_page()) page_.add(checked.name, check_cells(*done.error, columns_));
      return;
    }
    figures_.count(checked, columns_);
    list(checked);
    if (wants_page()) page_.add(checked.name, check_cells(checked, columns_), check_size(checked));
  }

  Status finish() {
    if (!columns_.unread.empty()) report_.worsen(Status::trouble);
    if (!figures_.all_good(columns_)) report_.worsen(Status::no);
    if (figures_.modules() == 1) show(good_, Reasons::whole);
    show(failed_, Reasons::whole);
    Summary summary{figures_.record(columns_)};
    const bool counts = figures_.modules() > 1 || options_.failed;
    for (const std::string& line :
         counts ? figures_.lines(columns_, is_verbose()) : figures_.bloat_lines(columns_, is_verbose())) {
      summary.text += line + "\n";
    }
    const Status status = report_.finish(summary);
    if (wants_page()) {
      const std::string page =
          page_.finish(page_origin(context_), figures_.answer(columns_), figures_.bloat_lines(columns_, true));
      if (format_ == ReportFormat::html) context_.out.write(page);
      if (!options_.report.empty()) replace_file(options_.report, as_bytes(page));
    }
    return status;
  }

 private:
  [[nodiscard]] bool wants_page() const { return format_ == ReportFormat::html || !options_.report.empty(); }

  [[nodiscard]] bool is_verbose() const { return context_.global.verbosity > 0; }

  /// Once for each base, and for each thing that has none.
  void say_once(const Checked& checked) {
    for (const auto& [base, result, found] : checked.on) {
      if (!found.empty() && said_.insert(base + found).second) context_.note(fmt::format("{}: {}", base, found));
      const std::string& whose = base.empty() ? checked.name : base;
      if (!result.rules.empty() && said_.insert(whose).second) {
        context_.note(fmt::format("{}: {}", whose, result.rules));
      }
    }
  }

  /// Shows the row of a module if it is to be seen: what is not good, and with -v all.
  void list(const Checked& checked) {
    const bool good = is_good(checked, columns_);
    if (good && options_.failed) return;
    const bool is_only_counted = format_ == ReportFormat::text && !is_verbose() && good && !columns_.find_base;
    if (is_only_counted && figures_.modules() > 1) return;
    const Record record = check_record(checked, columns_, is_verbose());
    if (format_ != ReportFormat::text || is_verbose()) {
      show({record}, Reasons::whole);
    } else if (!good) {
      failed_.push_back(record);
      // The reason of the only one is shown whole: only the next one, or the end, tells.
      if (failed_.size() > 1 || has_rows_) show(std::exchange(failed_, {}), Reasons::beginning);
    } else if (columns_.find_base) {
      // While all belong to the same kernels, the count says it.
      differ_ = differ_ || (!good_.empty() && good_.front().cell("fits") != record.cell("fits"));
      good_.push_back(record);
      if (differ_) show(std::exchange(good_, {}), Reasons::beginning);
    } else {
      good_.push_back(record);
    }
  }

  /// `reasons`: in the first rows that are shown, and then in all.
  void show(const std::vector<Record>& rows, Reasons reasons) {
    if (rows.empty()) return;
    if (!std::exchange(has_rows_, true)) report_.use(check_table(columns_, reasons), has_heads(columns_));
    for (const Record& row : rows) report_.add(row);
  }

  const Context& context_;
  const CheckCommandOptions& options_;
  ReportFormat format_;
  CheckColumns columns_;
  BatchReport report_;
  MatrixPage page_;
  CheckSummary figures_;
  std::set<std::string> said_;  // notes about bases
  std::vector<Record> failed_;  // that wait to be shown
  std::vector<Record> good_;    // that are shown if there is no other, or with --find-base if one differs
  bool has_rows_ = false, differ_ = false;
};

struct NamedSource {
  std::string name;
};

Status run_check(const Context& context, const CheckCommandOptions& options) {
  refuse_stdout("--report", options.report);
  if (!options.find_base.empty() && context.global.base.given()) {
    throw Error(ErrorCode::usage, "--find-base looks for the base itself: leave out -B");
  }
  if (options.modules.empty() && (!options.find_base.empty() || !context.global.base.given())) {
    throw Error(ErrorCode::usage, "nothing to check: name modules, or a base with -B");
  }
  refuse_clobbering("--report", options.report,
                    {options.modules, context.global.base.sources, std::span(&options.from, 1)});
  if (options.modules.empty()) {
    const ModuleChecker work(context, options);
    Writer writer(context, options, {});
    const auto check = [&](const NamedSource& source, Checked& checked) { work.check_base(source.name, checked); };
    std::size_t at = 0;
    const std::vector<std::string>& sources = context.global.base.sources;
    const auto next = [&] { return at < sources.size() ? std::optional(NamedSource{sources[at++]}) : std::nullopt; };
    run_items<Checked>(next, sources.size(), context, check,
                       [&](Done<Checked>&& done) { writer.add(std::move(done)); });
    return writer.finish();
  }
  const bool searches_base =
      !context.global.base.given() && !context.global.base.forbidden() && options.find_base.empty();
  ModuleStream stream(options.modules, {.need_base = searches_base, .has_base = context.global.base.given()});
  std::optional<ModuleChecker> work;
  run_while(
      context.global.jobs, [&] { work.emplace(context, options); },
      [&](const std::function<bool()>& done) { stream.read_ahead(done); });
  // Now: all bases are read, and shared by the threads from here on.
  Writer writer(context, options, work->columns(options));
  if (work->has_no_base()) return writer.finish();
  run_items<Checked>([&] { return stream.next(); }, progress_total(stream, context), context, *work,
                     [&](Done<Checked>&& done) { writer.add(std::move(done)); });
  return writer.finish();
}

}  // namespace

Command make_check_command() {
  const auto options = std::make_shared<CheckCommandOptions>();
  Command command;
  command.name = "check";
  command.list("MODULE", "MODULE", options->modules, "A module, directory or package", Complete::module);
  command.value("--from", "ORIGIN", options->from,
                "The base that the modules were built against: shows what differs, and whether distilling would help",
                Complete::source);
  command.value("--find-base", "DIR", options->find_base, "Find the kernels below DIR that each module belongs to",
                Complete::directory);
  add_format_option(command, options->format);
  command.value("--report", "FILE", options->report, "Also write an HTML page with all findings to FILE");
  command.flag("--failed", options->failed, "List only modules that are not ok; the counts cover all");
  command.flag("--bloat", options->bloat,
               "Also find types that `btfx dedup` would drop, and which of them cause most of it");
  command.flag("--require-btf", options->require_btf, "Say no when a module has no BTF");
  command.number("--bloat-threshold", "BYTES", options->bloat_threshold, 0, UINT32_MAX,
                 "Exit with 1 if repeated types take at least this many bytes; without it they are a warning from 4096 "
                 "bytes on; implies `--bloat`");
  command.several_bases = true;
  command.reports = [] { return true; };
  command.run = [options](const Context& context) { return run_check(context, *options); };
  return command;
}

}  // namespace btfx

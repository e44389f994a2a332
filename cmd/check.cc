// check: would the kernel take it, and is it the right kernel?
#include "transform/check/check.h"

#include <fmt/format.h>

#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "base/atomic_file.h"
#include "base/batch.h"
#include "base/memory_error.h"
#include "base/output.h"
#include "btf/load.h"
#include "cmd/check_report.h"
#include "cmd/cli/command.h"
#include "cmd/cli/report_format.h"
#include "cmd/outputs/destination.h"
#include "emit/report/json_results.h"
#include "emit/report/matrix_page.h"
#include "image/kernels.h"
#include "image/modules.h"

namespace btfx {

namespace {

struct Options {
  std::vector<std::string> modules;
  std::string from, find_base, report, bloat_threshold;
  std::optional<ReportFormat> format;
  bool bloat = false, failed = false;
};

constexpr std::uint64_t default_bloat_threshold = 4096;

/// The release of a base: what its image says, or for the running kernel's BTF what the system says.
std::string release_of(const Image& image) {
  std::string release = kernel_release(image);
  if (release.empty() && image.path.starts_with("/sys/kernel/btf/")) release = SearchPaths::system().running;
  return release;
}

std::shared_ptr<const CheckBase> load_check_base(const std::string& source) {
  const Image image = read_base_source(source);
  std::string release = release_of(image);
  return std::make_shared<const CheckBase>(release.empty() ? image.name : release, load_base(image), release);
}

/// Bases by their sources, each read once, by whoever needs it first.
class Bases {
 public:
  const CheckBase& get(const std::string& source) {
    Slot* slot = nullptr;
    {
      const std::lock_guard lock(mutex_);
      slot = &slots_[source];
    }
    std::call_once(slot->once, [&] {
      try {
        slot->base = with_memory_as_error([&] { return load_check_base(source); });
      } catch (const Error&) {
        slot->failure = std::current_exception();
      }
    });
    if (slot->failure) std::rethrow_exception(slot->failure);
    return *slot->base;
  }

 private:
  struct Slot {
    std::once_flag once;
    std::shared_ptr<const CheckBase> base;
    std::exception_ptr failure;
  };
  std::mutex mutex_;
  std::map<std::string, Slot> slots_;  // whose nodes stay where they are
};

/// A base that everything is checked on, and what to call it.
struct GivenBase {
  const CheckBase* base;
  std::string source, name = base->name();
};

/// Two builds of a kernel may bear the same release: then it does not tell them apart.
void name_apart(std::vector<GivenBase>& bases) {
  for (GivenBase& given : bases) {
    const auto names_same = [&](const GivenBase& other) { return other.base->name() == given.base->name(); };
    if (std::ranges::count_if(bases, names_same) > 1) given.name = fmt::format("{} ({})", given.name, given.source);
  }
}

/// The bases among the files of a directory, each kernel once.
std::vector<GivenBase> bases_below(const std::string& directory, Bases& bases, const Context& context) {
  const std::vector<std::string> sources = kernel_sources_below(directory);
  std::vector<GivenBase> found;
  struct Read {
    const std::string& source;
    const CheckBase* base;
    std::string failure;
  };
  run_batch(
      sources, context.global.jobs,
      [&](const std::string& source) -> Read {
        try {
          return {source, &bases.get(source), {}};
        } catch (const Error& error) {
          return {source, nullptr, error.in(source).what()};
        }
      },
      [&](Read&& read) {
        if (read.base == nullptr) return context.note(read.failure);
        const Btf& btf = *read.base->btf();
        const auto is_same = [&](const GivenBase& other) {
          return std::ranges::equal(other.base->btf()->own_words(), btf.own_words()) &&
                 other.base->btf()->own_strings() == btf.own_strings();
        };
        if (std::ranges::none_of(found, is_same)) found.push_back({read.base, read.source});
      });
  if (found.empty()) throw Error(ErrorCode::no_btf, "directory has no kernel with BTF below it", {.file = directory});
  return found;
}

/// The checks of one invocation; used by many threads.
class ModuleChecker {
 public:
  ModuleChecker(const Context& context, const Options& options) : context_(context) {
    check_.all_findings = context.global.verbosity > 0 ||
                          report_format(context, options.format) != ReportFormat::text || !options.report.empty();
    check_.bloat = options.bloat || !options.bloat_threshold.empty();
    check_.bloat_threshold = default_bloat_threshold;
    if (!options.bloat_threshold.empty()) {
      const auto bytes = parse_number(options.bloat_threshold, 0, UINT32_MAX);
      if (!bytes) {
        throw Error(ErrorCode::usage, fmt::format("--bloat-threshold: '{}' is no number", options.bloat_threshold));
      }
      check_.bloat_threshold = *bytes;
    }
    if (!options.from.empty()) check_.origin = &bases_.get(options.from);
    if (!options.find_base.empty()) {
      given_ = bases_below(options.find_base, bases_, context);
    } else if (context.global.base.given()) {
      run_batch(
          context.global.base.sources, context.global.jobs,
          [&](const std::string& source) -> std::variant<GivenBase, CheckColumns::Unread> {
            try {
              return GivenBase{&bases_.get(source), source};
            } catch (const Error& error) {
              return CheckColumns::Unread{0, source, error.in(source)};
            }
          },
          [&](std::variant<GivenBase, CheckColumns::Unread>&& read) { take(std::move(read)); });
    }
    name_apart(given_);
  }

  [[nodiscard]] CheckColumns columns(bool find_base) const {
    CheckColumns columns{.names = {}, .find_base = find_base, .unread = unread_};
    for (const GivenBase& given : given_) columns.names.push_back(given.name);
    return columns;
  }

  /// Whether bases were given, but not one that could be read.
  [[nodiscard]] bool has_no_base() const { return given_.empty() && !unread_.empty(); }

  Checked operator()(ModuleItem&& item) {
    Checked checked{.name = item.name};
    try {
      with_memory_as_error([&] { check(open_module(item), checked); });
    } catch (const Error& error) {
      checked.error = error.in(item.name);
    }
    return checked;
  }

  /// A base itself.
  Checked check_base(const std::string& source) const {
    Checked checked{.name = source};
    try {
      with_memory_as_error([&] {
        const Image image = read_base_source(source);
        checked.on.push_back({{}, check_standalone(image, KernelRules::of_release(release_of(image)), check_)});
      });
    } catch (const Error& error) {
      checked.error = error.in(source);
    }
    return checked;
  }

 private:
  /// Takes a base that was given, each once; or says that it could not be read.
  void take(std::variant<GivenBase, CheckColumns::Unread>&& read) {
    if (auto* given = std::get_if<GivenBase>(&read)) {
      const bool is_new = std::ranges::find(given_, given->base, &GivenBase::base) == given_.end();
      if (is_new) given_.push_back(std::move(*given));
      return;
    }
    auto& unread = std::get<CheckColumns::Unread>(read);
    context_.error(unread.error);
    unread.column = given_.size();
    unread_.push_back(std::move(unread));
  }

  void check(const Image& image, Checked& checked) {
    if (!given_.empty()) {
      for (const auto& [base, source, name] : given_) {
        checked.on.push_back({name, check_module(image, *base, check_)});
      }
      return;
    }
    if (relation_of(image) == Relation::standalone) {
      checked.on.push_back({{}, check_standalone(image, {}, check_)});
      return;
    }
    if (context_.global.base.forbidden()) {
      throw Error(ErrorCode::no_base,
                  fmt::format("is {} BTF, and -B none forbids looking for its base", to_string(relation_of(image))),
                  {.file = image.name});
    }
    const std::optional<FoundBase> found = find_base(image);
    if (!found) {
      const std::string release = kernel_release(image);
      const std::string whose = release.empty() ? "its base" : fmt::format("the vmlinux of {} that it names", release);
      throw Error(ErrorCode::no_base, whose + " was not found: give it with -B", {.file = image.name});
    }
    const CheckBase& base = bases_.get(found->source);
    checked.on.push_back({base.name(), check_module(image, base, check_)});
  }

  const Context& context_;
  CheckOptions check_;
  Bases bases_;
  std::vector<GivenBase> given_;
  std::vector<CheckColumns::Unread> unread_;
};

/// Takes the answers in their order and writes them in the formats that are wanted.
class Writer {
 public:
  Writer(const Context& context, const Options& options, CheckColumns columns)
      : context_(context),
        options_(options),
        format_(report_format(context, options.format)),
        columns_(std::move(columns)),
        text_(context.out),
        json_(context.out, context.global.pretty),
        page_("BTF check", columns_.find_base ? "Which kernel each module belongs to" : "Would the kernel take it?",
              "module", columns_.names.empty() ? std::vector<std::string>{"verdict"} : columns_.names) {
    if (format_ == ReportFormat::text) text_.write(check_heads(columns_));
  }

  void add(const Checked& checked) {
    summary_.count(checked, columns_);
    if (checked.error) {
      text_.flush();
      context_.error(*checked.error);
    }
    const bool is_left_out = options_.failed && is_good(checked, columns_);
    if (format_ == ReportFormat::json && !is_left_out) {
      json_.add(check_record(checked, columns_));
    } else if (format_ == ReportFormat::text && !checked.error && !is_left_out) {
      text_.write(check_text(checked, columns_, context_.global.verbosity > 0));
      if (context_.out_is_terminal) text_.flush();
    }
    if (wants_page()) add_to_page(checked);
  }

  Status finish() {
    const std::vector<std::string> lines = summary_.lines(columns_);
    if (format_ == ReportFormat::json) {
      json_.finish(summary_.record(columns_));
    } else if (format_ == ReportFormat::text) {
      if (summary_.modules() > 1 || options_.failed) {
        for (const std::string& line : lines) text_.write(line + "\n");
      }
      text_.flush();
    }
    if (wants_page()) {
      const std::string page = page_.finish(summary_.answer(columns_));
      if (format_ == ReportFormat::html) context_.out.write(page);
      if (!options_.report.empty()) replace_file(options_.report, as_bytes(page));
    }
    if (summary_.errors() != 0 || !columns_.unread.empty()) return Status::trouble;
    return summary_.all_good() ? Status::yes : Status::no;
  }

  [[nodiscard]] std::size_t done() const { return summary_.modules(); }

 private:
  [[nodiscard]] bool wants_page() const { return format_ == ReportFormat::html || !options_.report.empty(); }

  void add_to_page(const Checked& checked) {
    if (checked.error) {
      const MatrixCell failed{VerdictLook::odd, "not checked", {checked.error->what()}};
      return page_.add(checked.name, std::vector(std::max<std::size_t>(columns_.names.size(), 1), failed));
    }
    // Among kernels that are searched for the right one, being another is no fault.
    const VerdictLook other =
        columns_.find_base && !fitting_bases(checked).empty() ? VerdictLook::none : VerdictLook::bad;
    std::vector<MatrixCell> cells;
    for (const CheckedOn& on : checked.on) {
      const VerdictLook look = on.result.outcome == CheckOutcome::ok ? VerdictLook::good : other;
      cells.push_back({look, verdict_of(on.result), details_of(on.result)});
    }
    page_.add(checked.name, cells);
  }

  const Context& context_;
  const Options& options_;
  ReportFormat format_;
  CheckColumns columns_;
  BufferedOutput text_;
  JsonResults json_;
  MatrixPage page_;
  CheckSummary summary_;
};

Status run_check(const Context& context, const Options& options) {
  refuse_stdout("--report", options.report);
  if (!options.find_base.empty() && context.global.base.given()) {
    throw Error(ErrorCode::usage, "--find-base looks for the base itself: leave out -B");
  }
  if (options.modules.empty() && (!options.find_base.empty() || !context.global.base.given())) {
    throw Error(ErrorCode::usage, "nothing to check: name modules, or a base with -B");
  }
  refuse_clobbering("--report", options.report,
                    {options.modules, context.global.base.sources, std::span(&options.from, 1)});
  ModuleChecker work(context, options);
  // Now: all bases are read, and shared by the threads from here on.
  if (options.modules.empty()) {
    Writer writer(context, options, {});
    run_batch(
        context.global.base.sources, context.global.jobs,
        [&](const std::string& source) { return work.check_base(source); },
        [&](Checked&& checked) { writer.add(checked); });
    return writer.finish();
  }
  Writer writer(context, options, work.columns(!options.find_base.empty()));
  if (work.has_no_base()) return writer.finish();
  ModuleStream stream(options.modules);
  const std::optional<std::size_t> total = stream.count();
  run_stream([&] { return stream.next(); }, context.global.jobs,
             [&](ModuleItem&& item) { return work(std::move(item)); },
             [&](Checked&& checked) {
               writer.add(checked);
               context.messages.progress(writer.done(), total);
             });
  context.messages.wipe();
  return writer.finish();
}

}  // namespace

Command make_check_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "check";
  command.list("MODULE", "MODULE", options->modules, "A module, directory or package", Complete::module);
  command.value(
      "--from", "ORIGIN", options->from,
      "The base that the modules were built against: tells where it differs, and whether distilling would help",
      Complete::source);
  command.value("--find-base", "DIR", options->find_base, "Tell which of the kernels below DIR each module belongs to",
                Complete::directory);
  add_format_option(command, options->format);
  command.value("--report", "FILE", options->report, "Also write an HTML page with all findings to FILE");
  command.flag("--failed", options->failed, "List only what is not ok; the counts are those of everything");
  command.flag("--bloat", options->bloat, "Also look for types that repeat the base's, and what kept them apart");
  command.value("--bloat-threshold", "BYTES", options->bloat_threshold,
                "Warn of repeated types from so many bytes on; default: 4096. Implies `--bloat`", Complete::nothing);
  command.several_bases = true;
  command.run = [options](const Context& context) { return run_check(context, *options); };
  return command;
}

}  // namespace btfx

// core: will a BPF object load, and what will its accesses become?
#include "transform/co_re/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/atomic_file.h"
#include "base/batch.h"
#include "base/bytes.h"
#include "base/error.h"
#include "cmd/cli/command.h"
#include "cmd/cli/report_format.h"
#include "cmd/page_origin.h"
#include "emit/report/co_re_page.h"
#include "emit/report/co_re_report.h"
#include "results/co_re.h"
#include "run/outputs/co_re_minimal_files.h"
#include "run/outputs/destination.h"
#include "run/reading/co_re_kernels.h"
#include "run/reading/co_re_objects.h"

namespace btfx {

namespace {

struct CoreCommandOptions {
  std::vector<std::string> objects, modules;
  std::string minimal, report, config;
  std::optional<ReportFormat> format;
  bool search_all = false, strict = false, failed = false, summary = false;
};

/// Adds the answers on some kernels, of which nothing is kept. Each worker takes one object on one kernel; the first to
/// meet a kernel indexes its names.
void resolve_all(CoreMatrix& matrix, const std::vector<CoreKernel>& kernels, const CoreCommandOptions& options,
                 const Context& context) {
  struct Task {
    std::size_t object, kernel;
  };
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    for (std::size_t k = 0; k < kernels.size(); ++k) tasks.push_back({i, k});
  }
  run_batch(
      tasks, context.global.jobs,
      [&](const Task& task) {
        CoreAnswer answer =
            resolve_core(matrix.objects[task.object], kernels[task.kernel], {.search_all = options.search_all});
        answer.forget_kernel();
        return std::pair(task.object, std::move(answer));
      },
      [&](std::pair<std::size_t, CoreAnswer>&& answer) {
        matrix.answers[answer.first].push_back(std::move(answer.second));
      });
  for (const CoreKernel& kernel : kernels) matrix.kernels.push_back(kernel.column());
}

/// Adds the minimal BTFs of some kernels.
void minimise_all(const CoreMatrix& matrix, const std::vector<CoreKernel>& kernels, const Context& context,
                  std::vector<CoreMinimal>& minimal) {
  if (std::ranges::any_of(matrix.objects, [](const CoreObject& object) { return object.error.has_value(); })) return;
  run_batch(
      kernels, context.global.jobs, [&](const CoreKernel& kernel) { return make_core_minimal(matrix.objects, kernel); },
      [&](CoreMinimal&& made) { minimal.push_back(std::move(made)); });
}

/// What the answers mean for the exit status.
Status status_of(const CoreMatrix& matrix, bool strict) {
  Status status = matrix.unread.empty() ? Status::yes : Status::trouble;
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    const CoreObject& object = matrix.objects[i];
    if (object.error) status = worst(status, Status::trouble);
    const bool is_senseless = std::ranges::any_of(object.relocations, [&](const CoreRelocation& relocation) {
      return relocation.reason != CoreReason::none && !object.programs[relocation.program].is_optional();
    });
    const bool fails = std::ranges::any_of(matrix.answers[i], [&](const CoreAnswer& answer) {
      if (answer.load() == CoreLoad::fails) return true;
      return strict && (!answer.loads() || answer.warnings != 0 || answer.unattached != 0);
    });
    if (is_senseless || fails) status = worst(status, Status::no);
  }
  return status;
}

/// What makes no sense, told before anything is read.
void check_usage(const CoreCommandOptions& options, const Context& context) {
  const bool has_kernels = context.global.base.given();
  const ReportFormat format = report_format(context, options.format);
  if (!options.modules.empty() && !has_kernels) {
    throw Error(ErrorCode::usage, "--modules needs the kernel that they belong to: name it with -B");
  }
  if ((format == ReportFormat::html || !options.report.empty()) && !has_kernels) {
    throw Error(ErrorCode::usage, "an HTML page has a column for each kernel: name some with -B");
  }
  if (!options.config.empty() && !has_kernels) {
    throw Error(ErrorCode::usage, "--kconfig needs the kernel that it belongs to: name it with -B");
  }
  if (!options.minimal.empty() && !has_kernels) {
    throw Error(ErrorCode::usage, "--minimal needs a kernel to take the types from: name it with -B");
  }
}

/// Refuses to write over what is read.
void check_outputs(const CoreCommandOptions& options, const std::vector<std::string>& minimal_files,
                   const Context& context) {
  std::vector<std::pair<std::string, std::string>> outputs{{"--report", options.report}};
  for (const std::string& file : minimal_files) outputs.emplace_back("--minimal", file);
  std::vector<std::string> inputs = options.objects;
  for (const auto& more : {options.modules, context.global.base.sources}) {
    inputs.insert(inputs.end(), more.begin(), more.end());
  }
  refuse_stdout("--report", options.report);
  refuse_clobbering(outputs, inputs);
}

Status run_core(const Context& context, const CoreCommandOptions& options) {
  check_usage(options, context);
  check_outputs(options, {options.minimal}, context);
  CoreMatrix matrix;
  matrix.objects = read_core_objects(options.objects, context);
  matrix.answers.resize(matrix.objects.size());
  CoreKernels kernels({options.modules, options.config, options.search_all}, matrix.objects, context);
  std::vector<CoreMinimal> minimal;
  kernels.for_each([&](const std::vector<CoreKernel>& group) {
    resolve_all(matrix, group, options, context);
    if (!options.minimal.empty()) minimise_all(matrix, group, context, minimal);
  });
  matrix.unread = kernels.unread();
  std::vector<std::string> minimal_files;
  if (!options.minimal.empty()) {
    minimal_files = core_minimal_files(options.minimal, matrix.kernels, kernels.given() > 1);
    check_outputs(options, minimal_files, context);
  }

  if (!options.report.empty()) replace_file(options.report, as_bytes(core_page(matrix, page_origin(context))));
  switch (report_format(context, options.format)) {
    case ReportFormat::json:
      write_core_json(matrix, context.out, context.global.pretty);
      break;
    case ReportFormat::text:
      context.out.write(core_text(
          matrix, {.details = context.global.verbosity > 0, .failed = options.failed, .summary = options.summary}));
      break;
    case ReportFormat::html:
      context.out.write(core_page(matrix, page_origin(context)));
      break;
  }
  Status status = status_of(matrix, options.strict);
  if (!minimal_files.empty()) {
    status = worst(status, write_core_minimal(minimal_files, matrix, minimal, context));
  }
  return status;
}

}  // namespace

Command make_core_command() {
  const auto options = std::make_shared<CoreCommandOptions>();
  Command command;
  command.name = "core";
  command
      .list("OBJECT", "OBJECT", options->objects,
            "A BPF object: an ELF file with .BTF and .BTF.ext, a program that holds some, or a directory, package or "
            "archive (.a) of such. Give it before `--modules`, which takes all arguments up to the next option")
      .required = true;
  command
      .list("--modules", "MODULE...", options->modules,
            "Modules of the kernels, or directories or packages of modules, up to the next option", Complete::module)
      .greedy = true;
  command.value("--kconfig", "FILE", options->config,
                "Take FILE for the configuration of the kernels, in place of the one beside or inside each");
  command.flag("--search-all", options->search_all,
               "Search further than libbpf does, and mark results that differ from those of libbpf");
  command.flag("--strict", options->strict,
               "Exit with 1 also for warnings, for what may not load, and for programs without a target");
  command.flag("--failed", options->failed, "Show only what fails or may fail, and warnings");
  command.flag("--summary", options->summary, "Show only which objects load on which kernels");
  add_format_option(command, options->format);
  command.value("--minimal", "FILE", options->minimal,
                "Write the smallest BTF that serves the objects; for several kernels, one FILE/KERNEL.btf each");
  command.value("--report", "FILE", options->report, "Also write an HTML page with all details to FILE");
  command.several_bases = true;
  command.reports = [] { return true; };
  command.run = [options](const Context& context) { return run_core(context, *options); };
  return command;
}

}  // namespace btfx

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
#include "base/memory_error.h"
#include "btf/bpf_object.h"
#include "btf/load.h"
#include "cmd/cli/command.h"
#include "cmd/cli/report_format.h"
#include "cmd/co_re_kernels.h"
#include "cmd/outputs/co_re_minimal_files.h"
#include "cmd/outputs/destination.h"
#include "emit/report/co_re_page.h"
#include "emit/report/co_re_report.h"
#include "image/image.h"
#include "results/co_re.h"

namespace btfx {

namespace {

struct Options {
  std::vector<std::string> objects, modules;
  std::string minimal, report;
  std::optional<ReportFormat> format;
  bool search_all = false, strict = false;
};

/// Reads the objects; one that cannot be read is told of, and stays as its error.
std::vector<CoreObject> read_objects(const Options& options, const Context& context) {
  std::vector<CoreObject> objects;
  run_batch(
      options.objects, context.global.jobs,
      [](const std::string& source) -> CoreObject {
        try {
          return with_memory_as_error([&] { return read_core_object(read_bpf_object(read_source(source))); });
        } catch (const Error& error) {
          return {.name = source, .error = error.in(source)};
        }
      },
      [&](CoreObject&& object) {
        if (object.error) context.error(*object.error);
        for (Diagnostic finding : object.findings) {
          finding.place.file = object.name;
          context.report(finding);
        }
        objects.push_back(std::move(object));
      });
  return objects;
}

/// Fills in the answers. Each worker takes one object on one kernel; the first to meet a kernel indexes its names.
void resolve_all(CoreMatrix& matrix, const std::vector<CoreKernel>& kernels, const Options& options,
                 const Context& context) {
  struct Task {
    std::size_t object, kernel;
  };
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < matrix.objects.size(); ++i) {
    for (std::size_t k = 0; k < kernels.size(); ++k) tasks.push_back({i, k});
  }
  matrix.answers.resize(matrix.objects.size());
  run_batch(
      tasks, context.global.jobs,
      [&](const Task& task) {
        return std::pair(task.object, resolve_core(matrix.objects[task.object], kernels[task.kernel],
                                                   {.search_all = options.search_all}));
      },
      [&](std::pair<std::size_t, CoreAnswer>&& answer) {
        matrix.answers[answer.first].push_back(std::move(answer.second));
      });
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
      return answer.failures != 0 || (strict && (answer.unguarded != 0 || answer.warnings != 0));
    });
    if (is_senseless || fails) status = worst(status, Status::no);
  }
  return status;
}

/// What makes no sense, told before anything is read.
void check_usage(const Options& options, const Context& context) {
  const bool has_kernels = context.global.base.given();
  const ReportFormat format = report_format(context, options.format);
  if (!options.modules.empty() && !has_kernels) {
    throw Error(ErrorCode::usage, "--modules needs the kernel that they belong to: name it with -B");
  }
  if ((format == ReportFormat::html || !options.report.empty()) && !has_kernels) {
    throw Error(ErrorCode::usage, "an HTML page has a column for each kernel: name some with -B");
  }
  if (!options.minimal.empty() && !has_kernels) {
    throw Error(ErrorCode::usage, "--minimal needs a kernel to take the types from: name it with -B");
  }
}

/// Refuses to write over what is read.
void check_outputs(const Options& options, const std::vector<std::string>& minimal_files, const Context& context) {
  std::vector<std::pair<std::string, std::string>> outputs{{"--report", options.report}};
  for (const std::string& file : minimal_files) outputs.emplace_back("--minimal", file);
  std::vector<std::string> inputs = options.objects;
  for (const auto& more : {options.modules, context.global.base.sources}) {
    inputs.insert(inputs.end(), more.begin(), more.end());
  }
  refuse_stdout("--report", options.report);
  refuse_clobbering(outputs, inputs);
}

Status run_core(const Context& context, const Options& options) {
  check_usage(options, context);
  check_outputs(options, {options.minimal}, context);
  CoreMatrix matrix;
  matrix.objects = read_objects(options, context);
  const CoreKernels kernels(options.modules, matrix.objects, options.search_all, context);
  matrix.unread = kernels.unread();
  std::vector<std::string> minimal_files;
  if (!options.minimal.empty()) {
    minimal_files = core_minimal_files(options.minimal, kernels.all(), kernels.given() > 1);
    check_outputs(options, minimal_files, context);
  }
  // Now: all kernels are there, with those of their modules that hold something the objects ask for.
  resolve_all(matrix, kernels.all(), options, context);
  for (const CoreKernel& kernel : kernels.all()) matrix.kernels.push_back({kernel.name(), kernel.parts()});

  if (!options.report.empty()) replace_file(options.report, as_bytes(core_page(matrix)));
  switch (report_format(context, options.format)) {
    case ReportFormat::json:
      write_core_json(matrix, context.out, context.global.pretty);
      break;
    case ReportFormat::text:
      context.out.write(core_text(matrix, context.global.verbosity > 0));
      break;
    case ReportFormat::html:
      context.out.write(core_page(matrix));
      break;
  }
  Status status = status_of(matrix, options.strict);
  if (!minimal_files.empty()) {
    status = worst(status, write_core_minimal(minimal_files, matrix, kernels.all(), context));
  }
  return status;
}

}  // namespace

Command make_core_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "core";
  command.summary = "Tell whether BPF objects load on kernels, and what their accesses become";
  command.synopsis = {
      "OBJECT... [-B BASE]... [--modules MODULE...] [--search-all] [--strict] [--format FORMAT] [--report FILE] "
      "[--minimal FILE]"};
  command.description = {
      "Resolves every CO-RE relocation of BPF objects (\"compile once, run everywhere\") against each kernel that is "
      "given with `-B`, as libbpf 1.8 does when it loads them: which offset, size, shift, type id or enumerator's "
      "value an instruction gets, or why it gets none. Nothing is loaded, and no kernel need be running. Without a "
      "kernel, shows what the objects ask for.",
      "A kernel is a base with modules: those named with `--modules`, and those of the package or directory that the "
      "base was given as; for `-B running` those that are loaded. Modules are searched, in their order, when vmlinux "
      "has no type of the name. Of several kernels, a module is used with the one that it was built for.",
      "All modules of a package or directory count as loaded, and where several have a type of the name, that may make "
      "an access ambiguous which is not on a machine with only some of them: name those with `--modules`.",
      "Only relocations are looked at: a program may have other reasons not to load. Programs in sections whose names "
      "begin with `?` are *optional*: libbpf leaves them out unless it is told otherwise. What fails in them is shown, "
      "but "
      "keeps the object from nothing.",
      "An access that a kernel does not have poisons its instruction: the verifier refuses a program that reaches it. "
      "It is *guarded* when it cannot be reached with the constants that were put in, through calls of the object's "
      "own functions, too. It is also guarded when the program asks whether the same thing exists, is told that it "
      "does not, and the access can be avoided at a branch that may depend on that in a way that is not followed, as "
      "through read-only data. An access that is reached whatever such branches come to is not guarded, whatever is "
      "asked.",
  };
  command
      .list("OBJECT", "OBJECT", options->objects,
            "A BPF object: an ELF file with .BTF and .BTF.ext. Not right behind `--modules`, which takes all arguments "
            "up to the next option")
      .required = true;
  command
      .list("--modules", "MODULE...", options->modules,
            "Modules, directories or packages of modules that belong to the kernels, up to the next option",
            Complete::module)
      .greedy = true;
  command.flag("--search-all", options->search_all,
               "Go beyond libbpf where it gives up without need, and label what comes out differently");
  command.flag("--strict", options->strict,
               "Exit status 1 also when an instruction is poisoned that is not guarded, and for warnings");
  add_format_option(command, options->format);
  command.value("--minimal", "FILE", options->minimal,
                "Write the smallest BTF that serves the objects; with several kernels, to FILE/KERNEL.btf for each");
  command.value("--report", "FILE", options->report, "Also write an HTML page with all details to FILE");
  command.several_bases = true;
  command.negative = "a relocation is ambiguous or in error on some kernel";
  command.sections = {
      {"VERDICTS",
       {"* ok: the instruction gets another value", "* same: it holds the right value already",
        "* absent: nothing matches, and the answer is 0: to whether something exists, and for sizes and ids of types",
        "* poison: nothing matches, or a load or store would meet something of another size and kind",
        "* ambiguous: several types match and differ; the object does not load", "* error: the object does not load",
        "The last lines tell on how many kernels each object loads: without errors, and with all that is poisoned "
        "guarded."}},
      {"BEYOND LIBBPF",
       {"With `--search-all`:",
        "* modules are searched also when vmlinux has a type of the name, but none that matches",
        "* a type that the object only declares is matched with its definition",
        "* types of exactly the name come before those with another flavour (`___x`)",
        "* enumerators beyond 2^31 are taken as unsigned where the object does"}},
      {"MINIMAL BTF",
       {"`--minimal` writes just the types that the objects ask for, to be shipped with them to machines whose kernels "
        "have no BTF. A loader takes it in the place of /sys/kernel/btf/vmlinux (libbpf's `btf_custom_path`). Every "
        "relocation comes to the same on it as on the kernel, types of modules included, which are in it beside those "
        "of vmlinux; only ids of types are its own. It follows the rules of libbpf, with `--search-all` too. For a "
        "kernel on which a relocation is ambiguous nothing is written, because what is left would settle it.",
        "With several kernels, and where FILE is a directory or ends in `/`, it is a directory with a file for each, "
        "named by its release."}},
      {"JSON",
       {"`results` has a record for each kernel or module that could not be read (kernel or module, and error), and "
        "then for each relocation and kernel:",
        "* object, section, program: where it is; error: why the object could not be read, and then nothing else",
        "* optional: whether the program is loaded only if its loader is told so",
        "* relocation: its number in the section; insn, program_insn: the instruction, in the section and the program",
        "* file, line, source_line: where it comes from, or null",
        "* kind: as libbpf names it, or a number; path: the access as C writes it; access: the access string",
        "* local_id, local_spec: type and access in the object, the latter as libbpf writes it",
        "* old, new: the value in the object and on the kernel, or null",
        "* kernel: its release or source; null without a kernel. Then new is null, too, verdict is `error` or null, "
        "and what "
        "follows message is missing",
        "* verdict: see above; guarded: of what is poisoned; reason: a word, or null; message: a sentence, or null",
        "* target_id, source, target_spec: the type, `vmlinux` or the module that has it, and the access there; or "
        "null",
        "* width: bytes that a load or store moves, or null",
        "* beyond_reference: whether libbpf would come to something else",
        "* candidates: types of the name: id, source, state (`match`, `rejected`, `not-reached`), and of what is "
        "rejected reason and message",
        "* findings: severity, code, text",
        "`summary` has objects (object, relocations, the kernels in loads_on, poisoned_on, fails_on and "
        "optional_fails_on, and findings), relocations, kernels, warnings (relocations that have some) and errors "
        "(what could not be read)."}},
  };
  command.examples = {
      {"btfx core probe.bpf.o -B running", "Would it load here, and what would it read?"},
      {"btfx core probe.bpf.o -B 6.1.0-55-amd64 -B linux-image.deb --strict", "A table of two kernels, for a gate"},
      {"btfx core probe.bpf.o -B vmlinux --modules btrfs.ko", "An object that looks into a module"},
  };
  command.run = [options](const Context& context) { return run_core(context, *options); };
  return command;
}

}  // namespace btfx

// merge: several BTFs into one.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "cmd/cli/command.h"
#include "cmd/merging.h"
#include "cmd/outputs/destination.h"
#include "emit/dump/selection.h"
#include "emit/report/json_results.h"
#include "transform/edit/minimise.h"
#include "transform/edit/sort.h"

namespace btfx {

namespace {

struct MergeCommandOptions {
  std::vector<std::string> modules;
  Destination destination;
  bool minimal = false, sort = false, strict = false;
  std::vector<std::string> names;
};

/// What the result must hold: the types of the given names, or all that the modules brought.
std::vector<TypeId> roots_of(const Btf& merged, const Merge& merge, const std::vector<std::string>& names) {
  if (names.empty()) return merge.input_types();
  std::vector<TypeId> roots;
  for (const std::string& name : names) {
    const TypeSelection found = TypeSelection::matching(merged, {.names = {name}, .kinds = {}});
    if (found.size() == 0) throw Error(ErrorCode::usage, fmt::format("no type is named '{}'", name));
    for (std::size_t i = 0; i < found.size(); ++i) roots.push_back(found[i]);
  }
  return roots;
}

/// Counts modules as they come, and tells of them.
class MergeReport {
 public:
  MergeReport(const Context& context, bool json) : context_(context) {
    if (json) results_.emplace(context.out, context.global.pretty);
  }

  void add(const MergedModule& module) {
    ++(module.error ? failed_ : merged_);
    if (module.error) {
      context_.error(*module.error);
    } else {
      types_before_ += module.types;
    }
    if (!results_) return;
    JsonRecord record{{"module", module.name}, {"merged", !module.error}};
    if (module.error) {
      record["error"] = module.error->what();
    } else {
      record["types"] = module.types;
    }
    results_->add(record);
  }

  Status finish(const Btf& result, std::uint32_t base_types) {
    context_.note(fmt::format("{} types of {} modules on a base of {} made {}", types_before_, merged_, base_types,
                              result.own_types()));
    if (results_) {
      results_->finish({{"merged", merged_},
                        {"failed", failed_},
                        {"base_types", base_types},
                        {"module_types", types_before_},
                        {"types", result.own_types()},
                        {"bytes", result.blob().size()}});
    }
    return failed_ == 0 ? Status::yes : Status::trouble;
  }

  [[nodiscard]] bool has_merged() const { return merged_ != 0; }

 private:
  const Context& context_;
  std::optional<JsonResults> results_;
  std::size_t merged_ = 0, failed_ = 0;
  std::uint64_t types_before_ = 0;
};

Status run_merge(const Context& context, const MergeCommandOptions& options) {
  const std::optional<ByteOrder> order = check_destination(options.destination, context);
  if (context.global.json && options.destination.output == "-") {
    throw Error(ErrorCode::usage, "standard output cannot take both BTF and JSON");
  }
  const bool whole = !options.minimal && options.names.empty();
  if (options.modules.empty() && (whole || !context.global.base.given())) {
    throw Error(ErrorCode::usage, "needs modules to merge");
  }
  refuse_clobbering("--output", options.destination.output, {options.modules, context.global.base.sources});

  MergeReport report(context, context.global.json);
  MergedModules merged =
      merge_modules(options.modules, options.strict, context, [&](const MergedModule& module) { report.add(module); });
  if (!options.modules.empty() && !report.has_merged()) {
    throw Error(ErrorCode::malformed, "nothing could be merged, so nothing is written");
  }
  context.report(merged.diagnostics);

  const ByteOrder final_order = order.value_or(merged.order);
  const std::uint32_t base_types = merged.base ? merged.base->own_types() : 0;
  Bytes bytes = merged.merge->pool().flat_btf(whole && !options.sort ? final_order : native_order);
  if (!whole) {
    const BtfPtr all = Btf::parse(std::move(bytes));
    bytes = minimise(*all, roots_of(*all, *merged.merge, options.names), options.sort ? native_order : final_order);
  }
  merged.merge.reset();  // a whole kernel's types, which the result does not need
  if (options.sort) bytes = sort_types(*Btf::parse(std::move(bytes)), final_order).btf;

  const BtfPtr result = Btf::parse(std::move(bytes));
  write_btf(options.destination, result->blob(), context);
  return report.finish(*result, base_types);
}

}  // namespace

Command make_merge_command() {
  const auto options = std::make_shared<MergeCommandOptions>();
  Command command;
  command.name = "merge";
  command.summary = "Merge several BTFs into one";
  command.synopsis = {
      "[-B BASE] MODULE... (-o FILE | --into ELF) [--minimal] [--name GLOB]... [--sort] [--strict] [--byte-order "
      "ORDER]",
  };
  command.description = {
      "Makes one standalone BTF out of a base and any number of modules: ids and strings are moved, and types that "
      "several modules have, or the base has, are kept once. Types of one name that differ are all kept. Without a "
      "base, standalone inputs such as the output of compilers are merged.",
      "The base is given with `-B`, or found for the first module by the rules in `btfx`(1). A module that does not "
      "belong to it is left out, and the error names what speaks against it: names that begin inside other strings, "
      "references that make no sense. "
      "Modules with a `.BTF.base` are relocated onto the base first; a module whose BTF is standalone is taken as it "
      "is. The rest is merged and written even when some modules are left out, and the exit status tells.",
      "The result is that of libbpf 1.8, to the byte: first the base, unchanged, then what the modules add, in their "
      "order. It depends on that order in rare cases, and takes a few types for the same that are not; `--strict` "
      "does neither.",
  };
  command.list("MODULE", "MODULE", options->modules, "Files, directories and packages of modules", Complete::module);
  add_destination_options(command, options->destination);
  command.flag("--minimal", options->minimal,
               "Keep only what the types of the modules reach: BTF that explains the modules without a base");
  command.list("--name", "GLOB", options->names, "Keep only types whose name matches, and what they reach; repeatable",
               Complete::nothing);
  command.flag("--sort", options->sort, "Sort the types by name, as kernels from 7.0 on do");
  command.flag("--strict", options->strict,
               "Merge only what cannot be told apart, whatever the order, and the base's forward declarations too");
  add_byte_order_option(command, options->destination);
  command.sections = {
      {"FORWARD DECLARATIONS",
       {"A declaration such as `struct foo;` gives way to the definition when there is one only; when modules disagree "
        "about it, a warning says which, and the declaration stays. What the base itself refers to is left alone, "
        "because the base is; with `--strict` it is resolved as well, and ids of the base change."}},
      {"JSON",
       {"`results` has an object for each module:", "* module: its name", "* merged: whether it is in the result",
        "* types: how many types it holds itself, if it is", "* error: why it is not",
        "`summary` has `merged`, `failed` (numbers of modules), `base_types`, `module_types`, `types` (of the result) "
        "and `bytes`."}},
  };
  command.examples = {
      {"btfx merge -B vmlinuz /lib/modules/$(uname -r)/kernel/fs -o all.btf",
       "A kernel and its file systems, for tools that take one BTF"},
      {"btfx merge -B vmlinuz btrfs.ko.xz --minimal -o btrfs.btf", "What explains btrfs without its kernel"},
      {"btfx merge -B vmlinuz --name task_struct -o task.btf", "One struct of a kernel and what it needs"},
      {"btfx merge a.o b.o -o program.btf", "The types of two compiled files, each once"},
  };
  command.run = [options](const Context& context) { return run_merge(context, *options); };
  return command;
}

}  // namespace btfx

// merge: several BTFs into one.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "base/suggest.h"
#include "cmd/cli/command.h"
#include "cmd/cli/output_options.h"
#include "emit/dump/selection.h"
#include "emit/report/record.h"
#include "run/batch/batch_report.h"
#include "run/outputs/destination.h"
#include "run/reading/asked_names.h"
#include "run/reading/merging.h"
#include "transform/edit/minimise.h"
#include "transform/edit/sort.h"

namespace btfx {

namespace {

struct MergeCommandOptions {
  std::vector<std::string> modules;
  Destination destination;
  bool minimal = false, sort = false, strict = false;
  std::vector<std::string> names;

  /// Whether the result is to hold everything.
  [[nodiscard]] bool is_whole() const { return !minimal && names.empty(); }
};

/// What the result must hold: the types of the given names, or all that the modules brought.
std::vector<TypeId> roots_of(const BtfPtr& merged, const Merge& merge, const std::vector<std::string>& names) {
  if (names.empty()) return merge.input_types();
  std::vector<TypeId> roots;
  for (const std::string& name : names) {
    const TypeSelection found = TypeSelection::matching(*merged, {.names = {name}, .kinds = {}});
    if (found.size() == 0) {
      throw Error(ErrorCode::usage,
                  fmt::format("no type is named '{}'{}", name, did_you_mean(name, type_names({&merged, 1}))));
    }
    for (std::size_t i = 0; i < found.size(); ++i) roots.push_back(found[i]);
  }
  return roots;
}

/// The figures of a merge.
struct Figures {
  std::size_t merged = 0, failed = 0;
  std::uint64_t module_types = 0;
  std::uint32_t base_types = 0, types = 0;
  std::uint64_t bytes = 0;

  void count(const MergedModule& module) {
    ++(module.error ? failed : merged);
    if (!module.error) module_types += module.types;
  }
  [[nodiscard]] std::string note() const {
    return fmt::format("{} of {} on a base of {} made {}", counted(module_types, "type"), counted(merged, "module"),
                       base_types, types);
  }
  [[nodiscard]] Record record() const {
    return {{"merged", merged}, {"failed", failed}, {"base_types", base_types}, {"module_types", module_types},
            {"types", types},   {"bytes", bytes}};
  }
};

/// The bytes of the result.
Bytes merged_btf(MergedModules merged, const MergeCommandOptions& options, ByteOrder order, unsigned jobs) {
  const bool whole = options.is_whole();
  Bytes bytes = merged.merge->pool().flat_btf(whole && !options.sort ? order : native_order, jobs);
  if (!whole) {
    const BtfPtr all = Btf::parse(std::move(bytes));
    bytes = minimise(*all, roots_of(all, *merged.merge, options.names), options.sort ? native_order : order);
  }
  merged.merge.reset();  // a whole kernel's types, which the result does not need
  return options.sort ? sort_types(*Btf::parse(std::move(bytes)), order).btf : bytes;
}

Status run_merge(const Context& context, const MergeCommandOptions& options) {
  const std::optional<ByteOrder> order = check_destination(options.destination, context);
  if (options.modules.empty() && (options.is_whole() || !context.global.base.given())) {
    throw Error(ErrorCode::usage, "needs modules to merge");
  }
  refuse_clobbering("--output", options.destination.output, {options.modules, context.global.base.sources});

  BatchReport report(context, "module");
  Figures summary;
  MergedModules merged = merge_modules(options.modules, options.strict, context, [&](const MergedModule& module) {
    summary.count(module);
    if (module.error) return report.fail(module.name, *module.error);
    report.add({{"module", module.name}, {"merged", true}, {"types", module.types}});
  });
  summary.base_types = merged.base ? merged.base->own_types() : 0;
  if (!options.modules.empty() && summary.merged == 0) {
    const Status status = report.finish({summary.record()});
    context.error(Error(ErrorCode::malformed, "nothing could be merged, so nothing is written"));
    return status;
  }
  context.report(merged.diagnostics);
  const ByteOrder final_order = order.value_or(merged.order);
  const BtfPtr result = Btf::parse(merged_btf(std::move(merged), options, final_order, context.global.jobs));
  write_btf(options.destination, result->blob(), context);
  summary.types = result->own_types();
  summary.bytes = result->blob().size();
  context.note(summary.note());
  return report.finish({summary.record()});
}

}  // namespace

Command make_merge_command() {
  const auto options = std::make_shared<MergeCommandOptions>();
  Command command;
  command.name = "merge";
  command.list("MODULE", "MODULE", options->modules, "Files, directories and packages of modules", Complete::module);
  add_destination_options(command, options->destination);
  command.flag("--minimal", options->minimal,
               "Keep only what the types of the modules refer to: BTF that describes the modules without a base");
  command.globs("--name", options->names,
                "Keep only types whose name matches, and the types they refer to; several with commas");
  command.flag("--sort", options->sort, "Sort the types by name, as kernels from 7.0 on do");
  command.flag("--strict", options->strict,
               "Merge only types that cannot be told apart, whatever the order, and resolve the base's forward "
               "declarations too");
  add_byte_order_option(command, options->destination);
  command.run = [options](const Context& context) { return run_merge(context, *options); };
  return command;
}

}  // namespace btfx

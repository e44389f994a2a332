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
      record["error"] = json_record(*module.error);
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
  command.run = [options](const Context& context) { return run_merge(context, *options); };
  return command;
}

}  // namespace btfx

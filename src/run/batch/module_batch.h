// What the commands that write something for each module have in common.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "image/modules.h"
#include "run/batch/batch_report.h"
#include "run/context.h"
#include "run/outputs/module_output.h"

namespace btfx {

/// A batch of modules on its way to a destination.
class ModuleBatch {
 public:
  /// Throws Error(usage) for destinations that exclude each other or do not fit the modules; Error(refused) when two
  /// modules would write the same file below --output-dir, or binary data would go to a terminal; Error(io) when that
  /// directory cannot be made. Nothing has been written then.
  ModuleBatch(const ModuleDestination& destination, const std::vector<std::string>& modules, const Context& context);

  /// For run_modules(). What is changed in place comes once, by the first of its names.
  std::optional<ModuleItem> next();
  [[nodiscard]] std::optional<std::size_t> expected() const { return takes_one() ? 1 : stream_.expected(); }
  /// Further names of files that were changed in place, when all is done.
  [[nodiscard]] const std::vector<std::string>& repeated() const { return repeated_; }

 private:
  /// Whether the only module goes to -o.
  [[nodiscard]] bool takes_one() const { return !destination_.output.empty() && !destination_.nowhere(); }
  void refuse_clashes(const std::vector<std::string>& modules) const;

  const ModuleDestination& destination_;
  ModuleStream stream_;
  std::optional<ModuleItem> only_;  // see takes_one()
  std::set<std::string> in_place_;  // the files that were given out, without links in their paths
  std::vector<std::string> repeated_;
};

/// What became of one module that a command changes.
template <typename Result>
struct Changed {
  Result module = {};  ///< of the command's own: has `findings`, `written`, and refused(), whether it would do harm
  std::vector<std::string> notes = {};
  ModuleOutput output = {};
};

/// The recipe of the commands that change modules: `work(module, changed)` for each, its record, and the figures of
/// all. A table is shown where nothing is written.
template <typename Result, typename Work, typename Figures>
Status change_modules(const Context& context, const ModuleDestination& destination,
                      const std::vector<std::string>& modules, Work&& work, Table table,
                      Record (*record_of)(const std::string&, const Result&), Figures figures) {
  ModuleBatch batch(destination, modules, context);
  // Now: the destination is sound, and nothing has been read but names.
  BatchReport report(context, "module", destination.takes_stdout());
  if (destination.nowhere()) report.use(std::move(table));
  std::set<std::string> said;  // a base that was found is named once, and not with each of its modules
  run_modules<Changed<Result>>(batch, context, work, [&](Done<Changed<Result>>&& done) {
    Result& module = done.result.module;
    for (const std::string& note : done.result.notes) {
      if (said.insert(note).second) report.context().note(fmt::format("{}: {}", done.name, note));
    }
    if (done.error) report.fail(done.name, *done.error);
    report.findings(done.name, module.findings);
    if (done.error) return figures.fail(done.is_module);
    figures.count(module);
    report.finish_output(done.result.output);
    module.written = std::move(done.result.output.files.written);
    if (module.refused()) report.worsen(Status::no);
    report.add(record_of(done.name, module));
  });
  for (const std::string& name : batch.repeated()) context.note(name + ": is another name of a file that was done");
  Summary summary = figures.summary();
  if (!destination.nowhere() && !destination.output.empty()) summary.text.clear();
  return report.finish(summary);
}

}  // namespace btfx

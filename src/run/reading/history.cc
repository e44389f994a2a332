#include "run/reading/history.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/batch.h"
#include "base/glob.h"
#include "inputs/kernel.h"
#include "run/reading/asked_names.h"
#include "transform/diff/history.h"

namespace btfx {

namespace {

bool are_different(const std::vector<std::string>& names) {
  return std::set<std::string>(names.begin(), names.end()).size() == names.size();
}

/// Whether a pattern without wildcards is the name of something in the history.
bool is_name_in(const History& history, const std::string& name) {
  const MemberName parts = split_member(name);
  return std::ranges::any_of(history.types, [&](const TypeHistory& type) {
    const auto is_called = [&](const std::string& called) {
      return std::ranges::any_of(type.stages, [&](const TypeStage& stage) {
        return stage.type.exists() && stage.type.view().name() == called;
      });
    };
    if (is_called(name)) return true;
    if (parts.member.empty() || !is_called(parts.type)) return false;
    return std::ranges::any_of(type.elements, [&](const ElementHistory& element) {
      return std::ranges::any_of(
          element.stages, [&](const ElementStage& stage) { return stage.state && stage.state->name == parts.member; });
    });
  });
}

/// Warns of names without wildcards that nothing in the history has; false when there are some.
bool find_all(const History& history, const std::vector<std::string>& names, const std::vector<BtfPtr>& kernels,
              const Context& context) {
  bool all_found = true;
  std::vector<std::string> known;
  for (const std::string& name : names) {
    if (is_glob(name) || is_name_in(history, name)) continue;
    all_found = false;
    if (known.empty()) known = type_names(kernels);
    context.warn(unknown_name_text(name, "any of these kernels", known));
  }
  return all_found;
}

}  // namespace

HistoryAnswer read_history(const std::vector<std::string>& sources, const std::vector<std::string>& names,
                           const Context& context) {
  History history;
  std::vector<BtfPtr> kernels;
  std::vector<std::string> kernel_names;
  run_batch(
      sources, context.global.jobs, [](const std::string& source) { return Kernels().get(source); },
      [&](KernelPtr&& kernel) {
        history.kernels.push_back({.source = kernel->source(), .name = {}, .types = kernel->btf()->own_types()});
        kernel_names.push_back(kernel->name());
        kernels.push_back(kernel->btf());
      });
  if (!are_different(kernel_names)) kernel_names = sources;
  kernel_names = short_kernel_names(kernel_names);
  for (std::size_t i = 0; i < sources.size(); ++i) history.kernels[i].name = std::move(kernel_names[i]);
  history.types = trace_history(kernels, {.names = names, .jobs = context.global.jobs});
  const bool all_found = find_all(history, names, kernels, context);
  return {std::move(history), all_found};
}

}  // namespace btfx

#include "run/reading/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/batch.h"
#include "base/suggest.h"
#include "inputs/kernel.h"
#include "transform/diff/history.h"

namespace btfx {

namespace {

bool are_different(const std::vector<std::string>& names) {
  return std::set<std::string>(names.begin(), names.end()).size() == names.size();
}

/// Whether a pattern without wildcards is the name of something in the history.
bool is_name_in(const History& history, const std::string& name) {
  const std::size_t dot = name.find('.', 1);
  const std::string type_name = name.substr(0, dot);
  const std::string element_name = dot == std::string::npos ? std::string() : name.substr(dot + 1);
  return std::ranges::any_of(history.types, [&](const TypeHistory& type) {
    const auto is_called = [&](const std::string& called) {
      return std::ranges::any_of(type.stages, [&](const TypeStage& stage) {
        return stage.type.exists() && stage.type.view().name() == called;
      });
    };
    if (is_called(name)) return true;
    return dot != std::string::npos && is_called(type_name) &&
           std::ranges::any_of(type.elements, [&](const ElementHistory& element) {
             return std::ranges::any_of(element.stages, [&](const ElementStage& stage) {
               return stage.state && stage.state->name == element_name;
             });
           });
  });
}

/// The names of all types of the kernels.
std::vector<std::string> type_names(const std::vector<BtfPtr>& kernels) {
  std::set<std::string_view> names;
  for (const BtfPtr& kernel : kernels) {
    for (TypeId id = kernel->first_id(); id != kernel->end_id(); ++id) {
      if (const TypeView type = kernel->type(id); type.is_named()) names.insert(type.name());
    }
  }
  return {names.begin(), names.end()};
}

/// Warns of names without wildcards that nothing in the history has; false when there are some.
bool find_all(const History& history, const std::vector<std::string>& names, const std::vector<BtfPtr>& kernels,
              const Context& context) {
  bool all_found = true;
  std::vector<std::string> candidates;
  for (const std::string& name : names) {
    if (name.find_first_of("*?[\\") != std::string::npos || is_name_in(history, name)) continue;
    all_found = false;
    if (candidates.empty()) candidates = type_names(kernels);
    const std::string type = name.substr(0, name.find('.', 1));
    const bool is_known = std::ranges::binary_search(candidates, type);
    context.warn(fmt::format("{} in any of these kernels{}",
                             is_known ? fmt::format("'{}' has no '{}'", type, name.substr(type.size() + 1))
                                      : fmt::format("nothing is called '{}'", type),
                             is_known ? std::string() : did_you_mean(type, candidates)));
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

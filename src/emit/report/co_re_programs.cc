// What `btfx core` prints about the externs and programs of an object.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "base/printable.h"
#include "emit/report/co_re_report.h"
#include "emit/report/text_table.h"

namespace btfx {

namespace {

/// An extern or a program, on every kernel.
struct Item {
  std::vector<std::string> heads;
  std::vector<std::string> cells = {}, messages = {};  // by kernel
  bool is_odd = false;                                 // on some kernel
};

Item extern_item(const CoreMatrix& matrix, std::size_t object, std::size_t index) {
  const CoreExtern& external = matrix.objects[object].externs[index];
  Item item{.heads = {fmt::format("{}{}", external.is_weak ? "weak " : "", to_string(external.kind)),
                      printable(external.name)}};
  for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
    const CoreExternResult& result = matrix.answers[object][k].externs[index];
    item.cells.push_back(core_extern_cell(matrix.kernels[k], result));
    item.messages.push_back(result.message);
    item.is_odd = item.is_odd || result.fails() || result.is_called || result.state == CoreExternResult::State::unknown;
  }
  if (matrix.kernels.empty()) item.messages.push_back(external.error);
  return item;
}

/// How many relocations a program has, and how many of them fail or may fail.
std::string relocations_text(const CoreObject& object, const CoreAnswer* answer, std::size_t program) {
  std::size_t all = 0, bad = 0;
  for (std::size_t i = 0; i < object.relocations.size(); ++i) {
    if (object.relocations[i].program != program) continue;
    ++all;
    if (answer != nullptr && answer->results[i].may_fail()) ++bad;
  }
  if (all == 0) return {};
  std::string text = counted(all, "relocation");
  if (bad != 0) text += fmt::format(", {} bad", bad);
  return text;
}

Item program_item(const CoreMatrix& matrix, std::size_t object_index, std::size_t index) {
  const CoreObject& object = matrix.objects[object_index];
  Item item{.heads = {printable(object.programs[index].name), printable(object.programs[index].section)}};
  for (std::size_t k = 0; k < matrix.kernels.size(); ++k) {
    const CoreAnswer& answer = matrix.answers[object_index][k];
    const CoreTargetResult& target = answer.targets[index];
    std::vector<std::string> words;
    const bool is_doomed = std::ranges::find(answer.doomed, index) != answer.doomed.end();
    for (std::string word : {is_doomed ? std::string("fails") : std::string(),
                             core_target_cell(matrix.kernels[k], target), relocations_text(object, &answer, index)}) {
      if (!word.empty()) words.push_back(std::move(word));
    }
    item.cells.push_back(fmt::format("{}", fmt::join(words, "; ")));
    item.messages.push_back(target.message);
    const bool matters = target.at_load && target.state == CoreTargetResult::State::unknown;
    item.is_odd = item.is_odd || is_doomed || target.fails() || matters;
  }
  if (matrix.kernels.empty()) item.cells.push_back(relocations_text(object, nullptr, index));
  return item;
}

/// The messages of an item, each with the kernels that it is true of.
void add_messages(const Item& item, std::span<const std::string> kernels, TextTable& table) {
  std::vector<std::pair<std::string, std::vector<std::string>>> messages;
  for (std::size_t k = 0; k < item.messages.size(); ++k) {
    if (item.messages[k].empty()) continue;
    auto known = std::ranges::find_if(messages, [&](const auto& entry) { return entry.first == item.messages[k]; });
    if (known == messages.end()) known = messages.insert(messages.end(), {item.messages[k], {}});
    if (k < kernels.size()) known->second.push_back(kernels[k]);
  }
  for (const auto& [message, where] : messages) {
    const bool everywhere = where.size() == kernels.size();
    table.note(printable(everywhere ? message : fmt::format("{}: {}", fmt::join(where, ", "), message)));
  }
}

std::string items_text(std::string_view title, const std::vector<Item>& items, std::span<const std::string> kernels,
                       const CoreTextOptions& options) {
  TextTable table(2);
  bool is_empty = true;
  if (kernels.size() > 1) {
    std::vector<std::string> heads{"", ""};
    for (const std::string& name : kernels) heads.push_back(printable(name));
    table.add(std::move(heads));
  }
  for (const Item& item : items) {
    if (options.failed && !item.is_odd) continue;
    is_empty = false;
    std::vector<std::string> cells = item.heads;
    cells.insert(cells.end(), item.cells.begin(), item.cells.end());
    table.add(std::move(cells));
    add_messages(item, kernels, table);
  }
  return is_empty ? std::string() : fmt::format("{}\n{}", title, table.text());
}

/// What there is to say about an object as a whole, each sentence once, with the kernels that it is true of.
std::string findings_text(const std::vector<CoreAnswer>& answers, std::span<const std::string> kernels) {
  std::vector<std::pair<std::string, std::vector<std::string>>> lines;
  std::unordered_map<std::string, std::size_t> numbers;  // of lines
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    for (const Diagnostic& finding : answers[k].findings) {
      std::string line = fmt::format("{}: {}", severity_word(finding.severity), finding.text);
      const auto [number, is_new] = numbers.try_emplace(line, lines.size());
      if (is_new) lines.emplace_back(std::move(line), std::vector<std::string>());
      lines[number->second].second.push_back(kernels[k]);
    }
  }
  std::string text;
  for (const auto& [line, where] : lines) {
    const bool everywhere = where.size() == kernels.size();
    text += printable(everywhere ? line : fmt::format("{}: {}", fmt::join(where, ", "), line)) + '\n';
  }
  return text;
}

}  // namespace

bool is_core_program(const CoreObject& object, std::size_t index) {
  return object.programs[index].section != ".text" || object.programs.size() == 1;
}

std::string core_extern_cell(const CoreColumn& kernel, const CoreExternResult& result) {
  using State = CoreExternResult::State;
  std::string cell(to_string(result.state));
  if (result.state == State::found && result.id != void_id) cell = core_place(kernel, result.part, result.id);
  if (result.state == State::found && !result.spelling.empty()) cell = printable(result.spelling);
  if (result.state == State::set) cell = "set, value unknown";
  if (result.state == State::zero) cell = "0";
  if (result.is_called) cell += " (called)";
  return cell;
}

std::string core_target_cell(const CoreColumn& kernel, const CoreTargetResult& result) {
  using State = CoreTargetResult::State;
  if (result.state == State::none) return {};
  if (result.state == State::found) return core_place(kernel, result.part, result.id);
  return std::string(to_string(result.state));
}

std::string core_programs_text(const CoreMatrix& matrix, std::span<const std::string> kernels, std::size_t object,
                               const CoreTextOptions& options) {
  const CoreObject& about = matrix.objects[object];
  std::string text;
  std::vector<Item> externs, programs;
  for (std::size_t i = 0; i < about.externs.size(); ++i) externs.push_back(extern_item(matrix, object, i));
  text += items_text("externs", externs, kernels, options);
  for (std::size_t i = 0; i < about.programs.size(); ++i) {
    if (is_core_program(about, i)) programs.push_back(program_item(matrix, object, i));
  }
  const bool any_target =
      std::ranges::any_of(about.targets, [](const CoreTarget& target) { return target.kind != CoreTargetKind::none; });
  if (any_target || options.details || options.failed) text += items_text("programs", programs, kernels, options);
  return text + findings_text(matrix.answers[object], kernels);
}

}  // namespace btfx

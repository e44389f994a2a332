// What the completions of the shells ask: the names of types in the files on a command line, and what the words `id`,
// `prog id`, `map name`, ... may be followed by.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/command.h"
#include "image/running.h"
#include "run/reading/sources.h"

namespace btfx {

namespace {

struct CompleteCommandOptions {
  std::string pattern;  ///< a prefix and `*`: an argument is never empty
  std::vector<std::string> words;
};

/// Whether a word of a command line may be a source. Nothing is searched: an answer has to come at once.
bool may_be_source(const std::string& word) {
  std::error_code ignored;
  return word == "running" || std::filesystem::is_regular_file(word, ignored);
}

/// What the last words ask for: `prog tag` for the tags of programs, `id` for the ids of BTF objects.
std::optional<RunningSelector> asked_for(const std::vector<std::string>& words) {
  if (words.size() < 2) return std::nullopt;
  const std::string &what = words[words.size() - 2], &by = words.back();
  if (what == "prog" || what == "map") {
    RunningSelector selector{.type = what == "prog" ? RunningType::program : RunningType::map, .value = {}};
    if (by == "name") selector.by = SelectBy::name;
    if (by == "tag") selector.by = SelectBy::tag;
    if (by == "id" || by == "name" || by == "tag") return selector;
  }
  return by == "id" ? std::optional(RunningSelector{.type = RunningType::btf, .value = {}}) : std::nullopt;
}

/// The objects that can be dumped, as the selector names them, in the order of ids.
std::vector<std::string> running_words(const RunningSelector& selector) {
  std::vector<std::string> words;
  for (const RunningObject& object : running_objects(selector.type)) {
    if (object.btf_id == 0) continue;
    std::string word = selector.by == SelectBy::name  ? object.name
                       : selector.by == SelectBy::tag ? fmt::format("{:016x}", object.tag)
                                                      : std::to_string(object.id);
    if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  }
  return words;
}

Status complete_names(const Context& context, const CompleteCommandOptions& options) {
  std::string_view prefix = options.pattern;
  if (prefix.ends_with('*')) prefix.remove_suffix(1);
  if (const std::optional<RunningSelector> selector = asked_for(options.words)) {
    try {
      for (const std::string& word : running_words(*selector)) {
        if (word.starts_with(prefix)) context.out.write(word + "\n");
      }
    } catch (const Error&) {
      return Status::no;  // not permitted: nothing is offered
    }
    return Status::yes;
  }
  std::set<std::string, std::less<>> names;
  for (const std::string& word : options.words) {
    if (!may_be_source(word)) continue;
    try {
      const BtfPtr btf = open_btf(read_carrier(word, context), context);
      for (TypeId id = btf->first_id(); id < btf->end_id(); ++id) {
        const std::string_view name = btf->type(id).name();
        if (!name.empty() && name.starts_with(prefix)) names.emplace(name);
      }
    } catch (const Error&) {
      continue;  // the command itself reports what is wrong with it
    }
  }
  for (const std::string& name : names) context.out.write(name + "\n");
  return Status::yes;
}

}  // namespace

Command make_complete_command() {
  const auto options = std::make_shared<CompleteCommandOptions>();
  Command command;
  command.name = "__complete";
  command.value("PREFIX*", "PREFIX*", options->pattern, "The beginning of the names", Complete::nothing).required =
      true;
  command.list("WORD", "WORD", options->words, "A word of the command line; files among them are read");
  command.run = [options](const Context& context) { return complete_names(context, *options); };
  return command;
}

}  // namespace btfx

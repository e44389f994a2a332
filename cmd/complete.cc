// What the completions of the shells ask: the names of types in the files on a command line.
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/command.h"
#include "cmd/sources.h"

namespace btfx {

namespace {

struct Options {
  std::string pattern;  ///< a prefix and `*`: an argument is never empty
  std::vector<std::string> words;
};

/// Whether a word of a command line may be a source. Nothing is searched: an answer has to come at once.
bool may_be_source(const std::string& word) {
  std::error_code ignored;
  return word == "running" || std::filesystem::is_regular_file(word, ignored);
}

Status complete_names(const Context& context, const Options& options) {
  std::string_view prefix = options.pattern;
  if (prefix.ends_with('*')) prefix.remove_suffix(1);
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
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "__complete";
  command.value("PREFIX*", "PREFIX*", options->pattern, "The beginning of the names", Complete::nothing).required =
      true;
  command.list("WORD", "WORD", options->words, "A word of the command line; files among them are read");
  command.run = [options](const Context& context) { return complete_names(context, *options); };
  return command;
}

}  // namespace btfx

#include "cmd/cli/docs/docs.h"

#include <algorithm>

#include "cmd/cli/manual.h"

namespace btfx::docs {

std::vector<const OptionSpec*> shown_options(const std::vector<OptionSpec>& specs) {
  std::vector<const OptionSpec*> shown;
  for (const OptionSpec& spec : specs) {
    if (!spec.hidden && !spec.is_argument()) shown.push_back(&spec);
  }
  return shown;
}

std::vector<std::string> all_names(const OptionSpec& spec) {
  std::vector<std::string> names = spec.name_list();
  if (!spec.negation.empty()) names.push_back(spec.negation);
  return names;
}

const OptionSpec* last_argument(const Command& command) {
  const OptionSpec* last = nullptr;
  for (const OptionSpec& spec : command.options) {
    if (spec.is_argument()) last = &spec;
  }
  return last;
}

std::vector<const WordSpec*> words_at(const Command& command, bool first) {
  const auto unwanted = first ? WordSpec::Where::later : WordSpec::Where::first;
  std::vector<const WordSpec*> words;
  for (const WordSpec& word : command.words) {
    if (word.where != unwanted) words.push_back(&word);
  }
  return words;
}

std::vector<const WordSpec*> words_with_value(const Command& command) {
  std::vector<const WordSpec*> words;
  const auto add = [&words](const WordSpec& word) {
    const auto same = [&word](const WordSpec* other) { return other->word == word.word; };
    if (!word.argument.empty() && std::none_of(words.begin(), words.end(), same)) words.push_back(&word);
  };
  for (const WordSpec& word : command.words) add(word);
  for (const WordSpec& word : command.words) {
    for (const WordSpec& follower : word.one_of) add(follower);
  }
  return words;
}

namespace {

Completion completion_of(Complete complete, const std::vector<std::string>& choices,
                         const std::vector<std::string>& help, const Subject& subject) {
  Completion completion{.complete = complete};
  for (std::size_t i = 0; i < choices.size(); ++i) {
    completion.choices.emplace_back(choices[i], i < help.size() ? help[i] : "");
  }
  if (!choices.empty()) return completion;
  if (complete == Complete::kind) {
    for (std::string& kind : kind_words()) completion.choices.emplace_back(std::move(kind), "");
  }
  if (complete == Complete::command) {
    for (const Command& command : subject.commands) {
      completion.choices.emplace_back(command.name, manual_of(command.name).summary);
    }
  }
  return completion;
}

}  // namespace

Completion completion_of(const OptionSpec& spec, const Subject& subject) {
  return completion_of(spec.complete, spec.choices, spec.choice_help, subject);
}

Completion completion_of(const WordSpec& spec, const Subject& subject) {
  std::vector<std::string> choices = spec.choices, help = spec.choice_help;
  for (const WordSpec& follower : spec.one_of) {
    choices.push_back(follower.word);
    help.resize(choices.size() - 1);
    help.push_back(follower.help);
  }
  return completion_of(spec.complete, choices, help, subject);
}

std::vector<std::string> choice_words(const Completion& completion) {
  std::vector<std::string> words;
  for (const auto& [word, help] : completion.choices) words.push_back(word);
  return words;
}

std::string source_words(Complete complete) {
  return complete == Complete::base ? "none running" : "running";
}

std::string with_release_places(std::string text) {
  return replaced(replaced(std::move(text), "@MODULES@", "/lib/modules"), "@IMAGES@", "/boot/vmlinuz-");
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace btfx::docs

// Completion for fish.
#include <fmt/format.h>

#include "cmd/cli/docs/docs.h"
#include "cmd/cli/manual.h"

namespace btfx::docs {

namespace {

constexpr std::string_view skeleton = R"fish(# @NOTE@

# Whether an option takes the next word as its value.
function __btfx_takes_value -a cmd option
    switch "$cmd $option"
@TAKES_VALUE@
        case '*'
            return 1
    end
end

# The command, then the arguments before the cursor, one on each line.
function __btfx_arguments
    set -l cmd ''
    set -l value no
    set -l ended no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
        else if test $ended = no; and test "$word" = --
            set ended yes
        else if test $ended = no; and string match -qr -- '^-.' "$word"
            __btfx_takes_value "$cmd" "$word"; and set value yes
        else
            test -z "$cmd"; and set cmd $word
            echo -- $word
        end
    end
end

function __btfx_no_command
    test (count (__btfx_arguments)) -eq 0
end

function __btfx_command -a cmd
    set -l words (__btfx_arguments)
    test (count $words) -gt 0; and test "$words[1]" = $cmd
end

# Whether the words of a command have come to a place: `first`, `later`, or after one that is named.
function __btfx_at -a cmd place
    set -l words (__btfx_arguments)
    test "$words[1]" = $cmd; or return 1
    if test (count $words) -eq 1
        test $place = first
        return
    end
    switch $words[-1]
        case $argv[3..-1]
            test $place = "$words[-1]"
        case '*'
            test $place = later; or test $place = "later-$words[2]"
    end
end

# The names of the types in the files before the cursor.
function __btfx_ask
    set -l words (commandline -opc)
    $words[1] __complete (commandline -ct)'*' -- $words[2..-1] 2>/dev/null
end

function __btfx_releases
    for release in @MODULES@/*/ @IMAGES@*
        string replace -r '/$' '' -- $release | string replace @IMAGES@ '' | string replace @MODULES@/ ''
    end
end

complete -c btfx -f
)fish";

std::string quoted(std::string text) {
  text = replaced(std::move(text), "`", "");
  text = replaced(std::move(text), "\\", "\\\\");
  return "'" + replaced(std::move(text), "'", "\\'") + "'";
}

/// A word of the list that `complete -a` takes, with what it means.
std::string choice(const std::string& word, const std::string& help) {
  if (help.empty()) return word;
  return fmt::format("{}\\t\"{}\"", word, replaced(replaced(help, "`", ""), "\"", "\\\""));
}

/// The arguments of `complete` that say what a value may be.
std::string values(const Completion& completion) {
  if (!completion.choices.empty()) {
    std::vector<std::string> words;
    for (const auto& [word, help] : completion.choices) words.push_back(choice(word, help));
    return fmt::format(" -f -a '{}'", replaced(joined(words, " "), "'", "\\'"));
  }
  switch (completion.complete) {
    case Complete::file:
      return " -F";
    case Complete::directory:
      return " -f -a '(__fish_complete_directories)'";
    case Complete::source:
    case Complete::base:
    case Complete::module:
      return fmt::format(" -F -a '{} (__btfx_releases)'", source_words(completion.complete));
    case Complete::type_name:
    case Complete::running:
      return " -f -a '(__btfx_ask)'";
    default:
      return " -f";
  }
}

std::string option_line(const OptionSpec& spec, const std::string& condition, const Subject& subject) {
  std::string out = "complete -c btfx" + condition;
  for (const std::string& name : spec.name_list()) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!spec.is_flag()) out += " -r" + values(completion_of(spec, subject));
  out += " -d " + quoted(spec.help) + "\n";
  if (!spec.negation.empty()) {
    out += fmt::format("complete -c btfx{} -l {} -d {}\n", condition, spec.negation.substr(2),
                       quoted("Not: " + spec.help));
  }
  return out;
}

std::string takes_value(const std::string& command, const std::vector<OptionSpec>& specs) {
  std::vector<std::string> patterns;
  for (const OptionSpec* spec : shown_options(specs)) {
    if (spec->is_flag()) continue;
    for (const std::string& name : spec->name_list()) {
      patterns.push_back(quoted((command.empty() ? "* " : command + " ") + name));
    }
  }
  if (patterns.empty()) return {};
  return fmt::format("        case {}\n            return 0\n", joined(patterns, " "));
}

std::string word_lines(const Command& command, const Subject& subject) {
  std::vector<std::string> names;
  for (const WordSpec* word : words_with_value(command)) names.push_back(word->word);
  const std::string all = joined(names, " ");
  const auto at = [&](const std::string& place) {
    return fmt::format("complete -c btfx -n '__btfx_at {} {} {}'", command.name, place, all);
  };
  std::string out;
  for (const WordSpec* word : words_at(command, true)) {
    out += fmt::format("{} -a {} -d {}\n", at("first"), word->word, quoted(word->help));
  }
  out += at("first") + values({.complete = Complete::source}) + "\n";
  for (const WordSpec* word : words_at(command, false)) {
    out += fmt::format("{} -a {} -d {}\n", at("later"), word->word, quoted(word->help));
  }
  for (const WordSpec& word : command.words) {
    for (const WordSpec& follower : word.maybe_one) {
      out += fmt::format("{} -a {}\n", at("later-" + word.word), follower.word);
    }
  }
  for (const WordSpec* word : words_with_value(command)) {
    out += at(word->word) + values(completion_of(*word, subject)) + "\n";
  }
  return out;
}

}  // namespace

std::string fish_completion(const Subject& subject) {
  std::string cases = takes_value("", subject.global);
  std::string lines;
  for (const OptionSpec* spec : shown_options(subject.global)) lines += option_line(*spec, "", subject);
  for (const Command& command : subject.commands) {
    lines += fmt::format("\ncomplete -c btfx -n __btfx_no_command -a {} -d {}\n", command.name,
                         quoted(manual_of(command.name).summary));
    cases += takes_value(command.name, command.options);
    const std::string condition = fmt::format(" -n '__btfx_command {}'", command.name);
    for (const OptionSpec* spec : shown_options(command.options)) lines += option_line(*spec, condition, subject);
    if (!command.words.empty()) {
      lines += word_lines(command, subject);
    } else if (const OptionSpec* argument = last_argument(command)) {
      lines += "complete -c btfx" + condition + values(completion_of(*argument, subject)) + "\n";
    }
  }
  cases.resize(cases.size() - 1);
  std::string script = with_release_places(std::string(skeleton));
  script = replaced(std::move(script), "@NOTE@", generated_note);
  return replaced(std::move(script), "@TAKES_VALUE@", cases) + lines;
}

}  // namespace btfx::docs

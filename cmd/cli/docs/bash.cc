// Completion for bash. It needs no library: the bash-completion package may not be installed.
#include <fmt/format.h>

#include "cmd/cli/docs/docs.h"

namespace btfx::docs {

namespace {

constexpr std::string_view skeleton = R"bash(# shellcheck shell=bash
# @NOTE@

_btfx_choose() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}

_btfx_file() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
}

_btfx_directory() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$current")
}

# Files, then the kernels that are installed, and the words in $1.
_btfx_source() {
    local -a more releases=()
    local release
    for release in @MODULES@/*/ @IMAGES@*; do
        [[ -e $release ]] || continue
        release=${release#@IMAGES@}
        release=${release%/}
        releases+=("${release##*/}")
    done
    _btfx_file
    mapfile -t more < <(compgen -W "$1 ${releases[*]}" -- "$current")
    COMPREPLY+=("${more[@]}")
}

# What btfx finds: types in the files before the cursor, objects of the running kernel.
_btfx_ask() {
    mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" __complete "$current*" -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
}

# Whether an option takes the next word as its value.
_btfx_takes_value() { # COMMAND OPTION
    case "$1 $2" in
@TAKES_VALUE@
    *) return 1 ;;
    esac
}

_btfx_complete_value() { # COMMAND OPTION
    case "$1 $2" in
@OPTION_VALUES@
    esac
}

# The words of a command's grammar, by those before the cursor.
@WORD_FUNCTIONS@_btfx() {
    local current=${COMP_WORDS[COMP_CWORD]} command='' word option='' ended='' i
    local -a arguments=()
    COMPREPLY=()

    # Bash breaks words at "=": `--name=value` is three of them.
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == '=' ]]; then
            [[ ${COMP_WORDS[i - 1]} == --* ]] && option=${COMP_WORDS[i - 1]}
        elif [[ -n $option ]]; then
            option=''
        elif [[ -z $ended && $word == -- ]]; then
            ended=yes
        elif [[ -z $ended && $word == -?* ]]; then
            _btfx_takes_value "$command" "$word" && option=$word
        elif [[ -z $command ]]; then
            command=$word
        else
            arguments+=("$word")
        fi
    done
    if [[ $current == '=' ]]; then
        option=${COMP_WORDS[COMP_CWORD - 1]}
        current=''
    fi

    if [[ -n $option ]]; then
        _btfx_complete_value "$command" "$option"
        return
    fi
    if [[ -z $ended && $current == -* ]]; then
        case $command in
@OPTIONS@
        esac
        return
    fi
    case $command in
    '') _btfx_choose '@COMMANDS@' ;;
@ARGUMENTS@
    esac
}

complete -F _btfx btfx
)bash";

/// The call that completes a value.
std::string completion_call(const Completion& completion) {
  if (!completion.choices.empty()) return fmt::format("_btfx_choose '{}'", joined(choice_words(completion), " "));
  switch (completion.complete) {
    case Complete::file:
      return "_btfx_file";
    case Complete::directory:
      return "_btfx_directory";
    case Complete::source:
    case Complete::base:
    case Complete::module:
      return fmt::format("_btfx_source '{}'", source_words(completion.complete));
    case Complete::type_name:
    case Complete::running:
      return "_btfx_ask";
    default:
      return ":";
  }
}

/// A pattern of `case` that matches the option of a command, or of any.
std::string pattern(const std::string& command, const OptionSpec& spec) {
  std::vector<std::string> patterns;
  for (const std::string& name : spec.name_list()) {
    patterns.push_back(command.empty() ? "*' " + name + "'" : "'" + command + " " + name + "'");
  }
  return joined(patterns, " | ");
}

std::string names_of(const std::vector<const WordSpec*>& words) {
  std::vector<std::string> names;
  names.reserve(words.size());
  for (const WordSpec* word : words) names.push_back(word->word);
  return joined(names, " ");
}

std::string words_function(const Command& command, const Subject& subject) {
  std::string cases;
  for (const WordSpec* word : words_with_value(command)) {
    cases += fmt::format("    {}) {} ;;\n", word->word, completion_call(completion_of(*word, subject)));
  }
  std::string followers;
  for (const WordSpec& word : command.words) {
    if (word.maybe_one.empty()) continue;
    std::vector<std::string> names;
    for (const WordSpec& follower : word.maybe_one) names.push_back(follower.word);
    followers += fmt::format("        [[ ${{arguments[0]}} == {} ]] && later+=' {}'\n", word.word, joined(names, " "));
  }
  return fmt::format(
      "_btfx_{}_words() {{\n"
      "    local later='{}'\n"
      "    if ((${{#arguments[@]}} == 0)); then\n"
      "        _btfx_source '{} {}'\n"
      "        return\n"
      "    fi\n"
      "    case ${{arguments[-1]}} in\n"
      "{}"
      "    *)\n"
      "{}"
      "        _btfx_choose \"$later\"\n"
      "        ;;\n"
      "    esac\n"
      "}}\n\n",
      command.name, names_of(words_at(command, false)), names_of(words_at(command, true)),
      source_words(Complete::source), cases, followers);
}

}  // namespace

std::string bash_completion(const Subject& subject) {
  std::string takes_value, option_values, options, arguments, word_functions;
  std::vector<std::string> command_names;
  const auto add_values = [&](const std::string& command, const std::vector<OptionSpec>& specs) {
    for (const OptionSpec* spec : shown_options(specs)) {
      if (spec->is_flag()) continue;
      takes_value += fmt::format("    {}) ;;\n", pattern(command, *spec));
      option_values +=
          fmt::format("    {}) {} ;;\n", pattern(command, *spec), completion_call(completion_of(*spec, subject)));
    }
  };
  const auto option_names = [](const std::vector<OptionSpec>& specs) {
    std::vector<std::string> names;
    for (const OptionSpec* spec : shown_options(specs)) {
      for (std::string& name : all_names(*spec)) names.push_back(std::move(name));
    }
    return joined(names, " ");
  };
  const std::string global = option_names(subject.global);
  for (const Command& command : subject.commands) {
    command_names.push_back(command.name);
    add_values(command.name, command.options);
    const std::string own = option_names(command.options);
    if (!own.empty()) options += fmt::format("        {}) _btfx_choose '{} {}' ;;\n", command.name, own, global);
    if (!command.words.empty()) {
      word_functions += words_function(command, subject);
      arguments += fmt::format("    {0}) _btfx_{0}_words ;;\n", command.name);
    } else if (const OptionSpec* argument = last_argument(command)) {
      arguments += fmt::format("    {}) {} ;;\n", command.name, completion_call(completion_of(*argument, subject)));
    }
  }
  add_values("", subject.global);
  options += fmt::format("        *) _btfx_choose '{}' ;;\n", global);

  const auto without_end = [](const std::string& text) { return text.substr(0, text.size() - 1); };
  std::string script = with_release_places(std::string(skeleton));
  script = replaced(std::move(script), "@NOTE@", generated_note);
  script = replaced(std::move(script), "@TAKES_VALUE@", without_end(takes_value));
  script = replaced(std::move(script), "@OPTION_VALUES@", without_end(option_values));
  script = replaced(std::move(script), "@WORD_FUNCTIONS@", word_functions);
  script = replaced(std::move(script), "@OPTIONS@", without_end(options));
  script = replaced(std::move(script), "@COMMANDS@", joined(command_names, " "));
  return replaced(std::move(script), "@ARGUMENTS@", without_end(arguments));
}

}  // namespace btfx::docs

// Completion for zsh.
#include <fmt/format.h>

#include "cmd/cli/docs/docs.h"
#include "cmd/cli/manual.h"

namespace btfx::docs {

namespace {

constexpr std::string_view skeleton = R"zsh(#compdef btfx
# @NOTE@

# Files, the kernels that are installed, and the words in $1.
_btfx_choose_source() {
  local -a images=(@IMAGES@*(N))
  local -aU releases=(@MODULES@/*(N-/:t) ${images#@IMAGES@})
  _alternative 'files:file:_files' "sources:source:($1 ${releases[*]})"
}
_btfx_sources() { _btfx_choose_source '@SOURCES@' }
_btfx_bases() { _btfx_choose_source '@BASES@' }
# What btfx finds: types in the files before the cursor, objects of the running kernel.
_btfx_ask() {
  compadd -- ${(f)"$($program __complete "$PREFIX*" -- $line[1] ${words[1,CURRENT-1]} 2>/dev/null)"}
}

@WORD_FUNCTIONS@_btfx() {
  local curcontext=$curcontext state line program=$words[1]
  local -A opt_args
  local -a global=(
@GLOBAL@
  )
  local -a commands=(
@COMMANDS@
  )

  _arguments -C -s $global '1: :->command' '*:: :->arguments' && return
  case $state in
  command)
    _describe -t commands command commands
    ;;
  arguments)
    curcontext="${curcontext%:*:*}:btfx-$line[1]:"
    case $line[1] in
@CASES@
    esac
    ;;
  esac
}

_btfx "$@"
)zsh";

/// Text inside single quotes in a specification of _arguments.
std::string quoted(std::string text) {
  text = replaced(std::move(text), "`", "");
  text = replaced(std::move(text), "'", "'\\''");
  text = replaced(std::move(text), "[", "\\[");
  text = replaced(std::move(text), "]", "\\]");
  return replaced(std::move(text), ":", "\\:");
}

/// Text inside double parentheses of an action.
std::string escaped_help(std::string text) {
  text = replaced(quoted(std::move(text)), " ", "\\ ");
  text = replaced(replaced(std::move(text), "(", "\\("), ")", "\\)");
  return replaced(std::move(text), ",", "\\,");
}

std::string action(const Completion& completion) {
  if (!completion.choices.empty()) {
    const bool described = !completion.choices.front().second.empty();
    std::vector<std::string> words;
    for (const auto& [word, help] : completion.choices) {
      words.push_back(described ? fmt::format("{}\\:{}", word, escaped_help(help)) : word);
    }
    const std::string list = joined(words, " ");
    return described ? fmt::format("(({}))", list) : fmt::format("({})", list);
  }
  switch (completion.complete) {
    case Complete::file:
      return "_files";
    case Complete::directory:
      return "_files -/";
    case Complete::source:
    case Complete::module:
      return "_btfx_sources";
    case Complete::base:
      return "_btfx_bases";
    case Complete::type_name:
    case Complete::running:
      return "_btfx_ask";
    default:
      return " ";
  }
}

/// The specifications of an option for _arguments, one for each name.
std::string option_lines(const std::vector<OptionSpec>& specs, std::string_view margin, const Subject& subject) {
  std::string out;
  for (const OptionSpec* spec : shown_options(specs)) {
    const std::vector<std::string> names = all_names(*spec);
    const std::string exclusive = spec->repeatable ? "*" : fmt::format("({})", joined(names, " "));
    for (const std::string& name : names) {
      std::string value;
      std::string_view suffix;
      if (!spec->is_flag()) {
        suffix = name.starts_with("--") ? "=" : "+";
        value = fmt::format(":{}:{}", quoted(spec->argument), action(completion_of(*spec, subject)));
      }
      out += fmt::format("{}'{}{}{}[{}]{}'\n", margin, exclusive, name, suffix, quoted(spec->help), value);
    }
  }
  return out;
}

/// `'word:help'` for each word.
std::string word_list(const std::vector<const WordSpec*>& words, std::string_view margin) {
  std::string out;
  for (const WordSpec* word : words) out += fmt::format("{}'{}:{}'\n", margin, word->word, quoted(word->help));
  return out;
}

std::string word_action(const WordSpec& word, const Subject& subject) {
  const Completion completion = completion_of(word, subject);
  if (!completion.choices.empty()) {
    std::vector<std::string> words;
    for (const auto& [choice, help] : completion.choices) {
      words.push_back(fmt::format("'{}{}'", choice, help.empty() ? "" : ":" + quoted(help)));
    }
    return fmt::format("local -a values=({}); _describe -t values value values", joined(words, " "));
  }
  const std::string call = action(completion);
  return call == " " ? fmt::format("_message '{}'", word.argument) : call;
}

/// Completes the words of a command; `words` and `CURRENT` are narrowed to them.
std::string words_function(const Command& command, const Subject& subject) {
  std::string cases;
  for (const WordSpec* word : words_with_value(command)) {
    cases += fmt::format("  {}) {} ;;\n", word->word, word_action(*word, subject));
  }
  std::string followers;
  for (const WordSpec& word : command.words) {
    if (word.maybe_one.empty()) continue;
    std::vector<std::string> names;
    for (const WordSpec& follower : word.maybe_one) names.push_back(follower.word);
    followers += fmt::format("    [[ $words[1] == {} ]] && compadd -- {}\n", word.word, joined(names, " "));
  }
  return fmt::format(
      "_btfx_{}_words() {{\n"
      "  local -a first=(\n{}  )\n"
      "  local -a later=(\n{}  )\n"
      "  if ((CURRENT == 1)); then\n"
      "    _describe -t words word first\n"
      "    _btfx_sources\n"
      "    return\n"
      "  fi\n"
      "  case $words[CURRENT-1] in\n"
      "{}"
      "  *)\n"
      "{}"
      "    _describe -t words word later\n"
      "    ;;\n"
      "  esac\n"
      "}}\n\n",
      command.name, word_list(words_at(command, true), "    "), word_list(words_at(command, false), "    "), cases,
      followers);
}

}  // namespace

std::string zsh_completion(const Subject& subject) {
  std::string commands, cases, word_functions;
  for (const Command& command : subject.commands) {
    commands += fmt::format("    '{}:{}'\n", command.name, quoted(manual_of(command.name).summary));
    std::string arguments;
    if (!command.words.empty()) {
      word_functions += words_function(command, subject);
      arguments = fmt::format("        '*::: :_btfx_{}_words'\n", command.name);
    } else {
      for (const OptionSpec& spec : command.options) {
        if (!spec.is_argument()) continue;
        arguments += fmt::format("        '{}:{}:{}'\n", spec.repeatable ? "*" : "", quoted(spec.names),
                                 action(completion_of(spec, subject)));
      }
    }
    std::string lines = option_lines(command.options, "        ", subject) + arguments;
    lines = replaced(std::move(lines), "\n", " \\\n");
    lines.resize(lines.size() - 3);
    cases += fmt::format("    {})\n      _arguments -s $global \\\n{}\n      ;;\n", command.name, lines);
  }
  const auto without_end = [](const std::string& text) { return text.substr(0, text.size() - 1); };
  std::string script = with_release_places(std::string(skeleton));
  script = replaced(std::move(script), "@SOURCES@", source_words(Complete::source));
  script = replaced(std::move(script), "@BASES@", source_words(Complete::base));
  script = replaced(std::move(script), "@NOTE@", generated_note);
  script = replaced(std::move(script), "@WORD_FUNCTIONS@", word_functions);
  script = replaced(std::move(script), "@GLOBAL@", without_end(option_lines(subject.global, "    ", subject)));
  script = replaced(std::move(script), "@COMMANDS@", without_end(commands));
  return replaced(std::move(script), "@CASES@", without_end(cases));
}

}  // namespace btfx::docs

#include "cmd/cli/parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "cmd/cli/help.h"
#include "cmd/cli/suggest.h"
#include "cmd/cli/words.h"

namespace btfx {

namespace {

/// One option as it was given.
struct Given {
  const OptionSpec* spec;
  std::string value;  ///< of a flag "yes" or "no"
};

/// A command line taken apart.
struct Parts {
  std::vector<Given> options;  ///< in the order of the command line
  std::vector<std::string> arguments;
  bool only_arguments = false;       ///< whether `--` came before the last of them
  std::vector<std::string> unknown;  ///< what looks like an option and is none of the specs

  [[nodiscard]] bool has(std::string_view name) const {
    return std::any_of(options.begin(), options.end(),
                       [&](const Given& given) { return given.spec->long_name() == name; });
  }
};

bool looks_like_option(std::string_view text) {
  return text.size() > 1 && text.front() == '-';
}

/// CLI11 takes the argument after `--name=` for the value; two arguments say what is meant.
std::vector<std::string> with_explicit_empty_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> result;
  bool options = true;
  for (const std::string& argument : arguments) {
    options = options && argument != "--";
    if (options && argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      result.push_back(argument.substr(0, argument.size() - 1));
      result.emplace_back();
    } else {
      result.push_back(argument);
    }
  }
  return result;
}

/// What CLI11 objects to: a value that is missing at the end, or one given to a flag.
[[noreturn]] void explain_mismatch(const std::vector<OptionSpec>& specs, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    if (name == argument) continue;
    for (const OptionSpec& spec : specs) {
      const std::vector<std::string> names = spec.name_list();
      if (spec.is_flag() && (name == spec.negation || std::find(names.begin(), names.end(), name) != names.end())) {
        throw Error(ErrorCode::usage, fmt::format("option '{}' takes no value", name));
      }
    }
  }
  throw Error(ErrorCode::usage, fmt::format("option '{}' needs a value", arguments.back()));
}

/// Takes a command line apart by the options in `specs`. With `up_to_argument`, everything from the first argument on
/// is left as it is.
Parts take_apart(const std::vector<OptionSpec>& specs, const std::vector<std::string>& given, bool up_to_argument) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.prefix_command(up_to_argument);
  std::map<const CLI::Option*, const OptionSpec*> spec_of;
  for (const OptionSpec& spec : specs) {
    if (spec.is_argument()) continue;
    CLI::Option* option = nullptr;
    if (spec.is_flag()) {
      option = app.add_flag(spec.negation.empty() ? spec.names : spec.names + ",!" + spec.negation);
      option->disable_flag_override();
    } else if (spec.greedy) {
      option = app.add_option(spec.names)->expected(1)->allow_extra_args(true);
    } else {
      option = app.add_option(spec.names)->expected(1)->allow_extra_args(false);
    }
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    spec_of[option] = &spec;
  }
  std::vector<std::string> reversed = with_explicit_empty_values(given);
  std::reverse(reversed.begin(), reversed.end());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError&) {
    explain_mismatch(specs, given);
  }

  Parts parts;
  std::map<const CLI::Option*, std::size_t> used;
  for (const CLI::Option* option : app.parse_order()) {
    const OptionSpec* spec = spec_of.at(option);
    const std::string& result = option->results().at(used[option]++);
    parts.options.push_back({spec, !spec->is_flag() ? result : result == "true" ? "yes" : "no"});
  }
  for (std::string& rest : app.remaining()) {
    const bool verbatim = parts.only_arguments || (up_to_argument && !parts.arguments.empty());
    if (!verbatim && rest == "--") {
      parts.only_arguments = true;
    } else if (!verbatim && looks_like_option(rest)) {
      parts.unknown.push_back(std::move(rest));
    } else {
      parts.arguments.push_back(std::move(rest));
    }
  }
  return parts;
}

/// Options that are there to be suggested.
std::vector<std::string> shown_names(const std::vector<OptionSpec>& specs) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : specs) {
    if (spec.hidden || spec.is_argument()) continue;
    for (std::string& name : spec.name_list()) names.push_back(std::move(name));
    if (!spec.negation.empty()) names.push_back(spec.negation);
  }
  return names;
}

void refuse_unknown(const Parts& parts, const std::vector<OptionSpec>& specs, const std::vector<WordSpec>& words = {}) {
  if (parts.unknown.empty()) return;
  std::string name = parts.unknown.front().substr(0, parts.unknown.front().find('='));
  if (name[1] != '-') name.resize(2);
  for (const WordSpec& word : words) {
    if (name != "--" + word.word) continue;
    throw Error(ErrorCode::usage, fmt::format("'{}' is a word of this command and has no dashes", word.word));
  }
  throw Error(ErrorCode::usage, fmt::format("unknown option '{}'{}", name, did_you_mean(name, shown_names(specs))));
}

void check_choice(const OptionSpec& spec, const std::string& name, const std::string& value) {
  if (spec.choices.empty() || std::find(spec.choices.begin(), spec.choices.end(), value) != spec.choices.end()) return;
  throw Error(ErrorCode::usage, fmt::format("{} takes {}, not '{}'", name, either(spec.choices), value));
}

void set_options(const Parts& parts) {
  for (const Given& given : parts.options) {
    const std::string name = fmt::format("option '{}'", given.spec->long_name());
    if (!given.spec->is_flag() && given.value.empty()) {
      throw Error(ErrorCode::usage, name + " needs a value that is not empty");
    }
    check_choice(*given.spec, name, given.value);
    if (given.spec->set) given.spec->set(given.value);
  }
}

/// Gives the arguments to their specs in order; a repeatable one takes all that the ones after it do not need.
void set_arguments(const std::vector<OptionSpec>& specs, const Parts& parts) {
  const std::vector<std::string>& arguments = parts.arguments;
  std::size_t at = 0, needed = 0;
  for (const OptionSpec& spec : specs) {
    if (spec.is_argument() && spec.required) ++needed;
  }
  for (const OptionSpec& spec : specs) {
    if (!spec.is_argument()) continue;
    if (spec.required) --needed;
    if (at == arguments.size() && spec.required) {
      const auto greedy = std::ranges::find_if(parts.options, [](const Given& given) { return given.spec->greedy; });
      const std::string why = greedy == parts.options.end()
                                  ? std::string()
                                  : fmt::format(": {} takes all arguments up to the next option, so name it before",
                                                greedy->spec->long_name());
      throw Error(ErrorCode::usage, fmt::format("{} is missing{}", spec.names, why));
    }
    for (bool first = true; first || spec.repeatable; first = false) {
      const std::size_t reserved = first && spec.required ? 0 : needed;
      if (at + reserved >= arguments.size()) break;
      if (arguments[at].empty()) throw Error(ErrorCode::usage, fmt::format("{} is empty", spec.names));
      check_choice(spec, spec.names, arguments[at]);
      spec.set(arguments[at++]);
    }
  }
  if (at < arguments.size()) {
    throw Error(ErrorCode::usage, fmt::format("unexpected argument '{}'", arguments[at]));
  }
}

std::function<Status(const Context&)> print(std::string text) {
  return [text = std::move(text)](const Context& context) {
    context.out.write(text);
    return Status::yes;
  };
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments, std::vector<Command> commands) {
  Invocation invocation;
  std::string advice = "btfx --help";
  try {
    const std::vector<OptionSpec> global_specs = global_option_specs(invocation.global);

    // The options before the command: what they are does not depend on it.
    const Parts before = take_apart(global_specs, arguments, true);
    if (before.has("--version")) return {.global = {}, .run = print(version_text())};
    if (before.arguments.empty() && before.has("--help")) return {.global = {}, .run = print(overview_text(commands))};
    refuse_unknown(before, global_specs);
    if (before.arguments.empty()) throw Error(ErrorCode::usage, "no command given");
    Command& command = find_command(commands, before.arguments.front());
    advice = fmt::format("btfx {} --help", command.name);
    if (before.has("--help")) return {.global = {}, .run = print(help_text(command))};

    // The rest, by the options of the command and the global ones.
    std::vector<std::string> rest(before.arguments.begin() + 1, before.arguments.end());
    if (before.only_arguments) rest.insert(rest.begin(), "--");
    std::vector<OptionSpec> specs = command.options;
    specs.insert(specs.end(), global_specs.begin(), global_specs.end());
    const Parts after = take_apart(specs, rest, false);
    if (after.has("--version")) return {.global = {}, .run = print(version_text())};
    if (after.has("--help")) return {.global = {}, .run = print(help_text(command))};
    refuse_unknown(after, specs, command.words);
    set_options(before);
    set_options(after);
    if (command.words.empty()) {
      set_arguments(command.options, after);
    } else {
      parse_words(command.words, command.bare_word, after.arguments);
    }
    if (!command.several_bases && invocation.global.base.sources.size() > 1) {
      throw Error(ErrorCode::usage, fmt::format("'{}' takes one base, {} are given", command.name,
                                                invocation.global.base.sources.size()));
    }
    return {.global = invocation.global, .run = std::move(command.run)};
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{} (see '{}')", error.what(), advice));
  }
}

}  // namespace btfx

#include "cmd/cli/parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "base/suggest.h"
#include "cmd/cli/habits.h"
#include "cmd/cli/help.h"
#include "cmd/cli/words.h"

namespace btfx {

namespace {

/// What the options leave over.
struct Rest {
  enum class Asked { nothing, help, version };
  Asked asked = Asked::nothing;
  std::vector<std::string> arguments = {};
  bool only_arguments = false;            ///< whether `--` came before the last of them
  std::vector<std::string> unknown = {};  ///< what looks like an option and is none of the specs
  const OptionSpec* greedy = nullptr;     ///< the option that was given and takes all arguments up to the next option
};

bool looks_like_option(std::string_view text) {
  return text.size() > 1 && text.front() == '-';
}

/// What is wrong with a value; empty when nothing is.
std::string complaint(const OptionSpec& spec, const std::string& value) {
  if (value.empty()) return "the value is empty";
  if (!spec.choices.empty() && std::ranges::find(spec.choices, value) == spec.choices.end()) {
    return fmt::format("'{}' is not {}{}", value, either(spec.choices), did_you_mean(value, spec.choices));
  }
  return spec.check ? spec.check(value) : "";
}

/// `--name=` has no value, but CLI11 gives it the next argument: `--output= FILE` would overwrite FILE.
void refuse_missing_values(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return;
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      throw Error(ErrorCode::usage, fmt::format("{}: the value is empty", argument.substr(0, argument.size() - 1)));
    }
  }
}

/// Makes an option of CLI11 that is checked and set at each place where it is given, so that of those that contradict
/// each other the last counts.
void define(CLI::App& app, const OptionSpec& spec, Rest& rest) {
  CLI::Option* option = nullptr;
  if (spec.is_flag()) {
    const std::string names = spec.negation.empty() ? spec.names : spec.names + ",!" + spec.negation;
    option = app.add_flag_function(names, [&spec](std::int64_t count) { spec.set(count > 0 ? "yes" : "no"); });
  } else {
    option = app.add_option(spec.names, [&spec, &rest](const CLI::results_t& values) {
      if (spec.greedy) rest.greedy = &spec;
      for (const std::string& value : values) spec.set(value);
      return true;
    });
    option->type_name(spec.argument)->expected(1)->allow_extra_args(spec.greedy);
    option->check([&spec](const std::string& value) { return complaint(spec, value); });
  }
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->trigger_on_parse();
}

/// Whether one of the arguments may be that option. Most options are not given, and CLI11 takes long to define one.
bool may_be_given(const OptionSpec& spec, const std::vector<std::string>& given) {
  std::vector<std::string> names = spec.name_list();
  if (!spec.negation.empty()) names.push_back(spec.negation);
  return std::ranges::any_of(given, [&](const std::string& argument) {
    return looks_like_option(argument) && std::ranges::any_of(names, [&](const std::string& name) {
             const bool is_long = name.starts_with("--");
             return is_long ? argument.starts_with(name) : argument.find(name[1]) != std::string::npos;
           });
  });
}

/// Sets the options of `specs`. With `up_to_argument`, everything from the first argument on is left over.
Rest parse_options(const std::vector<OptionSpec>& specs, const std::vector<std::string>& given, bool up_to_argument) {
  refuse_missing_values(given);
  const std::span<const std::string> looked_at(given.data(),
                                               up_to_argument ? std::min<std::size_t>(given.size(), 1) : given.size());
  if (std::ranges::none_of(looked_at, looks_like_option)) return {.arguments = given};
  Rest rest;
  CLI::App app;
  app.set_help_flag("-h,--help");
  app.set_version_flag("-V,--version", version_text());
  app.allow_extras();
  app.prefix_command(up_to_argument);
  for (const OptionSpec& spec : specs) {
    if (!spec.is_argument() && spec.set && may_be_given(spec, given)) define(app, spec, rest);
  }
  try {
    app.parse(std::vector<std::string>(given.rbegin(), given.rend()));
  } catch (const CLI::CallForHelp&) {
    rest.asked = Rest::Asked::help;
  } catch (const CLI::CallForVersion&) {
    rest.asked = Rest::Asked::version;
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorCode::usage, error.what());
  }
  for (std::string& left : app.remaining()) {
    const bool verbatim = rest.only_arguments || (up_to_argument && !rest.arguments.empty());
    if (!verbatim && left == "--") {
      rest.only_arguments = true;
    } else if (!verbatim && looks_like_option(left)) {
      rest.unknown.push_back(std::move(left));
    } else {
      rest.arguments.push_back(std::move(left));
    }
  }
  return rest;
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

void refuse_unknown(const Rest& rest, const std::vector<OptionSpec>& specs, const std::vector<WordSpec>& words = {}) {
  if (rest.unknown.empty()) return;
  std::string name = rest.unknown.front().substr(0, rest.unknown.front().find('='));
  if (name[1] != '-') name.resize(2);
  for (const WordSpec& word : words) {
    if (name != "--" + word.word) continue;
    throw Error(ErrorCode::usage, fmt::format("'{}' is a word of this command and has no dashes", word.word));
  }
  const std::string instead = words.empty() ? instead_of_option(name, rest.arguments) : "";
  throw Error(ErrorCode::usage,
              fmt::format("unknown option '{}'{}", name,
                          instead.empty() ? did_you_mean(name, shown_names(specs)) : "; use: " + instead));
}

/// Gives the arguments to their specs in order; a repeatable one takes all that the ones after it do not need.
void set_arguments(const std::vector<OptionSpec>& specs, const Rest& rest) {
  const std::vector<std::string>& arguments = rest.arguments;
  std::size_t at = 0, needed = 0;
  for (const OptionSpec& spec : specs) {
    if (spec.is_argument() && spec.required) ++needed;
  }
  for (const OptionSpec& spec : specs) {
    if (!spec.is_argument()) continue;
    if (spec.required) --needed;
    if (at == arguments.size() && spec.required) {
      const std::string why = rest.greedy == nullptr
                                  ? ""
                                  : fmt::format("; {} takes all arguments up to the next option, so give {} before it",
                                                rest.greedy->long_name(), spec.names);
      throw Error(ErrorCode::usage, fmt::format("{} is missing{}", spec.names, why));
    }
    for (bool first = true; first || spec.repeatable; first = false) {
      const std::size_t reserved = first && spec.required ? 0 : needed;
      if (at + reserved >= arguments.size()) break;
      const std::string& value = arguments[at++];
      if (const std::string wrong = complaint(spec, value); !wrong.empty()) {
        throw Error(ErrorCode::usage, fmt::format("{}: {}", spec.names, wrong));
      }
      spec.set(value);
    }
  }
  if (at < arguments.size()) {
    throw Error(ErrorCode::usage, fmt::format("unexpected argument '{}'", arguments[at]));
  }
}

Invocation printing(std::string text) {
  return {.global = {}, .run = [text = std::move(text)](const Context& context) {
            context.out.write(text);
            return Status::yes;
          }};
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments, std::vector<Command> commands) {
  using Asked = Rest::Asked;
  Invocation invocation;
  std::string advice = "btfx --help";
  try {
    const std::vector<OptionSpec> global_specs = global_option_specs(invocation.global);

    // The options before the command: what they are does not depend on it.
    const Rest before = parse_options(global_specs, arguments, true);
    if (before.asked == Asked::version) return printing(version_text());
    if (before.arguments.empty() && before.asked == Asked::help) return printing(overview_text(commands));
    refuse_unknown(before, global_specs);
    std::vector<std::string> others = before.arguments;
    if (!others.empty() && others.front() == "btf") others.erase(others.begin());  // as in `bpftool btf dump`
    if (others.empty()) {
      if (before.arguments.empty() && !arguments.empty()) throw Error(ErrorCode::usage, "no command given");
      return printing(overview_text(commands));
    }
    const std::string name = others.front();
    others.erase(others.begin());
    if (name == "version") return printing(version_text());
    Command& command = find_command(commands, name, others);
    advice = fmt::format("btfx {} --help", command.name);
    if (before.asked == Asked::help) return printing(help_text(command));

    // The rest, by the options of the command and the global ones.
    if (before.only_arguments) others.insert(others.begin(), "--");
    std::vector<OptionSpec> specs = command.options;
    specs.insert(specs.end(), global_specs.begin(), global_specs.end());
    const Rest after = parse_options(specs, others, false);
    if (after.asked == Asked::version) return printing(version_text());
    if (after.asked == Asked::help) return printing(help_text(command));
    refuse_unknown(after, specs, command.words);
    if (command.words.empty()) {
      set_arguments(command.options, after);
    } else {
      parse_words(command.words, command.bare_word, after.arguments);
    }
    if (!command.several_bases && invocation.global.base.sources.size() > 1) {
      throw Error(ErrorCode::usage, fmt::format("'{}' takes one base, {} are given", command.name,
                                                invocation.global.base.sources.size()));
    }
    return {.global = invocation.global, .reports = command.reports(), .run = std::move(command.run)};
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{} (see '{}')", error.what(), advice));
  }
}

}  // namespace btfx

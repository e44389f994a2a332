#include "cmd/cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "base/suggest.h"
#include "cmd/cli/habits.h"
#include "cmd/cli/manual.h"

namespace btfx {

namespace {

constexpr std::size_t line_width = 80;
constexpr std::size_t text_column = 28;

/// Appends `text`, broken between words, each line from `column` on; the first continues what is on the line already.
void append_wrapped(std::string& out, std::string_view text, std::size_t column, std::size_t used) {
  out.append(column > used ? column - used : 0, ' ');
  std::size_t position = std::max(column, used);
  bool start_of_line = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!start_of_line && position + 1 + word.size() > line_width) {
      out += '\n';
      out.append(column, ' ');
      position = column;
      start_of_line = true;
    }
    if (!start_of_line) {
      out += ' ';
      ++position;
    }
    out += word;
    position += word.size();
    start_of_line = false;
  }
  out += '\n';
}

void append_entry(std::string& out, const std::string& heading, std::string_view text) {
  out += "  " + heading;
  std::size_t used = heading.size() + 2;
  if (used + 2 > text_column) {
    out += '\n';
    used = 0;
  }
  append_wrapped(out, text, text_column, used);
}

std::string without_quotes(std::string text) {
  std::erase(text, '`');
  return text;
}

Heading plain_heading() {
  const auto same = [](const std::string& text) { return text; };
  return {same, same};
}

void append_options(std::string& out, std::string_view title, const std::vector<OptionSpec>& specs, bool arguments) {
  bool first = true;
  for (const OptionSpec& spec : specs) {
    if (spec.hidden || spec.is_argument() != arguments) continue;
    if (first) out += fmt::format("\n{}:\n", title);
    first = false;
    append_entry(out, plain_heading().of(spec), without_quotes(described(spec)));
  }
}

void append_examples(std::string& out, const Manual& manual) {
  out += "\nExamples:\n";
  for (const auto& [purpose, lines] : manual.examples) {
    out += "  ";
    for (const char c : lines) out += c == '\n' ? "\n  " : std::string(1, c);
    out += "\n";
    append_wrapped(out, without_quotes(purpose), 6, 0);
  }
}

/// A section of btfx(1) as `btfx help` takes it: "exit-status".
std::string topic_of(const ManualSection& section) {
  std::string name;
  for (const char c : section.title) name += c == ' ' ? '-' : static_cast<char>(std::tolower(c));
  return name;
}

std::vector<std::string> topics(const Manual& manual) {
  std::vector<std::string> names;
  for (const ManualSection& section : manual.sections) {
    if (section.title != "DESCRIPTION") names.push_back(topic_of(section));
  }
  return names;
}

std::string plain_text(const ManualSection& section) {
  std::string out;
  bool in_list = false;
  for (const ManualBlock& block : section.blocks) {
    const bool item = block.kind == ManualBlock::Kind::item;
    if (!out.empty() && !(in_list && item)) out += "\n";
    in_list = item;
    if (block.kind == ManualBlock::Kind::verbatim) {
      std::string_view lines = block.text;
      while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        out += fmt::format("    {}\n", lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
      }
    } else if (item) {
      out += "  * ";
      append_wrapped(out, without_quotes(block.term.empty() ? block.text : block.term + ": " + block.text), 4, 4);
    } else {
      append_wrapped(out, without_quotes(block.text), 0, 0);
    }
  }
  return out;
}

}  // namespace

std::string Heading::of(const OptionSpec& spec) const {
  if (spec.is_argument()) return value(spec.names);
  std::string text;
  for (const std::string& part : spec.name_list()) {
    if (!text.empty()) text += ", ";
    text += name(part);
  }
  if (!spec.negation.empty()) text += ", " + name(spec.negation);
  if (!spec.argument.empty()) text += " " + value(spec.argument);
  return text;
}

std::string Heading::of(const WordSpec& spec) const {
  std::string text = name(spec.word);
  const auto join = [this](const std::vector<WordSpec>& alternatives) {
    std::string list;
    for (const WordSpec& alternative : alternatives) {
      if (!list.empty()) list += " | ";
      list += of(alternative);
    }
    return list;
  };
  if (!spec.one_of.empty()) {
    text += " { " + join(spec.one_of) + " }";
  } else if (!spec.argument.empty()) {
    text += " " + value(spec.argument);
  }
  if (!spec.maybe_one.empty()) text += " [" + join(spec.maybe_one) + "]";
  return text;
}

std::string described(const OptionSpec& spec) {
  if (spec.choices.empty()) return spec.help;
  std::string list;
  for (std::size_t i = 0; i < spec.choices.size(); ++i) {
    if (i != 0) list += i + 1 == spec.choices.size() ? " or " : ", ";
    list += "`" + spec.choices[i] + "`";
  }
  return fmt::format("{} ({})", spec.help, list);
}

std::string version_text() {
  return "btfx " BTFX_VERSION "\n";
}

std::string overview_text(const std::vector<Command>& commands) {
  using Group = Command::Group;
  const Manual manual = manual_of("btfx");
  std::string out = fmt::format("Usage: btfx {}\n\n", manual.synopsis.front());
  append_wrapped(out, without_quotes(manual.sections.front().blocks.front().text), 0, 0);
  for (const auto& [group, title] : {std::pair(Group::look, "Look"), std::pair(Group::judge, "Judge"),
                                     std::pair(Group::change, "Change"), std::pair(Group::help, "Help")}) {
    out += fmt::format("\n{}:\n", title);
    for (const Command& command : commands) {
      if (command.group == group) append_entry(out, command.name, manual_of(command.name).summary);
    }
  }
  out += "\n";
  append_wrapped(out, without_quotes(manual.find("SOURCES")->blocks.front().text), 0, 0);
  append_wrapped(out, fmt::format("'btfx help TOPIC' describes more: {}.", either(topics(manual))), 0, 0);
  append_examples(out, manual);
  GlobalOptions unused;
  append_options(out, "Global options, before or after the command", global_option_specs(unused), false);
  out += "\n'btfx help COMMAND' or 'btfx COMMAND --help' describes a command.\n";
  return out;
}

std::string topic_text(const std::string& name) {
  const Manual manual = manual_of("btfx");
  for (const ManualSection& section : manual.sections) {
    if (topic_of(section) == name) return plain_text(section);
  }
  return {};
}

std::string help_text(const Command& command) {
  const Manual manual = manual_of(command.name);
  std::string out;
  for (const std::string& line : manual.synopsis) {
    const std::string head = fmt::format("{} btfx {} ", out.empty() ? "Usage:" : "      ", command.name);
    out += head;
    append_wrapped(out, line, head.size(), head.size());
  }
  out += fmt::format("\n{}.\n", manual.summary);
  append_options(out, "Arguments", command.options, true);
  if (!command.words.empty()) out += "\nArguments:\n";
  for (const WordSpec& word : command.words) append_entry(out, plain_heading().of(word), without_quotes(word.help));
  append_options(out, "Options", command.options, false);
  append_examples(out, manual);
  std::string globals;
  GlobalOptions unused;
  for (const OptionSpec& spec : global_option_specs(unused)) globals += " " + spec.name_list().front();
  return out + fmt::format("\nGlobal options:{} ('btfx --help')\n", globals);
}

Command* command_of(std::vector<Command>& commands, const std::string& name) {
  const auto found = std::ranges::find_if(commands, [&](const Command& command) {
    return command.name == name || std::ranges::find(command.synonyms, name) != command.synonyms.end();
  });
  return found == commands.end() ? nullptr : &*found;
}

namespace {

/// What to type instead of a command that is not there: what does its work, or the nearest of the commands and of
/// `names`.
std::string instead_or_nearest(const std::string& name, const std::vector<std::string>& arguments,
                               const std::vector<Command>& commands, std::vector<std::string> names = {}) {
  if (const std::string instead = instead_of_command(name, arguments); !instead.empty()) return "; use: " + instead;
  std::ranges::transform(commands, std::back_inserter(names), &Command::name);
  return did_you_mean(name, names);
}

Error unknown_topic(const std::vector<Command>& commands, const std::string& name) {
  const std::string instead = instead_or_nearest(name, {}, commands, topics(manual_of("btfx")));
  return {ErrorCode::usage, fmt::format("no command or topic is called '{}'{}", name,
                                        instead.empty() ? "; 'btfx help' lists them" : instead)};
}

}  // namespace

Command& find_command(std::vector<Command>& commands, const std::string& name,
                      const std::vector<std::string>& arguments) {
  if (Command* const found = command_of(commands, name)) return *found;
  throw Error(ErrorCode::usage,
              fmt::format("unknown command '{}'{}", name, instead_or_nearest(name, arguments, commands)));
}

Command make_help_command() {
  struct Options {
    std::string topic;
  };
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "help";
  command.value("TOPIC", "TOPIC", options->topic, "A command, or a part of the manual such as `sources`",
                Complete::command);
  command.run = [options](const Context& context) {
    std::vector<Command> commands = all_commands();
    std::string text = options->topic.empty() ? overview_text(commands) : topic_text(options->topic);
    if (text.empty()) {
      const Command* const found = command_of(commands, options->topic);
      if (found == nullptr) throw unknown_topic(commands, options->topic);
      text = help_text(*found);
    }
    context.out.write(text);
    return Status::yes;
  };
  return command;
}

}  // namespace btfx

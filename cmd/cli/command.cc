#include "cmd/cli/command.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "btf/kinds.h"

namespace btfx {

std::vector<std::string> OptionSpec::name_list() const {
  std::vector<std::string> list;
  for (std::size_t at = 0; at <= names.size();) {
    const std::size_t comma = std::min(names.find(',', at), names.size());
    list.push_back(names.substr(at, comma - at));
    at = comma + 1;
  }
  return list;
}

std::string OptionSpec::long_name() const {
  return name_list().back();
}

OptionSpec& Command::flag(std::string names, bool& field, std::string help) {
  OptionSpec& spec =
      options.emplace_back(OptionSpec{.names = std::move(names), .argument = {}, .help = std::move(help)});
  spec.set = [&field](const std::string& value) { field = value == "yes"; };
  return spec;
}

OptionSpec& Command::value(std::string names, std::string argument, std::string& field, std::string help,
                           Complete complete) {
  OptionSpec& spec = options.emplace_back(OptionSpec{
      .names = std::move(names), .argument = std::move(argument), .help = std::move(help), .complete = complete});
  spec.set = [&field](const std::string& value) { field = value; };
  return spec;
}

OptionSpec& Command::list(std::string names, std::string argument, std::vector<std::string>& field, std::string help,
                          Complete complete) {
  OptionSpec& spec = options.emplace_back(OptionSpec{.names = std::move(names),
                                                     .argument = std::move(argument),
                                                     .help = std::move(help),
                                                     .complete = complete,
                                                     .repeatable = true});
  spec.set = [&field](const std::string& value) { field.push_back(value); };
  return spec;
}

OptionSpec& Command::globs(std::string names, std::vector<std::string>& field, std::string help) {
  OptionSpec& spec = list(std::move(names), "GLOB", field, std::move(help), Complete::type_name);
  spec.set = [&field](const std::string& value) {
    for (std::string& part : list_parts(value)) field.push_back(std::move(part));
  };
  return spec;
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most,
                                          bool any_base) {
  int base = 10;
  if (any_base && text.size() > 1 && text[0] == '0') {
    const bool hex = text[1] == 'x' || text[1] == 'X';
    base = hex ? 16 : 8;
    text.remove_prefix(hex ? 2 : 1);
  }
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number < least || number > most) return std::nullopt;
  return number;
}

std::vector<std::string> list_parts(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    if (std::string_view("[(<{").find(c) != std::string_view::npos) ++depth;
    if (std::string_view("])>}").find(c) != std::string_view::npos && depth > 0) --depth;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  std::erase(parts, "");
  return parts;
}

std::string wrong_number(const std::string& text, std::uint64_t least, std::uint64_t most) {
  if (parse_number(text, least, most)) return {};
  return fmt::format("'{}' is not a number from {} to {}", text, least, most);
}

std::vector<std::string> kind_words() {
  std::vector<std::string> words;
  for (std::uint8_t kind = 1; kind < known_kinds; ++kind) words.push_back(lower_name(Kind{kind}));
  return words;
}

std::vector<Command> all_commands() {
  using Group = Command::Group;
  std::vector<Command> commands;
  const auto add = [&commands](Group group, Command command, std::vector<std::string> synonyms = {}) {
    command.group = group;
    command.synonyms = std::move(synonyms);
    commands.push_back(std::move(command));
  };
  add(Group::look, make_dump_command());
  add(Group::look, make_list_command(), {"ls", "show", "info"});
  add(Group::look, make_extract_command());
  add(Group::judge, make_check_command(), {"verify", "validate"});
  add(Group::judge, make_diff_command(), {"compare"});
  add(Group::judge, make_relocate_command());
  add(Group::judge, make_core_command());
  add(Group::change, make_distill_command());
  add(Group::change, make_dedup_command());
  add(Group::change, make_merge_command());
  add(Group::change, make_rebase_command());
  add(Group::change, make_resolve_ids_command(), {"resolve_btfids"});
  add(Group::help, make_help_command());
  return commands;
}

}  // namespace btfx

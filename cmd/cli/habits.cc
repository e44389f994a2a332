#include "cmd/cli/habits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace btfx {

std::string in_shell(const std::string& argument) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_./:=+-@%,").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!argument.empty() && std::ranges::all_of(argument, plain)) return argument;
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

namespace {

std::string argument_or(const std::vector<std::string>& arguments, std::size_t at, std::string_view placeholder) {
  return at < arguments.size() ? in_shell(arguments[at]) : std::string(placeholder);
}

/// bpftool's `gen min_core_btf INPUT OUTPUT OBJECT...`
std::string minimal(const std::vector<std::string>& arguments) {
  std::string objects;
  for (std::size_t i = 3; i < arguments.size(); ++i) objects += in_shell(arguments[i]) + " ";
  return fmt::format("btfx core {}-B {} --minimal {}", objects.empty() ? "OBJECT " : objects,
                     argument_or(arguments, 1, "BASE"), argument_or(arguments, 2, "FILE"));
}

std::string layout(const std::string& source, const std::string& type) {
  return fmt::format("btfx dump {} format layout name {}", source, type);
}

}  // namespace

std::string instead_of_command(std::string_view command, const std::vector<std::string>& arguments) {
  const std::string source = argument_or(arguments, 0, "running");
  if (command == "gen" && (arguments.empty() || arguments.front() == "min_core_btf")) return minimal(arguments);
  if (command == "header" || command == "vmlinux.h") return fmt::format("btfx dump {} format c -o vmlinux.h", source);
  if (command == "pahole" || command == "layout") return layout(source, argument_or(arguments, 1, "TYPE"));
  if (command == "prog" || command == "map") return fmt::format("btfx dump {} id {}", command, "ID");
  return {};
}

std::string instead_of_option(std::string_view option, const std::vector<std::string>& arguments) {
  if (option != "-C") return {};
  return layout(argument_or(arguments, 1, "running"), argument_or(arguments, 0, "TYPE"));
}

}  // namespace btfx

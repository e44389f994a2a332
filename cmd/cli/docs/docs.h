// The manual pages and completions as text, made from the definitions of the commands.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/cli/command.h"

namespace btfx::docs {

/// All there is to describe.
struct Subject {
  std::vector<Command> commands;
  std::vector<OptionSpec> global;  ///< the global options
};

/// btfx(1), and btfx-COMMAND(1).
std::string overview_page(const Subject& subject);
std::string command_page(const Command& command);

std::string bash_completion(const Subject& subject);
std::string zsh_completion(const Subject& subject);
std::string fish_completion(const Subject& subject);

/// The options that are shown to users: neither hidden nor arguments.
std::vector<const OptionSpec*> shown_options(const std::vector<OptionSpec>& specs);
/// All names of an option, its negation included.
std::vector<std::string> all_names(const OptionSpec& spec);
/// The argument that further arguments of a command are completed as; null when it takes none.
const OptionSpec* last_argument(const Command& command);
/// The words that may stand first, or later.
std::vector<const WordSpec*> words_at(const Command& command, bool first);
/// Every word after which a value is completed, then those that follow `one_of` words; each word once, so that the
/// `name` of types goes before the `name` of a program.
std::vector<const WordSpec*> words_with_value(const Command& command);

/// What a source may be besides a file and a release: one definition for all shells.
std::string source_words(Complete complete);
/// `text`, where `@MODULES@` is replaced by the directory with a directory for each release, and `@IMAGES@` by what the
/// release follows in the paths of installed kernels.
std::string with_release_places(std::string text);

/// What completes an option, argument or word: its choices with what each means, or a kind of values.
struct Completion {
  Complete complete = Complete::nothing;
  std::vector<std::pair<std::string, std::string>> choices = {};  ///< a word, and its help or nothing
};
Completion completion_of(const OptionSpec& spec, const Subject& subject);
Completion completion_of(const WordSpec& spec, const Subject& subject);
/// The words of the choices.
std::vector<std::string> choice_words(const Completion& completion);

std::string joined(const std::vector<std::string>& parts, std::string_view separator);
/// `text` with each `from` replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to);

/// The first line of every generated file, as a comment.
inline constexpr std::string_view generated_note =
    "Made by btfx-docs from the definitions of the commands in cmd/: change them, then run `ninja docs`.";

}  // namespace btfx::docs

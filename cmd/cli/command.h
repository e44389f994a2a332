// What a command is: its options and words and a run function, and the one definition of each option, from which the
// parser, --help, the manual pages and the completions are all made.
//
// Words: an *option* begins with a dash; an *argument* does not; a *word* is an argument that the command itself gives
// a meaning, as bpftool does: `dump file X format raw`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run/context.h"

namespace btfx {

/// What a value is completed with in a shell.
enum class Complete {
  nothing,
  file,
  directory,
  source,     ///< whatever holds one BTF: a file, `running`, a kernel release
  base,       ///< the same, or `none`
  module,     ///< files, directories, packages
  kind,       ///< the kinds of BTF types
  type_name,  ///< the names of types in the files on the command line
  running,    ///< the ids, names or tags of objects of the running kernel, as the words before it say
  command,
};

/// One option or argument of a command.
struct OptionSpec {
  std::string names = {};     ///< "-o,--output"; an argument has a bare name: "MODULE"
  std::string argument = {};  ///< what its value is called, e.g. "FILE"; empty for a flag
  std::string help = {};      ///< one sentence, no full stop
  Complete complete = Complete::nothing;
  std::vector<std::string> choices = {};      ///< the only values allowed, if not empty
  std::vector<std::string> choice_help = {};  ///< what each of them means, in their order; or nothing
  bool repeatable = false;                    ///< of another option the last value counts
  bool greedy = false;                        ///< an option that takes all arguments up to the next option
  bool required = false;                      ///< arguments only
  bool hidden = false;                        ///< accepted, but not shown: the spellings of another tool
  std::string negation = {};                  ///< for a flag the option that takes it back, e.g. "--no-kfuncs"
  /// What is wrong with a value, such as "'x' is not a number"; nothing when it is right. Called before `set`.
  std::function<std::string(const std::string&)> check = {};
  std::function<void(const std::string&)> set = {};  ///< called for each value; flags: with "yes", or "no" if negated

  [[nodiscard]] bool is_flag() const { return argument.empty(); }
  [[nodiscard]] bool is_argument() const { return !names.empty() && names.front() != '-'; }
  /// The single names: {"-o", "--output"}.
  [[nodiscard]] std::vector<std::string> name_list() const;
  /// The longest, for messages: "--output".
  [[nodiscard]] std::string long_name() const;
};

/// A word of a command's grammar and what may follow it.
struct WordSpec {
  enum class Where { first, later, anywhere };

  std::string word = {};
  std::string argument = {};  ///< what its value is called; empty when none follows
  std::string help = {};      ///< one sentence, no full stop; empty for alternatives, whose word says it
  Complete complete = Complete::nothing;
  std::vector<std::string> choices = {};
  std::vector<std::string> choice_help = {};  ///< what each of them means, in their order; or nothing
  Where where = Where::later;
  std::vector<WordSpec> one_of = {};                 ///< one of these follows, with its value
  std::vector<WordSpec> maybe_one = {};              ///< then one of these may follow
  std::function<void(const std::string&)> set = {};  ///< called with the value, or with the word when none follows
};

/// A whole number in text: decimal, and with `any_base` also 0x... and 0... as C writes them. Nothing when it is none
/// or lies outside [least, most].
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most,
                                          bool any_base = false);

/// What is wrong with a decimal number that has to be within [least, most]; empty when nothing is.
std::string wrong_number(const std::string& text, std::uint64_t least, std::uint64_t most);

/// A word that an option takes for a value, and what it means: a few words, no full stop.
template <typename T>
struct Choice {
  std::string word;
  T value;
  std::string help;
};

/// A command: its options and words, and what runs. Its summary, synopsis, examples and the prose of its manual page
/// are in cmd/manual/NAME.txt.
class Command {
 public:
  enum class Group { hidden, look, judge, change, help };

  std::string name;
  std::vector<std::string> synonyms = {};  ///< other names that users of other tools type
  Group group = Group::hidden;             ///< where the list of commands shows it
  std::vector<OptionSpec> options = {};    ///< with the arguments among them, in their order
  std::vector<WordSpec> words = {};        ///< if there are any, they take all arguments
  std::string bare_word = {};              ///< the word that a first argument which is none stands for
  bool several_bases = false;              ///< whether -B may be repeated
  /// Whether standard output gets a report, which -q leaves out, and not data; asked when the options are set.
  std::function<bool()> reports = [] { return false; };
  std::function<Status(const Context&)> run = {};

  // Binding to the fields of an options struct that `run` keeps alive; each returns the spec for further settings.
  OptionSpec& flag(std::string names, bool& field, std::string help);
  OptionSpec& value(std::string names, std::string argument, std::string& field, std::string help,
                    Complete complete = Complete::file);
  OptionSpec& list(std::string names, std::string argument, std::vector<std::string>& field, std::string help,
                   Complete complete = Complete::file);
  /// Shell patterns for names, several with commas or by repeating the option.
  OptionSpec& globs(std::string names, std::vector<std::string>& field, std::string help);
  /// A decimal number within [least, most].
  template <typename Field>
  OptionSpec& number(std::string names, std::string argument, Field& field, std::uint64_t least, std::uint64_t most,
                     std::string help) {
    OptionSpec& spec = options.emplace_back(
        OptionSpec{.names = std::move(names), .argument = std::move(argument), .help = std::move(help)});
    spec.check = [least, most](const std::string& text) { return wrong_number(text, least, most); };
    spec.set = [&field](const std::string& text) { field = static_cast<Field>(*parse_number(text, 0, ~0ULL)); };
    return spec;
  }
  /// One of a few words, each meaning a value of `Field`'s type (which may be optional).
  template <typename Field, typename T>
  OptionSpec& choice(std::string names, std::string argument, Field& field, std::string help,
                     std::vector<Choice<T>> choices) {
    OptionSpec& spec = options.emplace_back(
        OptionSpec{.names = std::move(names), .argument = std::move(argument), .help = std::move(help)});
    for (const Choice<T>& choice : choices) {
      spec.choices.push_back(choice.word);
      spec.choice_help.push_back(choice.help);
    }
    spec.set = [&field, choices = std::move(choices)](const std::string& text) {
      for (const Choice<T>& choice : choices) {
        if (choice.word == text) field = choice.value;
      }
    };
    return spec;
  }
};

/// The options that every command has, bound to `global`; -h and -V are among them and bound to nothing.
std::vector<OptionSpec> global_option_specs(GlobalOptions& global);

/// The parts of a list of names or patterns, `task_struct,sk_*`. Commas inside brackets of any kind do not separate:
/// they occur in patterns (`[a,b]*`) and in the names of Rust and C++ (`Foo<A, B>`).
std::vector<std::string> list_parts(std::string_view text);

/// The kinds of types as users write them: "int", "func_proto".
std::vector<std::string> kind_words();

/// All commands that users are shown, in the order of the help text. Each make_NAME_command() is in cmd/NAME.cc.
std::vector<Command> all_commands();
Command make_dump_command();
Command make_extract_command();
Command make_list_command();
Command make_check_command();
Command make_merge_command();
Command make_rebase_command();
Command make_distill_command();
Command make_dedup_command();
Command make_relocate_command();
Command make_resolve_ids_command();
Command make_diff_command();
Command make_core_command();
Command make_help_command();
/// What the completions of the shells ask; hidden, and so not among all_commands().
Command make_complete_command();

}  // namespace btfx

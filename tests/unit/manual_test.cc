#include "cmd/cli/manual.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "catch.h"
#include "cmd/cli/command.h"

namespace btfx {
namespace {

using BlockKind = ManualBlock::Kind;

constexpr std::string_view page = R"(Copy things

# SYNOPSIS

FROM TO [--deep]
    [--slow]
--list

# DESCRIPTION

Copies `FROM`
to TO.
    a = b

    c = d

More.

# NOTES

* a, `b`: the first: of two
  lines
* c: the second
* the last

After the list.

# EXIT STATUS

* 0: copied

# EXAMPLES

Copy one thing:
    btfx copy a b

Copy two, one
after the other:

    btfx copy a b
    btfx copy c d
)";

/// `page` with the first `from` replaced.
std::string edited(std::string_view from, std::string_view to) {
  std::string text(page);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& text) {
  try {
    parse_manual(text, "copy.txt");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::malformed);
    return error.what();
  }
  return "accepted";
}

TEST_CASE("A page of the manual is taken apart") {
  const Manual manual = parse_manual(page, "copy.txt");
  CHECK(manual.summary == "Copy things");
  CHECK(manual.synopsis == std::vector<std::string>{"FROM TO [--deep] [--slow]", "--list"});
  REQUIRE(manual.sections.size() == 3);
  CHECK(manual.sections[0].title == "DESCRIPTION");
  const std::vector<ManualBlock>& description = manual.sections[0].blocks;
  REQUIRE(description.size() == 4);
  CHECK(description[0].kind == BlockKind::paragraph);
  CHECK(description[0].text == "Copies `FROM` to TO.");
  CHECK(description[1].kind == BlockKind::verbatim);
  CHECK(description[1].text == "a = b");
  CHECK(description[2].text == "c = d");
  CHECK(description[3].text == "More.");
  const ManualSection* notes = manual.find("NOTES");
  REQUIRE(notes == &manual.sections[1]);
  REQUIRE(notes->blocks.size() == 4);
  CHECK(notes->blocks[0].kind == BlockKind::item);
  CHECK(notes->blocks[0].term == "a, `b`");
  CHECK(notes->blocks[0].text == "the first: of two lines");
  CHECK(notes->blocks[1].term == "c");
  CHECK(notes->blocks[1].text == "the second");
  CHECK(notes->blocks[2].kind == BlockKind::item);
  CHECK(notes->blocks[2].term.empty());
  CHECK(notes->blocks[2].text == "the last");
  CHECK(notes->blocks[3].kind == BlockKind::paragraph);
  CHECK(manual.find("SYNOPSIS") == nullptr);
  CHECK(manual.find("NOTE") == nullptr);
  REQUIRE(manual.examples.size() == 2);
  CHECK(manual.examples[0].purpose == "Copy one thing");
  CHECK(manual.examples[0].command == "btfx copy a b");
  CHECK(manual.examples[1].purpose == "Copy two, one after the other");
  CHECK(manual.examples[1].command == "btfx copy a b\nbtfx copy c d");
}

TEST_CASE("A page that keeps to no form is refused with the line") {
  const auto refused = [](std::string_view from, std::string_view to) { return refusal(edited(from, to)); };
  CHECK(refusal(std::string(page)) == "accepted");
  CHECK(refusal("") == "copy.txt: line 0: the first line is the summary");
  CHECK(refused("Copy things", "Copy things.") == "copy.txt: line 1: the summary ends without a full stop");
  CHECK(refused("# SYNOPSIS", "SYNOPSIS") == "copy.txt: line 3: a section begins with '# TITLE'");
  CHECK(refused("FROM TO [", "    FROM TO [") == "copy.txt: line 5: a synopsis begins at the margin");
  CHECK(refused("Copies `FROM`", "Copies `FROM") ==
        "copy.txt: line 18: a backquote is open in \"Copies `FROM to TO.\"");
  CHECK(refused("\nAfter the list.", "After the list.") ==
        "copy.txt: line 25: an empty line separates a paragraph from what is before it");
  CHECK(refused("After the list.", "  After the list.") ==
        "copy.txt: line 26: two blanks continue an item, and there is none");
  CHECK(refused("More.", "More. ") == "copy.txt: line 17: a blank ends the line");
  CHECK(refused("More.", "\tMore.") == "copy.txt: line 17: the line has a tab");
  CHECK(refused("More.", std::string(101, 'm')) == "copy.txt: line 17: the line has more than 100 characters");
  CHECK(refused("More.", std::string(100, 'm')) == "accepted");
  CHECK(refused("* 0: copied\n", "") == "copy.txt: line 30: section EXIT STATUS is empty");
  CHECK(refused("# NOTES", "# DESCRIPTION") == "copy.txt: line 27: section DESCRIPTION is there twice");
  CHECK(refused("one thing:", "one thing") ==
        "copy.txt: line 41: an example is 'PURPOSE:' and an indented command, at \"Copy one thing\"");
  CHECK(refused("    btfx copy a b\n    btfx copy c d\n", "") ==
        "copy.txt: line 39: an example is 'PURPOSE:' and an indented command, at \"Copy two, one after the other:\"");
  CHECK(refused("# SYNOPSIS\n\nFROM TO [--deep]\n    [--slow]\n--list\n\n", "") ==
        "copy.txt: line 35: section SYNOPSIS is missing");
  CHECK(refused("# DESCRIPTION", "# DESCRIPTIO") == "copy.txt: line 41: section DESCRIPTION is missing");
  CHECK(refused("# EXIT STATUS", "# EXIT") == "copy.txt: line 41: section EXIT STATUS is missing");
  CHECK(refused("# EXAMPLES", "# SAMPLES") == "copy.txt: line 41: section EXAMPLES is missing");
}

TEST_CASE("Each command has a page, and there are no others") {
  std::set<std::string> expected = {"btfx.txt"};
  for (const Command& command : all_commands()) {
    INFO(command.name);
    CHECK_NOTHROW(manual_of(command.name));
    expected.insert(command.name + ".txt");
  }
  CHECK_NOTHROW(manual_of("btfx"));
  std::set<std::string> found;
  for (const BuiltInFile& file : manual_files()) found.emplace(file.name);
  CHECK(found == expected);
  CHECK_THROWS_WITH(manual_of("copy"), "the manual has no copy.txt");
}

/// The long options in a line: "--json".
std::set<std::string> options_in(const std::string& line) {
  std::set<std::string> found;
  for (std::size_t at = 0; (at = line.find("--", at)) != std::string::npos;) {
    const std::size_t end = std::min(line.find_first_not_of("-_abcdefghijklmnopqrstuvwxyz", at), line.size());
    found.insert(line.substr(at, end - at));
    at = end;
  }
  return found;
}

std::set<std::string> names_of(const std::vector<OptionSpec>& specs) {
  std::set<std::string> names;
  for (const OptionSpec& spec : specs) {
    for (const std::string& name : spec.name_list()) names.insert(name);
    if (!spec.negation.empty()) names.insert(spec.negation);
  }
  return names;
}

TEST_CASE("A synopsis has only options of its command, and examples have only options that exist") {
  GlobalOptions global;
  std::set<std::string> all = names_of(global_option_specs(global));
  const std::set<std::string> globals = all;
  for (const Command& command : all_commands()) all.merge(names_of(command.options));
  all.insert("--update-section");  // of objcopy
  for (const Command& command : all_commands()) {
    const Manual manual = manual_of(command.name);
    const std::set<std::string> own = names_of(command.options);
    for (const std::string& line : manual.synopsis) {
      for (const std::string& option : options_in(line)) {
        INFO(command.name << ": " << option);
        CHECK((own.contains(option) || globals.contains(option)));
      }
    }
    for (const ManualExample& example : manual.examples) {
      for (const std::string& option : options_in(example.command)) {
        INFO(command.name << ": " << option);
        CHECK(all.contains(option));
      }
    }
  }
}

}  // namespace
}  // namespace btfx

#include "cmd/cli/command.h"

#include "btf/kinds.h"
#include "catch.h"

namespace btfx {
namespace {

TEST_CASE("Numbers are read whole or not at all") {
  CHECK(parse_number("7", 1, 9) == 7);
  CHECK(parse_number("0", 0, 9) == 0);
  CHECK_FALSE(parse_number("0", 1, 9));
  CHECK_FALSE(parse_number("10", 1, 9));
  CHECK_FALSE(parse_number("", 0, 9));
  CHECK_FALSE(parse_number("-1", 0, 9));
  CHECK_FALSE(parse_number("+1", 0, 9));
  CHECK_FALSE(parse_number("1 ", 0, 9));
  CHECK_FALSE(parse_number("0x1", 0, 9));
  CHECK(parse_number("18446744073709551615", 0, ~std::uint64_t{0}) == ~std::uint64_t{0});
  CHECK_FALSE(parse_number("18446744073709551616", 0, ~std::uint64_t{0}));
}

TEST_CASE("In any base, numbers are written as in C") {
  CHECK(parse_number("0x1F", 0, 99, true) == 31);
  CHECK(parse_number("0X1f", 0, 99, true) == 31);
  CHECK(parse_number("017", 0, 99, true) == 15);
  CHECK(parse_number("0", 0, 99, true) == 0);
  CHECK(parse_number("17", 0, 99, true) == 17);
  CHECK_FALSE(parse_number("0x", 0, 99, true));
  CHECK_FALSE(parse_number("08", 0, 99, true));
  CHECK_FALSE(parse_number("x1", 0, 99, true));
}

TEST_CASE("A list is parted at commas outside of brackets") {
  using Parts = std::vector<std::string>;
  CHECK(list_parts("task_struct,sk_*") == Parts{"task_struct", "sk_*"});
  CHECK(list_parts("a") == Parts{"a"});
  CHECK(list_parts(",a,,b,") == Parts{"a", "b"});
  CHECK(list_parts("") == Parts{});
  CHECK(list_parts("[a,b]*,Foo<A, B>,c)d,e") == Parts{"[a,b]*", "Foo<A, B>", "c)d", "e"});
}

TEST_CASE("What is wrong with a number is one clause") {
  CHECK(wrong_number("7", 1, 9).empty());
  CHECK(wrong_number("0", 1, 9) == "'0' is not a number from 1 to 9");
  CHECK(wrong_number("x", 1, 9) == "'x' is not a number from 1 to 9");
}

TEST_CASE("The worst status wins") {
  CHECK(worst(Status::yes, Status::no) == Status::no);
  CHECK(worst(Status::trouble, Status::no) == Status::trouble);
  CHECK(worst(Status::yes, Status::yes) == Status::yes);
}

TEST_CASE("The names of an option") {
  const OptionSpec option{.names = "-o,--output", .argument = "FILE"};
  CHECK(option.name_list() == std::vector<std::string>{"-o", "--output"});
  CHECK(option.long_name() == "--output");
  CHECK_FALSE(option.is_argument());
  CHECK_FALSE(option.is_flag());
  const OptionSpec argument{.names = "SOURCE", .argument = "SOURCE"};
  CHECK(argument.is_argument());
  CHECK(argument.name_list() == std::vector<std::string>{"SOURCE"});
}

TEST_CASE("Options are bound to fields") {
  bool flag = false;
  std::string text;
  std::vector<std::string> list;
  std::optional<int> number;
  Command command;
  command.flag("--flag", flag, "A flag");
  command.value("--text", "TEXT", text, "A text");
  command.list("--list", "TEXT", list, "Texts");
  command.choice("--number", "N", number, "A number",
                 std::vector<Choice<int>>{{"one", 1, "the first"}, {"two", 2, ""}});
  command.options[0].set("yes");
  command.options[1].set("a");
  command.options[1].set("b");
  command.options[2].set("c");
  command.options[2].set("d");
  CHECK_FALSE(number);
  command.options[3].set("two");
  CHECK(flag);
  CHECK(text == "b");
  CHECK(list == std::vector<std::string>{"c", "d"});
  CHECK(number == 2);
  CHECK(command.options[3].choices == std::vector<std::string>{"one", "two"});
  CHECK(command.options[3].choice_help == std::vector<std::string>{"the first", ""});
  command.options[0].set("no");
  CHECK_FALSE(flag);
}

TEST_CASE("The kinds as users write them") {
  const std::vector<std::string> words = kind_words();
  CHECK(words.size() == known_kinds - 1);
  CHECK(words.front() == "int");
  CHECK(words.back() == "enum64");
  for (const std::string& word : words) CHECK(kind_of_name(word));
}

}  // namespace
}  // namespace btfx

#include "emit/report/table.h"

#include "catch.h"
#include "support/json_text.h"

namespace btfx {
namespace {

using test::json_text;

constexpr auto right = Column::Align::right;

TEST_CASE("A table has a head for each column, and a row for each record") {
  const Table table({{"size", "SIZE", 6, right}, {"kind", "KIND", 5}, {"name", "NAME"}});
  CHECK(table.heads() == "  SIZE KIND  NAME\n");
  CHECK(table.row({{"name", "foo"}, {"size", 8}, {"kind", "INT"}}) == "     8 INT   foo\n");
  // What is wider than its column shifts the rest; what is missing, null or empty is a dash; the last is not filled up.
  CHECK(table.row({{"size", 12345678}, {"kind", ""}, {"name", nullptr}}) == "12345678 -     -\n");
  CHECK(table.row({}) == "     - -     -\n");
}

TEST_CASE("A column takes a field by its path, and may be set apart") {
  const Table table({{"to.size", {}, 4, right}, {".BTF.base", {}, 4}, {"to.name", {}, 9, Column::Align::left, 3}}, 2);
  CHECK(table.row({{"to", Record{{"name", "n"}, {"size", 3}}}, {".BTF.base", 7}}) == "     3 7      n\n");
  CHECK(table.row({{"to", nullptr}, {".BTF.base", 7}}) == "     - 7      -\n");
}

TEST_CASE("Columns that fit are as wide as their widest cell, in characters") {
  Table table({{"a"}, {"b"}});
  table.fit(std::vector<Record>{{{"a", "\xc3\xa4\xc3\xb6"}, {"b", 1}}, {{"a", "x"}, {"b", 22}}});
  CHECK(table.row({{"a", "x"}, {"b", 1}}) == "x  1\n");
  CHECK(table.row({{"a", "\xc3\xa4\xc3\xb6"}, {"b", 1}}) == "\xc3\xa4\xc3\xb6 1\n");
}

Table narrow_table() {
  using Cut = Column::Cut;
  return Table({{"size", "SIZE", 6, right},
                {"order", "ORDER", 6, Column::Align::left, 1, Cut::none, 0, 2},
                {"id", "ID", 12, Column::Align::left, 1, Cut::end, 4, 1},
                {"name", "NAME", 0, Column::Align::left, 1, Cut::middle, 8}});
}

TEST_CASE("On a screen columns become narrower or are left out, and cells are cut") {
  const Record record{{"size", 7}, {"order", "little"}, {"id", "0123456789ab"}, {"name", "a/long/way/to/it.ko"}};
  const auto shown = [&](std::size_t width) {
    Table table = narrow_table();
    table.show_on({.width = width});
    return table.heads() + table.row(record);
  };
  const std::string whole = "  SIZE ORDER  ID           NAME\n     7 little 0123456789ab a/long/way/to/it.ko\n";
  CHECK(shown(0) == whole);
  CHECK(shown(46) == whole);
  CHECK(shown(45) == "  SIZE ORDER  ID           NAME\n     7 little 0123456789ab a/lon...y/to/it.ko\n");
  CHECK(shown(30) == "  SIZE ORDER  ID      NAME\n     7 little 0123456 a...t.ko\n");
  CHECK(shown(27) == "  SIZE ORDER  ID   NAME\n     7 little 0123 a...t.ko\n");
  CHECK(shown(26) == "  SIZE ID         NAME\n     7 0123456789 a...t.ko\n");
  CHECK(shown(20) == "  SIZE ID   NAME\n     7 0123 a...t.ko\n");
  CHECK(shown(19) == "  SIZE NAME\n     7 a/l.../it.ko\n");
  CHECK(shown(15) == "  SIZE NAME\n     7 a...t.ko\n");
  CHECK(shown(14) == whole);  // too narrow for what must stay
}

TEST_CASE("A cell that is wider than its column leaves less for the last one") {
  Table table = narrow_table();
  table.show_on({.width = 20});
  // But nothing is cut when all fits.
  CHECK(table.row({{"size", 7}, {"id", "0123456"}, {"name", "it.ko"}}) == "     7 0123456 it.ko\n");
  CHECK(table.row({{"size", 123456789}, {"id", "01"}, {"name", "a/long/way"}}) == "123456789 01   ...ay\n");
}

TEST_CASE("What goes on below stands under its column, and notes are wrapped") {
  Table table({{"verdict", {}, 8}, {"module", {}, 0, Column::Align::left, 1, Column::Cut::wrap, 10}});
  table.show_on({.width = 20});
  Record record{{"verdict", "ok"}, {"module", "tun.ko: is another kernel"}};
  record.add_note("a note of some length");
  CHECK(table.row(record) ==
        "ok       tun.ko: is\n         another\n         kernel\n    a note of some\n        length\n");
  CHECK(table.row({{"verdict", "ok"}, {"module", "a/b/c/d/e/f/tun.ko: is bad"}}) ==
        "ok       a/...un.ko:\n         is bad\n");
}

TEST_CASE("Cells are coloured on a screen with colours alone, and fill their column all the same") {
  const Record plain{{"verdict", "ok"}, {"module", "x"}};
  Record record = plain;
  record.paint("verdict", Paint::green);
  record.paint("missing", Paint::red);
  Table table({{"verdict", "V", 4}, {"module", "M"}});
  CHECK(table.row(record) == "ok   x\n");
  table.show_on({.color = true});
  CHECK(table.row(record) == "\x1b[32mok\x1b[0m   x\n");
  CHECK(table.row(plain) == "ok   x\n");
  CHECK(table.heads() == "\x1b[1mV\x1b[0m    \x1b[1mM\x1b[0m\n");
  CHECK(record.paint_of("verdict") == Paint::green);
  CHECK(record.paint_of("missing") == Paint::plain);
}

TEST_CASE("Cells are one line of printable text, unless they come with their own") {
  const Table table({{"name", {}, 6}, {"list", {}, 4}, {"is", {}, 3}, {"own"}});
  Record record{{"name", "a\nb"}, {"list", std::vector<std::string>{"x", "y"}}, {"is", true}};
  record.add("own", 7, "seven");
  CHECK(table.row(record) == "a\\x0ab x,y  yes seven\n");
}

TEST_CASE("Notes stand below their row, their further lines further in") {
  Record record{{"name", "x"}};
  record.add_note("one");
  record.add_note("two\n\tand\x01more");
  CHECK(Table(std::vector<Column>{{"name"}}, 1).row(record) == " x\n     one\n     two\n         and\\x01more\n");
  CHECK(Table().row(record).empty());
}

TEST_CASE("JSON has the fields in their order, with the values' own types, and not what is text alone") {
  Record record{{"null", nullptr},
                {"number", -1},
                {"large", ~std::uint64_t{0}},
                {"real", 0.5},
                {"none", std::optional<int>()},
                {"some", std::optional(3)},
                {"list", std::vector<std::string>{}},
                {"object", Record{{"is", false}}}};
  record.add("own", 7, "seven");
  record.add_text("shown", "only here");
  record.add_note("and here");
  CHECK(json_text(record) ==
        R"({"null":null,"number":-1,"large":18446744073709551615,"real":0.5,"none":null,"some":3,"list":[],)"
        R"("object":{"is":false},"own":7})");
  CHECK(json_text({}) == "{}");
  CHECK(record.cell("object.is") == "no");
  CHECK(record.cell("object.missing") == "-");
}

}  // namespace
}  // namespace btfx

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

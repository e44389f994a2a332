#include "emit/report/json_results.h"

#include "catch.h"
#include "support/json_text.h"

namespace btfx {
namespace {

using test::json_text;

std::string document(const std::vector<Record>& records, bool pretty) {
  StringOutput out;
  JsonResults results(out, pretty);
  for (const Record& record : records) results.add(record);
  results.finish(Record{{"count", records.size()}});
  return out.text();
}

TEST_CASE("Results and summary make one document") {
  CHECK(document({}, false) == "{\"results\":[],\"summary\":{\"count\":0}}\n");
  CHECK(document({Record{{"b", 1}, {"a", "x"}}, Record{{"b", 2}}}, false) ==
        "{\"results\":[{\"b\":1,\"a\":\"x\"},{\"b\":2}],\"summary\":{\"count\":2}}\n");
}

TEST_CASE("The indented document is the same document") {
  CHECK(document({}, true) == "{\n    \"results\": [],\n    \"summary\": {\n        \"count\": 0\n    }\n}\n");
  const std::string text = document({Record{{"b", 1}, {"list", std::vector{1, 2}}}, Record{{"b", 2}}}, true);
  CHECK(text == R"({
    "results": [
        {
            "b": 1,
            "list": [
                1,
                2
            ]
        },
        {
            "b": 2
        }
    ],
    "summary": {
        "count": 2
    }
}
)");
}

TEST_CASE("Bytes that are no UTF-8 are replaced, and line ends escaped") {
  CHECK(document({Record{{"name", "a\xff\nb"}}}, false) ==
        "{\"results\":[{\"name\":\"a\xef\xbf\xbd\\nb\"}],\"summary\":{\"count\":1}}\n");
}

TEST_CASE("A finding has one shape: code, severity, text, and as much of its place as is known") {
  CHECK(json_text(record_of({"release", "is odd", {}})) ==
        R"({"code":"release","severity":"warning","text":"is odd"})");
  const Diagnostic placed{"origin", "x", {.section = ".BTF", .offset = 0, .type_id = 0}};
  CHECK(json_text(record_of(placed)) ==
        R"({"code":"origin","severity":"note","text":"x","section":".BTF","offset":0,"type_id":0})");
  CHECK(json_text(Record{{"findings", records_of({placed})}}) ==
        "{\"findings\":[" + json_text(record_of(placed)) + "]}");
  CHECK(json_text(Record{{"findings", records_of({})}}) == R"({"findings":[]})");
}

TEST_CASE("An error is a finding with the code of the error and the whole place") {
  const Error error(ErrorCode::truncated, "ends", {.file = "a.ko", .section = ".BTF", .offset = 24, .type_id = 7});
  CHECK(
      json_text(failed_record("module", "m.ko", error)) ==
      R"({"module":"m.ko","error":{"code":"truncated","severity":"error","text":"ends","file":"a.ko","section":".BTF","offset":24,"type_id":7}})");
}

TEST_CASE("Large results are written on the way") {
  StringOutput out;
  JsonResults results(out, false);
  results.add(Record{{"text", std::string(100000, 'x')}});
  CHECK(out.text().size() > 50000);
}

}  // namespace
}  // namespace btfx

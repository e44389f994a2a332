#include "emit/report/json_results.h"

#include "catch.h"

namespace btfx {
namespace {

std::string document(const std::vector<JsonRecord>& records, bool pretty) {
  StringOutput out;
  JsonResults results(out, pretty);
  for (const JsonRecord& record : records) results.add(record);
  results.finish({{"count", records.size()}});
  return out.text();
}

TEST_CASE("Results and summary make one document") {
  CHECK(document({}, false) == "{\"results\":[],\"summary\":{\"count\":0}}\n");
  CHECK(document({{{"b", 1}, {"a", "x"}}, {{"b", 2}}}, false) ==
        "{\"results\":[{\"b\":1,\"a\":\"x\"},{\"b\":2}],\"summary\":{\"count\":2}}\n");
}

TEST_CASE("The indented document is the same document") {
  CHECK(document({}, true) == "{\n    \"results\": [],\n    \"summary\": {\n        \"count\": 0\n    }\n}\n");
  const std::string text = document({{{"b", 1}, {"list", {1, 2}}}, {{"b", 2}}}, true);
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
  CHECK(document({{{"name", "a\xff\nb"}}}, false) ==
        "{\"results\":[{\"name\":\"a\xef\xbf\xbd\\nb\"}],\"summary\":{\"count\":1}}\n");
}

TEST_CASE("Large results are written on the way") {
  StringOutput out;
  JsonResults results(out, false);
  results.add({{"text", std::string(100000, 'x')}});
  CHECK(out.text().size() > 50000);
}

}  // namespace
}  // namespace btfx

#include "run/batch/batch_report.h"

#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"

namespace btfx {
namespace {

struct Item {
  std::string name;
};

/// A context that keeps what was said, results and messages in one text, in their order.
struct Said : Output {
  void write(std::string_view text) override { all += text; }

  std::string all;
  GlobalOptions global;
  Messages messages{*this};
  Context context{.global = global, .out = *this, .messages = messages};
};

/// Runs items of these names: "bad" throws, "huge" runs out of memory, all others give their length.
Status run(const std::vector<std::string>& names, Said& said) {
  std::size_t at = 0;
  const auto next = [&] { return at < names.size() ? std::optional(Item{names[at++]}) : std::nullopt; };
  const auto work = [](const Item& item, std::size_t& length) {
    if (item.name == "bad") throw Error(ErrorCode::malformed, "is bad", {.section = ".BTF"});
    if (item.name == "huge") throw std::bad_alloc();
    length = item.name.size();
  };
  BatchReport report(said.context, "item");
  report.use(Table(std::vector<Column>{{"item", "HEAD"}}));
  run_items<std::size_t>(next, names.size(), said.context, work, [&](Done<std::size_t>&& done) {
    if (done.error) return report.fail(done.name, *done.error);
    if (done.result == 4) report.worsen(Status::no);
    report.add({{"item", done.name}, {"length", done.result}});
  });
  return report.finish({{{"items", names.size()}}, "END\n"});
}

}  // namespace

TEST_CASE("A batch says results and errors in the order of its items, with any number of threads", "[threads]") {
  for (const unsigned jobs : {1U, 2U, 8U}) {
    Said said;
    said.global.jobs = jobs;
    CHECK(run({"one", "bad", "two", "huge", "three"}, said) == Status::trouble);
    CHECK(said.all ==
          "HEAD\none\nbtfx: error: bad: .BTF: is bad\ntwo\nbtfx: error: huge: needs more memory than there is\n"
          "three\nEND\n");
  }
}

TEST_CASE("A batch is one JSON document, also when everything failed") {
  Said said;
  said.global.json = true;
  CHECK(run({"bad", "bad"}, said) == Status::trouble);
  const std::string document = said.all.substr(said.all.find('{'));
  const auto parsed = JsonRecord::parse(document);
  REQUIRE(parsed["results"].size() == 2);
  CHECK(parsed["results"][0]["item"] == "bad");
  CHECK(parsed["results"][0]["error"].dump() ==
        R"({"code":"malformed","severity":"error","text":"is bad","file":"bad","section":".BTF"})");
  CHECK(parsed["results"][0].size() == 2);
  CHECK(parsed["summary"].dump() == R"({"items":2})");

  Said empty;
  empty.global.json = true;
  CHECK(run({}, empty) == Status::yes);
  CHECK(empty.all == "{\"results\":[],\"summary\":{\"items\":0}}\n");
}

TEST_CASE("The worst status of a batch wins") {
  Said good, negative, bad;
  CHECK(run({"one", "two"}, good) == Status::yes);
  CHECK(run({"one", "four"}, negative) == Status::no);
  CHECK(run({"bad", "four"}, bad) == Status::trouble);
}

TEST_CASE("A batch whose standard output is taken says nothing there") {
  Said said;
  BatchReport report(said.context, "item", true);
  report.use(Table(std::vector<Column>{{"item", "HEAD"}}));
  report.add({{"item", "x"}});
  report.fail("x", Error(ErrorCode::io, "is gone"));
  CHECK(report.finish({{}, "END\n"}) == Status::trouble);
  CHECK(said.all == "btfx: error: is gone\n");
}

TEST_CASE("Findings about an item name it; notes are shown without -v") {
  Said said;
  BatchReport report(said.context, "item");
  report.add({}, "row\n");
  report.findings("m.ko", {{Severity::note, "dedup-budget", "is as it was", {.section = ".BTF"}},
                           {Severity::warning, "empty-base", "is odd", {}}});
  CHECK(said.all == "row\nbtfx: note: m.ko: .BTF: is as it was\nbtfx: warning: m.ko: is odd\n");
}

}  // namespace btfx

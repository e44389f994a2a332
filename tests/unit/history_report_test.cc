// The life of types as it is told: text to the byte, the fields of JSON, and the page.
#include "emit/report/history_report.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "transform/diff/history.h"

namespace btfx {

namespace {

constexpr TypeId int_id{1};

/// A queue that gets another name for its first member, then a second one, and is gone in the end.
History sample(const std::vector<std::string>& names) {
  const auto kernel = [](const std::string& first, bool has_second, bool has_queue) {
    BtfBuilder b;
    b.add_int("int", 4, 1);
    if (has_queue) {
      b.add_composite(Kind::struct_, "queue", has_second ? 8 : 4);
      b.add_member(first, int_id, 0);
      if (has_second) b.add_member("second", int_id, 32);
    }
    b.add_composite(Kind::struct_, "a<b>", 4);
    b.add_member("x", int_id, 0);
    return b.build();
  };
  const std::vector<BtfPtr> kernels{kernel("nr_running", false, true), kernel("nr_running", false, true),
                                    kernel("nr_queued", false, true), kernel("nr_queued", true, true),
                                    kernel({}, false, false)};
  History history;
  for (const std::string& name : std::vector<std::string>{"6.1", "6.6", "6.12", "6.18", "7.0"}) {
    history.kernels.push_back({.source = name + ".btf", .name = name, .types = 3});
  }
  history.types = trace_history(kernels, {.names = names});
  return history;
}

std::string text(const History& history, const HistoryTextOptions& options = {}) {
  StringOutput out;
  write_history_text(history, options, out);
  return out.text();
}

nlohmann::json json(const History& history) {
  StringOutput out;
  write_history_json(history, false, false, out);
  return nlohmann::json::parse(out.text());
}

/// An element whose states are given kernel by kernel; an empty name: it is not there.
std::string story(const std::vector<std::string>& names) {
  History history;
  ElementHistory element;
  for (std::size_t i = 0; i < names.size(); ++i) {
    history.kernels.push_back({.source = {}, .name = "k" + std::to_string(i)});
    std::optional<ElementState> state;
    if (!names[i].empty()) state = ElementState{.name = names[i], .type = "int"};
    if (!element.stages.empty() && element.stages.back().state == state) {
      element.stages.back().kernels.last = i;
    } else {
      element.stages.push_back({{i, i}, state});
    }
  }
  return story_of(history, element);
}

}  // namespace

TEST_CASE("The life of a type as text") {
  CHECK(text(sample({"queue", "a<b>"})) ==
        "5 kernels: 6.1, 6.6, 6.12, 6.18, 7.0\n"
        "2 types: 1 changed, 1 the same in all kernels\n"
        "\n"
        "struct queue: 3 layouts in 4 of 5 kernels\n"
        "  6.1, 6.6  4 bytes\n"
        "  6.12      4 bytes  compatible: member nr_running renamed to nr_queued\n"
        "  6.18      8 bytes  layout: 4 -> 8 bytes, member second added at the end\n"
        "  7.0       absent   layout: removed\n"
        "\n"
        "@@ 6.6 -> 6.12 @@ compatible: member nr_running renamed to nr_queued\n"
        "   renamed: nr_running -> nr_queued\n"
        " struct queue {\n"
        "-\tint nr_running;                                 /*     0     4 */\n"
        "+\tint nr_queued;                                  /*     0     4 */\n"
        " };                                                     /* size: 4 */\n"
        "\n"
        "@@ 6.12 -> 6.18 @@ layout: 4 -> 8 bytes, member second added at the end\n"
        " struct queue {\n"
        " \tint nr_queued;                                  /*     0     4 */\n"
        "+\tint second;                                     /*     4     4 */\n"
        " };                                                     /* size: 4 -> 8 */\n"
        "\n"
        "The same in all kernels: struct a<b>\n");
}

TEST_CASE("A summary has no declarations, and --stat three lines") {
  CHECK(text(sample({"queue"}), {.summary = true}) ==
        "5 kernels: 6.1, 6.6, 6.12, 6.18, 7.0\n"
        "1 type: 1 changed, 0 the same in all kernels\n"
        "\n"
        "struct queue: 3 layouts in 4 of 5 kernels\n"
        "  6.1, 6.6  4 bytes\n"
        "  6.12      4 bytes  compatible: member nr_running renamed to nr_queued\n"
        "  6.18      8 bytes  layout: 4 -> 8 bytes, member second added at the end\n"
        "  7.0       absent   layout: removed\n");
  CHECK(text(sample({"*"}), {.stat = true}) ==
        "5 kernels: 6.1, 6.6, 6.12, 6.18, 7.0\n"
        "3 types: 1 changed, 2 the same in all kernels\n"
        "Changes: 1 at 6.12, 1 at 6.18, 1 at 7.0\n");
  CHECK(text(sample({"nothing"}), {.stat = true}) ==
        "5 kernels: 6.1, 6.6, 6.12, 6.18, 7.0\n"
        "Nothing changed of what was asked for.\n"
        "Changes: none\n");
}

TEST_CASE("The life of a member as text") {
  CHECK(text(sample({"queue.nr_queued", "queue.second"})) ==
        "5 kernels: 6.1, 6.6, 6.12, 6.18, 7.0\n"
        "1 type: 1 changed, 0 the same in all kernels\n"
        "\n"
        "struct queue, nr_running: until 6.6, then nr_queued until 6.18\n"
        "  6.1, 6.6    nr_running  int  byte 0\n"
        "  6.12, 6.18  nr_queued   int  byte 0\n"
        "  7.0         absent\n"
        "struct queue, second: from 6.18 until 6.18\n"
        "  6.1 to 6.12 (3)  absent\n"
        "  6.18             second  int  byte 4\n"
        "  7.0              absent\n");
}

TEST_CASE("What became of an element, in a few words") {
  CHECK(story({"a", "a", "a"}) == "in all 3 kernels");
  CHECK(story({"a", "b"}) == "until k0, then b");
  CHECK(story({"a", "b", "b", "c"}) == "until k0, then b until k2, then c");
  CHECK(story({"", "a", "a"}) == "from k1");
  CHECK(story({"a", "", ""}) == "until k0");
  CHECK(story({"", "a", "a", ""}) == "from k1 until k2");
  CHECK(story({"", "a", "b"}) == "from k1 until k1, then b");
  CHECK(story({"a", "", "a"}) == "until k0, again from k2");
  CHECK(story({"a", "", "b", ""}) == "until k0, again from k2 as b until k2");
}

TEST_CASE("Moves and retypes of an element are counted") {
  History history;
  for (const char* name : {"1", "2", "3", "4"}) history.kernels.push_back({.source = name, .name = name});
  ElementHistory element;
  element.stages = {{{0, 0}, ElementState{.name = "a", .type = "int"}},
                    {{1, 1}, ElementState{.name = "a", .type = "int", .number = 8}},
                    {{2, 2}, ElementState{.name = "a", .type = "long", .number = 16}},
                    {{3, 3}, ElementState{.name = "a", .type = "long", .number = 24}}};
  CHECK(story_of(history, element) == "in all 4 kernels, retyped once, moved 3 times");
  for (ElementStage& stage : element.stages) stage.state->type.clear();
  CHECK(story_of(history, element) == "in all 4 kernels, another value 3 times");
}

TEST_CASE("The life of a type as JSON") {
  const nlohmann::json document = json(sample({"queue"}));
  CHECK(document["summary"] == nlohmann::json::parse(R"({"kernels":[{"source":"6.1.btf","name":"6.1","types":3},
          {"source":"6.6.btf","name":"6.6","types":3},{"source":"6.12.btf","name":"6.12","types":3},
          {"source":"6.18.btf","name":"6.18","types":3},{"source":"7.0.btf","name":"7.0","types":3}],
          "types":1,"changed":1,"changes":3})"));
  REQUIRE(document["results"].size() == 1);
  const nlohmann::json& queue = document["results"][0];
  CHECK(queue["kind"] == "struct");
  CHECK(queue["name"] == "queue");
  CHECK(queue["story"] == "3 layouts in 4 of 5 kernels");
  CHECK(queue["stages"] ==
        nlohmann::json::parse(R"([{"first":"6.1","last":"6.6","kernels":2,"exists":true,"name":"queue","id":2,
          "layout":1,"size":4},{"first":"6.12","last":"6.12","kernels":1,"exists":true,"name":"queue","id":2,
          "layout":2,"size":4},{"first":"6.18","last":"6.18","kernels":1,"exists":true,"name":"queue","id":2,
          "layout":3,"size":8},{"first":"7.0","last":"7.0","kernels":1,"exists":false}])"));
  REQUIRE(queue["changes"].size() == 3);
  CHECK(queue["changes"][0]["from"] == "6.6");
  CHECK(queue["changes"][0]["to"] == "6.12");
  CHECK(queue["changes"][0]["severity"] == "compatible");
  CHECK(queue["changes"][0]["details"][0] ==
        nlohmann::json::parse(R"({"what":"member_renamed","severity":"compatible","member":"nr_queued",
          "old_name":"nr_running","new_name":"nr_queued","old_bit_offset":0,"new_bit_offset":0})"));
  CHECK(queue["changes"][2]["change"] == "removed");
  CHECK(queue["elements"] ==
        nlohmann::json::parse(R"([{"name":"nr_queued","story":"until 6.6, then nr_queued until 6.18","stages":[
          {"first":"6.1","last":"6.6","kernels":2,"exists":true,"name":"nr_running","type":"int","bit_offset":0},
          {"first":"6.12","last":"6.18","kernels":2,"exists":true,"name":"nr_queued","type":"int","bit_offset":0},
          {"first":"7.0","last":"7.0","kernels":1,"exists":false}]},
          {"name":"second","story":"from 6.18 until 6.18","stages":[
          {"first":"6.1","last":"6.12","kernels":3,"exists":false},
          {"first":"6.18","last":"6.18","kernels":1,"exists":true,"name":"second","type":"int","bit_offset":32},
          {"first":"7.0","last":"7.0","kernels":1,"exists":false}]}])"));
}

TEST_CASE("The page of a history") {
  const std::string page = history_page(sample({"queue", "a<b>"}), {});
  const auto has = [&](std::string_view part) {
    INFO(part);
    CHECK(page.find(part) != std::string::npos);
  };
  has("<h1>Types through kernels</h1><p class=\"intro\">through 5 kernels: 6.1, 6.6, 6.12, 6.18, 7.0</p>");
  has("<p class=\"summary\">2 types, 1 changed</p>");
  has("<details class=\"type changed\" data-text=\"struct queue nr_running nr_queued second\" data-changes=\"3\" "
      "open>");
  has("<td colspan=\"2\" class=\"first\" title=\"4 bytes\"><i>1</i> 4 bytes</td>"
      "<td colspan=\"1\" class=\"compatible\" title=\"4 bytes\"><i>2</i> 4 bytes</td>"
      "<td colspan=\"1\" class=\"layout\" title=\"8 bytes\"><i>3</i> 8 bytes</td>"
      "<td colspan=\"1\" class=\"absent\" title=\"absent\">absent</td></tr>");
  has("<tr><th title=\"until 6.6, then nr_queued until 6.18\">nr_running</th>"
      "<td colspan=\"2\" class=\"first\" title=\"int, byte 0\">int, byte 0</td>"
      "<td colspan=\"2\" class=\"compatible\" title=\"nr_queued int, byte 0\">nr_queued int, byte 0</td>");
  has("<span class=\"added\">+\tint second; <span class=\"note\">/*     4     4 */</span></span>");
  has("struct a&lt;b&gt;");
  CHECK(page.find("a<b>") == std::string::npos);
  CHECK(page.find("class=\"cut\"") == std::string::npos);
  CHECK(history_page(sample({"queue"}), {}).find("<h1>struct queue</h1>") != std::string::npos);
}

TEST_CASE("A page of very many types stays small, and says what it leaves out") {
  History history = sample({"queue"});
  const TypeHistory type = history.types.front();
  history.types.resize(5000, type);
  const std::string page = history_page(history, {});
  CHECK(page.size() < 1'500'000);
  CHECK(page.find("This page is kept small: ") != std::string::npos);
  CHECK(page.find("<p class=\"summary\">5000 types, 5000 changed</p>") != std::string::npos);
}

}  // namespace btfx

#include "emit/report/check_report.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "support/json_text.h"

namespace btfx {
namespace {

using test::json_text;

CheckResult result_of(CheckOutcome outcome, std::string text = {}, bool certain = true) {
  CheckResult result;
  result.outcome = outcome;
  result.certain = certain;
  result.types = 7;
  if (!text.empty()) {
    const bool is_good = outcome == CheckOutcome::ok;
    result.findings.push_back({is_good ? Severity::warning : Severity::error,
                               is_good ? FindingCode("release") : FindingCode("foreign"),
                               std::move(text),
                               {.type_id = is_good ? 0U : 5U}});
    if (is_good) result.findings.back().place = {};
  }
  return result;
}

std::string check_heads(const CheckColumns& columns) {
  return has_heads(columns) ? check_table(columns).heads() : std::string();
}

std::string check_text(const Checked& checked, const CheckColumns& columns, bool details) {
  return check_table(columns).row(check_record(checked, columns, details));
}

const Checked good{.name = "a.ko", .on = {{"6.12", result_of(CheckOutcome::ok)}}};
const Checked bad{.name = "b.ko",
                  .on = {{"6.12", result_of(CheckOutcome::ok, "odd")},
                         {"6.18", result_of(CheckOutcome::mismatch, "built\nelsewhere", false)}}};

TEST_CASE("check report: text of one base and of several") {
  CheckColumns one{.names = {"6.12"}}, two{.names = {"6.12", "6.18"}};
  CHECK(check_heads(one).empty());
  CHECK(check_text(good, one, true) == "ok                a.ko\n");
  CHECK(check_heads(two) == "6.12              6.18              MODULE\n");
  CHECK(check_text(bad, two, false) == "ok                mismatch?         b.ko: 6.12: odd\n");
  CHECK(check_text(bad, two, true) ==
        "ok                mismatch?         b.ko: 6.12: odd\n"
        "    6.12: warning: odd [release]\n"
        "    6.18: error: type 5: built\n"
        "        elsewhere [foreign]\n");
  two.find_base = true;
  CHECK(check_heads(two).empty());
  CHECK(check_text(bad, two, false) == "6.12              b.ko\n");
  const Checked nowhere{.name = "c.ko", .on = {{"6.12", result_of(CheckOutcome::invalid, "broken")}}};
  CHECK(check_text(nowhere, {.names = {"6.12"}, .find_base = true}, false) == "none              c.ko: broken\n");
}

TEST_CASE("check report: of a long reason the beginning, and with details all of it") {
  const CheckColumns one{.names = {"6.12"}};
  const auto line = [&](std::string text, bool details = false) {
    const Checked checked{.name = "b.ko", .on = {{"6.12", result_of(CheckOutcome::unrelocatable, std::move(text))}}};
    return check_text(checked, one, details);
  };
  const std::string head = "does not relocate b.ko: ";
  CHECK(line("odd") == head + "odd\n");
  CHECK(line("odd; and even") == head + "odd ...\n");
  CHECK(line("2 of 3 are odd, as 'x'; 3 are even") == head + "2 of 3 are odd ...\n");
  CHECK(line("2 of 3 are odd, as 'x'; 3 are even", true) ==
        head +
            "2 of 3 are odd, as 'x'; 3 are even\n"
            "    error: type 5: 2 of 3 are odd, as 'x'; 3 are even [foreign]\n");
  const std::string word(30, 'x');
  CHECK(line(word + " " + word + " " + word + " " + word) == head + word + " " + word + " " + word + " ...\n");
  CHECK(line(std::string(121, 'x')) == head + std::string(120, 'x') + " ...\n");
}

TEST_CASE("check report: a last line when nearly all were built for one other kernel") {
  const CheckColumns one{.names = {"6.12"}};
  const auto last = [&](const CheckColumns& columns, std::size_t own, std::size_t other, const std::string& release) {
    CheckSummary summary;
    for (std::size_t i = 0; i < own + other; ++i) {
      Checked checked{.name = "m.ko"};
      for (const std::string& base : columns.names) {
        const bool fits = i < own || base != "6.12";
        checked.on.push_back({base, result_of(fits ? CheckOutcome::ok : CheckOutcome::mismatch, "odd")});
        if (!fits) checked.on.back().result.built_for = release;
      }
      summary.count(checked, columns);
    }
    return summary.lines(columns).back();
  };
  CHECK(last(one, 0, 3, "6.11") == "all 3 modules were built for another vmlinux: 6.11");
  CHECK(last(one, 0, 3, "") == "all 3 modules were built for another vmlinux");
  CHECK(last(one, 1, 9, "6.11") == "9 of 10 modules were built for another vmlinux: 6.11");
  CHECK(last(one, 2, 9, "6.11") == "6.12: 2 ok, 9 mismatch");
  CHECK(last(one, 0, 1, "6.11") == "6.12: 1 mismatch");
  CHECK(last({.names = {"6.12", "6.18"}}, 0, 2, "6.11") == "6.12: all 2 modules were built for another vmlinux: 6.11");
}

TEST_CASE("check report: JSON") {
  CHECK(
      json_text(check_record(bad, {.names = {"6.12", "6.18"}}, false)) ==
      R"({"module":"b.ko","verdict":"mismatch","checks":[{"base":"6.12","verdict":"ok","certain":true,"relation":"split",)"
      R"("types":7,"relocates":null,"kernel_error":null,"findings":[{"code":"release","severity":"warning",)"
      R"("text":"odd"}]},{"base":"6.18","verdict":"mismatch","certain":false,"relation":"split","types":7,)"
      R"("relocates":null,"kernel_error":null,"findings":[{"code":"foreign","severity":"error",)"
      R"("text":"built\nelsewhere","type_id":5}]}]})");
}

TEST_CASE("check report: the summary") {
  const CheckColumns columns{.names = {"6.12", "6.18"}};
  CheckSummary summary;
  summary.count(good, columns);
  CHECK(summary.all_good({}));
  summary.count(bad, columns);
  summary.fail();
  CHECK_FALSE(summary.all_good({}));
  CHECK(summary.lines(columns) == std::vector<std::string>{"6.12: 2 ok", "6.18: 1 mismatch", "1 could not be checked"});
  CHECK(summary.answer(columns) == std::vector<std::string>{"1 of 3 are ok on all of these", "1 could not be checked"});
  CHECK(summary.answer({.names = {"6.12"}}).front() == "1 of 3 are ok");
  const CheckColumns searched{.names = {"6.12", "6.18"}, .find_base = true};
  CHECK(summary.lines(searched)[2] == "1 of 3 belong to one of these");
  CHECK(
      json_text(summary.record(columns)) ==
      R"({"modules":3,"good":1,"errors":1,"bases":[{"base":"6.12","ok":2,"no_btf":0,"does_not_relocate":0,"mismatch":0,"invalid":0},)"
      R"({"base":"6.18","ok":0,"no_btf":0,"does_not_relocate":0,"mismatch":1,"invalid":0}]})");
  const CheckColumns::Unread unread{1, "none", Error(ErrorCode::io, "cannot open", {.file = "none"})};
  const CheckColumns gap{.names = {"6.12", "6.18"}, .unread = {unread}};
  CHECK(summary.lines(gap).back() == "none could not be read");
  const JsonRecord bases = to_json(summary.record(gap))["bases"];
  REQUIRE(bases.size() == 3);
  CHECK(bases[0]["base"] == "6.12");
  CHECK(bases[1].dump() ==
        R"({"base":"none","error":{"code":"io","severity":"error","text":"cannot open","file":"none"}})");
  CHECK(bases[2]["base"] == "6.18");
}

}  // namespace
}  // namespace btfx

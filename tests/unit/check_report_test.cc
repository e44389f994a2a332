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
  return has_heads(columns) ? check_table(columns, Reasons::whole).heads() : std::string();
}

std::string check_text(const Checked& checked, const CheckColumns& columns, bool details) {
  return check_table(columns, Reasons::whole).row(check_record(checked, columns, details));
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
  CHECK(check_text(bad, two, false) == "ok                mismatch?         b.ko: 6.12: warning: odd\n");
  CHECK(check_text(bad, two, true) ==
        "ok                mismatch?         b.ko: 6.12: warning: odd\n"
        "    6.12: warning: odd [release]\n"
        "    6.18: error: type 5: built\n"
        "        elsewhere [foreign]\n");
  two.find_base = true;
  CHECK(check_heads(two).empty());
  CHECK(check_text(bad, two, false) == "6.12              b.ko\n");
  const Checked nowhere{.name = "c.ko", .on = {{"6.12", result_of(CheckOutcome::invalid, "broken")}}};
  CHECK(check_text(nowhere, {.names = {"6.12"}, .find_base = true}, false) == "none              c.ko: broken\n");
}

TEST_CASE("check report: a reason is whole, but ends with its line on a screen that shows several") {
  const CheckColumns one{.names = {"6.12"}};
  const auto line = [&](std::string text, Reasons reasons, std::size_t width) {
    const Checked checked{.name = "b.ko", .on = {{"6.12", result_of(CheckOutcome::unrelocatable, std::move(text))}}};
    Table table = check_table(one, reasons);
    table.show_on({.width = width});
    return table.row(check_record(checked, one, false));
  };
  const std::string head = "does not relocate b.ko: ", reason = "2 of 3 are odd, as 'x'; 3 are even";
  CHECK(line(reason, Reasons::whole, 0) == head + reason + "\n");
  CHECK(line(reason, Reasons::beginning, 0) == head + reason + "\n");
  CHECK(line(reason, Reasons::beginning, 58) == head + reason + "\n");
  CHECK(line(reason, Reasons::beginning, 57) == head + "2 of 3 are odd, as 'x'; 3 are ...\n");
  CHECK(line(reason, Reasons::whole, 57) == head + "2 of 3 are odd, as 'x'; 3 are\n" + std::string(18, ' ') + "even\n");
  CHECK(line(std::string(300, 'x'), Reasons::whole, 0) == head + std::string(300, 'x') + "\n");
}

TEST_CASE("check report: more bloat than is allowed is no good answer") {
  CheckColumns columns{.names = {"6.12"}};
  Checked checked = good;
  checked.on[0].result.bloat =
      Bloat{.types = 3, .bytes = 90, .causes = {{.text = "the base has u8", .types = 3, .bytes = 90}}};
  checked.on[0].result.findings.push_back({"bloat", "3 of 7 types are repeated"});
  CHECK(is_good(checked, columns));
  CHECK(check_text(checked, columns, false) == "ok                a.ko: warning: 3 of 7 types are repeated\n");
  columns.bloat_threshold = 80;
  CHECK_FALSE(is_good(checked, columns));
  CHECK(check_text(checked, columns, false) == "bloat             a.ko: 3 of 7 types are repeated\n");
  CHECK(check_cells(checked, columns).front().look == VerdictLook::bad);
  CheckSummary summary;
  summary.count(good, columns);
  CHECK(summary.all_good(columns));
  CHECK(summary.bloat_lines(columns, true).empty());
  summary.count(checked, columns);
  CHECK_FALSE(summary.all_good(columns));
  CHECK(to_json(summary.record(columns))["good"] == 1);
  CheckSummary without_threshold;
  without_threshold.count(checked, {.names = {"6.12"}});
  CHECK(without_threshold.all_good({.names = {"6.12"}}));
  const std::string total =
      "repeated: 3 types, 90 bytes in 1 of 2 modules, which `btfx dedup` drops; 1 repeats 80 bytes or more";
  CHECK(summary.lines(columns, false) == std::vector<std::string>{"6.12: 2 ok", total});
  CHECK(summary.lines(columns, true) ==
        std::vector<std::string>{"6.12: 2 ok", total, "    3 types, 90 bytes in 1 module: the base has u8"});
}

TEST_CASE("check report: a module that loads without the BTF that the kernel refuses") {
  const CheckColumns one{.names = {"6.12"}};
  Checked checked{.name = "b.ko", .on = {{"6.12", result_of(CheckOutcome::mismatch, "odd")}}};
  checked.on[0].result.loads_without = true;
  CHECK(check_text(checked, one, false) == "mismatch          b.ko: loads without its BTF: odd\n");
  CheckSummary summary;
  summary.count(checked, one);
  CHECK(summary.lines(one, false).back() ==
        "1 module loads without its BTF: the kernel is built with MODULE_ALLOW_BTF_MISMATCH");
  CHECK(to_json(summary.record(one))["bases"][0]["loads_without"] == 1);
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
    return summary.lines(columns, true).back();
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
      R"("types":7,"relocates":null,"kernel_error":null,"loads_without":false,"findings":[{"code":"release","severity":"warning",)"
      R"("text":"odd"}]},{"base":"6.18","verdict":"mismatch","certain":false,"relation":"split","types":7,)"
      R"("relocates":null,"kernel_error":null,"loads_without":false,"findings":[{"code":"foreign","severity":"error",)"
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
  CHECK(summary.lines(columns, false) ==
        std::vector<std::string>{"6.12: 2 ok", "6.18: 1 mismatch", "1 could not be checked"});
  CHECK(summary.answer(columns) == std::vector<std::string>{"1 of 3 are ok on all of these", "1 could not be checked"});
  CHECK(summary.answer({.names = {"6.12"}}).front() == "1 of 3 are ok");
  const CheckColumns searched{.names = {"6.12", "6.18"}, .find_base = true};
  CHECK(summary.lines(searched, false)[2] == "1 of 3 belong to one of these");
  CHECK(
      json_text(summary.record(columns)) ==
      R"({"modules":3,"good":1,"errors":1,"bases":[{"base":"6.12","ok":2,"no_btf":0,"does_not_relocate":0,"mismatch":0,"invalid":0,"loads_without":0},)"
      R"({"base":"6.18","ok":0,"no_btf":0,"does_not_relocate":0,"mismatch":1,"invalid":0,"loads_without":0}]})");
  const CheckColumns::Unread unread{1, "none", Error(ErrorCode::io, "cannot open", {.file = "none"})};
  const CheckColumns gap{.names = {"6.12", "6.18"}, .unread = {unread}};
  CHECK(summary.lines(gap, false).back() == "none could not be read");
  const JsonRecord bases = to_json(summary.record(gap))["bases"];
  REQUIRE(bases.size() == 3);
  CHECK(bases[0]["base"] == "6.12");
  CHECK(bases[1].dump() ==
        R"({"base":"none","error":{"code":"io","severity":"error","text":"cannot open","file":"none"}})");
  CHECK(bases[2]["base"] == "6.18");
}

}  // namespace
}  // namespace btfx

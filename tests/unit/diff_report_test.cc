// Differences as they are told: text, JSON and HTML, to the byte where it is read by people.
#include "emit/report/diff_report.h"

#include <nlohmann/json.hpp>

#include "btf/builder.h"
#include "catch.h"
#include "emit/report/declaration_lines.h"
#include "emit/report/html.h"
#include "support/diff_text.h"
#include "transform/diff/diff.h"

namespace btfx {

using namespace test;

namespace {

/// A report of two BTFs: device gets a member in the middle, color another value, a function a parameter.
DiffReport sample() {
  const BtfModel before = kernel_model();
  BtfModel after = before;
  ModelType& device = after.type(Kind::struct_, "device");
  device.size_or_type = 80;
  for (ModelElement& element : device.elements) {
    if (element.words[2] >= 448) element.words[2] += 64;
  }
  device.elements.insert(device.elements.begin() + 6, {"cookie", {0, after.id(Kind::int_, "long unsigned int"), 448}});
  after.type(Kind::enum_, "color").element("BLUE").words[1] = 4;
  after.types[after.type(Kind::func, "device_add").size_or_type - 1].elements.push_back(
      {"extra", {0, after.id(Kind::int_, "int")}});
  after.remove(after.id(Kind::struct_, "bits"));
  const Diff diff = compare({before.build()}, {after.build()});
  DiffReport report;
  report.before = {"old.btf", 40, 0};
  report.after = {"new.btf", 39, 0};
  report.changes = diff.changes;
  report.before_base = diff.before->btf_ptr();
  return report;
}

std::string text(const DiffReport& report, const DiffTextOptions& options = {}) {
  StringOutput out;
  write_diff_text(report, options, out);
  return out.text();
}

DiffReport judged() {
  DiffReport report = sample();
  report.judged = true;
  const auto device = std::ranges::find_if(
      report.changes, [](const Change& change) { return change.subject().view().name() == "device"; });
  report.verdicts = {{.module = "broken",
                      .needs_rebuild = true,
                      .message = "'device' is not mapped",
                      .effects = {{device->before.id, Dependence::embedded, Impact::layout, true, "member-size"}}},
                     {.module = "fine"},
                     {.module = "user", .effects = {{device->before.id, Dependence::pointer, Impact::layout}}}};
  return report;
}

}  // namespace

TEST_CASE("Lists of modules are cut off, or printed in full") {
  DiffReport report = judged();
  const ModuleVerdict broken = report.verdicts.front(), user = report.verdicts.back();
  report.verdicts.clear();
  std::string rebuilt, touched;
  for (char name = 'a'; name <= 'o'; ++name) {
    report.verdicts.push_back(broken);
    report.verdicts.back().module = std::string("b") + name;
    report.verdicts.push_back(user);
    report.verdicts.back().module = std::string("u") + name;
    rebuilt += std::string(rebuilt.empty() ? "b" : ", b") + name;
    touched += std::string(touched.empty() ? "u" : ", u") + name;
  }
  const auto has = [](const std::string& all, const std::string& part) {
    INFO(part << " in " << all);
    CHECK(all.find(part) != std::string::npos);
  };
  const std::string cut = text(report), full = text(report, {.all_modules = true});
  has(cut, "15 of 30 modules need to be rebuilt: ba, bb, bc, bd, be, bf, bg, bh, bi, bj, bk, bl and 3 more\n");
  has(cut, "through pointers, names or calls: ua, ub, uc, ud, ue, uf and 9 more\n");
  has(full, "15 of 30 modules need to be rebuilt: " + rebuilt + "\n");
  has(full, "through pointers, names or calls: " + touched + "\n");
  has(full, "   pointer: " + touched + "\n");
}

TEST_CASE("The answer in three lines") {
  const auto stat = [](const DiffReport& report) {
    StringOutput out;
    write_diff_stat(report, false, out);
    return out.text();
  };
  DiffReport report = judged();
  const std::string changes = "4 changes: 2 layout, 1 signature, 1 value (3 changed, 1 removed)\n";
  CHECK(stat(report) ==
        "old.btf (40 types) -> new.btf (39 types)\n" + changes + "1 of 3 modules needs to be rebuilt.\n");
  report.verdicts.erase(report.verdicts.begin());
  CHECK(stat(report) ==
        "old.btf (40 types) -> new.btf (39 types)\n" + changes + "None of 2 modules needs to be rebuilt.\n");
  CHECK(stat(sample()) == "old.btf (40 types) -> new.btf (39 types)\n" + changes + "Modules were not judged.\n");
  report.whole_kernels = true;
  report.restricted = true;
  report.changes.clear();
  CHECK(stat(report) ==
        "old.btf (40 types, 0 modules) -> new.btf (39 types, 0 modules)\nNo differences of those asked for.\n"
        "None of 2 modules needs to be rebuilt.\n");
}

TEST_CASE("Text gives the answer first, then an overview, then declarations") {
  CHECK(text(sample()) == R"(--- old.btf  (40 types)
+++ new.btf  (39 types)
4 changes: 2 layout, 1 signature, 1 value (3 changed, 1 removed)
Which modules must be rebuilt? --affects MODULE... tells.

  layout     struct bits                      removed
  layout     struct device                    72 -> 80 bytes, member cookie added in between, member count moved 56 -> 64 and 1 more
  signature  func device_add                  parameter extra added
  value      enum color                       BLUE = 2 -> 4

-struct bits { ... }; /* size: 4, members: 2 */

@@ struct device @@ layout: 72 -> 80 bytes, member cookie added in between, member count moved 56 -> 64 and 1 more
 struct device {
 	...
 	struct list_head list;                          /*    24    16 */
 	char name[16];                                  /*    40    16 */
+	long unsigned int cookie;                       /*    56     8 */
 	u32 count;                                      /* 56 -> 64     4 */
 	_Bool last;                                     /* 60 -> 68     1 */
 };                                                     /* size: 72 -> 80 */

@@ func device_add @@ signature: parameter extra added
-int device_add(struct device *dev, u32 flags, struct list_head *name);
+int device_add(struct device *dev, u32 flags, struct list_head *name, int extra);

@@ enum color @@ value: BLUE = 2 -> 4
 enum color {
 	RED = 0,
 	GREEN = 1,
-	BLUE = 2,
+	BLUE = 4,
 };                                                     /* size: 4 */
)");
}

TEST_CASE("A summary is a line for each change") {
  const std::string all = text(sample(), {.color = false, .summary = true});
  CHECK(all.ends_with("  value      enum color                       BLUE = 2 -> 4\n"));
  CHECK(std::ranges::count(all, '\n') == 9);
}

TEST_CASE("Without differences the text says so") {
  DiffReport report = sample();
  report.changes.clear();
  CHECK(text(report) == "--- old.btf  (40 types)\n+++ new.btf  (39 types)\nNo differences.\n");
  report.restricted = true;
  CHECK(text(report).ends_with("\nNo differences of those asked for.\n"));
  report.complete = false;
  CHECK(text(report).ends_with("\nNo differences in what could be read.\n"));
}

TEST_CASE("The text says which modules must be rebuilt, and why") {
  const std::string all = text(judged());
  CHECK(all.find("1 of 3 modules needs to be rebuilt: broken\n"
                 "1 module is safe to load, but uses what changed through pointers, names or calls: user\n") !=
        std::string::npos);
  CHECK(all.find("   must be rebuilt: broken (embedded: member-size)\n   pointer: user\n") != std::string::npos);
  // What `relocate` does not refuse is told apart.
  CHECK(all.find("`btfx relocate`") == std::string::npos);
  DiffReport more = judged();
  more.verdicts.push_back(more.verdicts.front());
  more.verdicts.back().message.clear();
  CHECK(text(more).find(
            "to be rebuilt: broken, broken\n`btfx relocate` refuses 1 of them: in 1 the kernel does not notice "
            "what changed, of which `relocate` warns.\n") != std::string::npos);
  more.verdicts.push_back(more.verdicts.back());
  more.verdicts.back().effects.front().reason = lost_symbol_reason;
  CHECK(text(more).find("`btfx relocate` refuses 1 of them: in 1 the kernel does not notice what changed, of which "
                        "`relocate` warns, and 1 imports what is gone.\n") != std::string::npos);
  DiffReport safe = judged();
  safe.verdicts = {{.module = "fine"}, {.module = "other"}};
  CHECK(text(safe).find("Safe: none of 2 modules needs to be rebuilt.\n") != std::string::npos);
  safe.verdicts.pop_back();
  CHECK(text(safe).find("Safe: fine need not be rebuilt.\n") != std::string::npos);
}

TEST_CASE("Colours are for terminals, and names cannot command them") {
  CHECK(text(sample(), {.color = true}).find("\033[32m+\tlong unsigned int cookie;") != std::string::npos);
  CHECK(text(sample()).find('\033') == std::string::npos);
  BtfBuilder b;
  b.add_composite(Kind::struct_, "evil\033[2J\n", 4);
  DiffReport report;
  report.before.name = "a\nb";
  report.changes = compare({BtfBuilder().build()}, {b.build()}).changes;
  const std::string all = text(report);
  CHECK(all.find('\033') == std::string::npos);
  CHECK(all.find("--- a\\x0ab  (") == 0);
  CHECK(all.find("+struct evil\\x1b[2J\\x0a { ... };") != std::string::npos);
}

TEST_CASE("JSON has a record for each change, and a summary") {
  StringOutput out;
  write_diff_json(judged(), false, false, out);
  const nlohmann::json document = nlohmann::json::parse(out.text());
  REQUIRE(document["results"].size() == 4);
  const nlohmann::json& device = document["results"][1];
  CHECK(device["change"] == "changed");
  CHECK(device["severity"] == "layout");
  CHECK(device["kind"] == "struct");
  CHECK(device["name"] == "device");
  CHECK(device["old_size"] == 72);
  CHECK(device["new_size"] == 80);
  CHECK(device["details"][0] ==
        nlohmann::json({{"what", "size"}, {"severity", "layout"}, {"old_bytes", 72}, {"new_bytes", 80}}));
  CHECK(device["details"][3] == nlohmann::json({{"what", "member_added"},
                                                {"severity", "compatible"},
                                                {"member", "cookie"},
                                                {"new_type", "long unsigned int"},
                                                {"new_bit_offset", 448},
                                                {"spot", "between"}}));
  CHECK(device["modules"] == nlohmann::json::parse(R"([
    {"module": "broken", "use": "embedded", "needs_rebuild": true, "reason": "member-size"},
    {"module": "user", "use": "pointer", "needs_rebuild": false}])"));
  CHECK(document["results"][0]["details"].empty());
  CHECK(document["summary"] == nlohmann::json::parse(R"({
    "old": {"source": "old.btf", "types": 40}, "new": {"source": "new.btf", "types": 39}, "equal": false, "changes": 4,
    "added": 0, "removed": 1, "renamed": 0, "moved": 0, "changed": 3, "consequences": 0,
    "severities": {"layout": 2, "signature": 1, "value": 1, "compatible": 0}, "judged": 3, "need_rebuild": 1,
    "modules": [
      {"module": "broken", "verdict": "needs rebuild", "kernel_log": "'device' is not mapped",
       "uses": [{"kind": "struct", "name": "device", "severity": "layout", "use": "embedded", "needs_rebuild": true,
                 "reason": "member-size"}]},
      {"module": "user", "verdict": "safe",
       "uses": [{"kind": "struct", "name": "device", "severity": "layout", "use": "pointer",
                 "needs_rebuild": false}]}]})"));
  StringOutput short_out;
  write_diff_json(judged(), true, true, short_out);
  CHECK(nlohmann::json::parse(short_out.text())["results"].empty());
}

TEST_CASE("Values of signed enums are negative in JSON and text") {
  BtfModel before = kernel_model(), after = before;
  after.type(Kind::enum64, "wide").element("WIDE_ONE").words = {0, 0xffffffff, 0xffffffff};
  DiffReport report;
  report.changes = compare({before.build()}, {after.build()}).changes;
  StringOutput out;
  write_diff_json(report, false, false, out);
  CHECK(nlohmann::json::parse(out.text())["results"][0]["details"][0]["new_value"] == -1);
  CHECK(text(report).find("WIDE_ONE = 1 -> -1") != std::string::npos);
}

TEST_CASE("What a declaration does not show is told in lines of its own") {
  const auto build = [](bool is_new) {
    BtfBuilder b;
    const TypeId int_id = b.add_int("int", 4, 1), long_id = b.add_int("long", 8, 1);
    const TypeId behind = b.add_composite(Kind::struct_, "", 16);
    b.add_member("hits", is_new ? long_id : int_id, 0);
    if (is_new) b.add_member("more", long_id, 64);
    const TypeId choice = b.add(Kind::enum_, "", 4);
    b.add_enumerator(is_new ? "NEW" : "OLD", 1);
    b.add_composite(Kind::struct_, "s", 16);
    b.add_member("stats", b.end_id(), 0);
    b.add_member("choice", choice, 64);
    b.add_ptr(behind);
    return b.build();
  };
  DiffReport report;
  report.changes = compare({build(false)}, {build(true)}).changes;
  REQUIRE(report.changes.size() == 1);
  const std::string all = text(report);
  CHECK(
      all.substr(all.find("@@")) ==
      R"(@@ struct s @@ layout: alignment 4 -> 8 of (*stats), member (*stats).hits retyped, member (*stats).more added in a hole and 1 more
 struct s {
 	...
-	(*stats).hits: int                              /*     0 */
+	(*stats).hits: long                             /*     0 */
+	(*stats).more: long                             /*     8 */
-	choice.OLD = 1
+	choice.NEW = 1
 };                                                     /* size: 16 */
)");
}

TEST_CASE("The size of the whole is told before those of what is inside") {
  Change change;
  const BtfPtr btf = kernel_model().build();
  const TypeId device{BtfModel(*btf).id(Kind::struct_, "device")};
  change.before = change.after = {btf, device};
  for (const char* inside : {"a", "b", "", "c"}) {
    change.details.push_back({.name = inside, .content = DetailOf<DetailKind::size>{{{4}, {8}}}});
  }
  CHECK(summarise(change) == "4 -> 8 bytes, size of 3 members");
  change.details = {{.name = "id", .content = DetailOf<DetailKind::tag_added>{{"one"}}},
                    {.content = DetailOf<DetailKind::tag_removed>{{"two"}}}};
  CHECK(summarise(change) == "tag one added to id, tag two removed");
}

TEST_CASE("An enum that changes its signedness has values of two signs") {
  const auto build = [](bool is_signed, std::uint64_t value) {
    BtfBuilder b;
    b.add(Kind::enum64, "e", 8, {}, 0, is_signed);
    b.add_enumerator("A", value);
    return b.build();
  };
  DiffReport report;
  report.changes = compare({build(true, 0xffffffff80000000)}, {build(false, 0x80000000)}).changes;
  CHECK(text(report).find("A = -2147483648 -> 2147483648") != std::string::npos);
  StringOutput out;
  write_diff_json(report, false, false, out);
  const auto detail = nlohmann::json::parse(out.text())["results"][0]["details"][1];
  CHECK(detail["old_value"] == -2147483648);
  CHECK(detail["new_value"] == 2147483648);
}

TEST_CASE("Without modules nothing is called safe") {
  DiffReport report = judged();
  report.verdicts.clear();
  CHECK(text(report).find("No modules were found that could be judged.\n") != std::string::npos);
  CHECK(text(report).find("Safe") == std::string::npos);
}

TEST_CASE("The page stands alone, and nothing from a BTF is markup in it") {
  BtfBuilder b;
  b.add_composite(Kind::struct_, "<script>alert('x' & \"y\")</script>", 4);
  DiffReport report = judged();
  report.before.name = "<old>";
  report.changes.push_back(compare({BtfBuilder().build()}, {b.build()}).changes.front());
  StringOutput out;
  write_diff_html(report, {}, out);
  const std::string& page = out.text();
  CHECK(page.starts_with("<!DOCTYPE html>\n"));
  CHECK(page.find("<script>alert") == std::string::npos);
  CHECK(page.find("[\"struct \\u003cscript>alert('x' & \\\"y\\\")\\u003c/script>\",\"compatible\",\"added\",") !=
        std::string::npos);
  CHECK(page.find("<title>&lt;old&gt; → new.btf</title>") != std::string::npos);
  CHECK(page.find("<p class=\"summary\">1 of 3 modules needs to be rebuilt.</p>") != std::string::npos);
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("src=") == std::string::npos);
}

TEST_CASE("HTML takes any bytes") {
  CHECK(html_escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  CHECK(html_sentence("`a<b` and `c`: `d") == "<code>a&lt;b</code> and <code>c</code>: `d");
  CHECK(html_sentence("``") == "<code></code>");
  CHECK(html_escaped("gr\xc3\xb6\xc3\x9f"
                     "e") ==
        "gr\xc3\xb6\xc3\x9f"
        "e");
  CHECK(html_escaped("\xff|\xc0\x80|\xed\xa0\x80|\xf5|\xe2\x82|\x01") ==
        "\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd|"
        "\xef\xbf\xbd\xef\xbf\xbd|"
        "\xef\xbf\xbd");
  CHECK(html_escaped("\xf0\x9f\x90\x9d") == "\xf0\x9f\x90\x9d");
  CHECK(json_in_html("</script>\x7f\xc2\x85\xe2\x80\xae") == "\"\\u003c/script>\\u007f\\u0085\\u202e\"");
}

TEST_CASE("Declarations are written with what is inside of them") {
  const BtfPtr btf = kernel_model().build();
  BtfModel model(*btf);
  const auto lines = [&](Kind kind, std::string_view name) {
    Lines result;
    for (const DeclarationLine& line : declaration_lines(*btf, TypeId{model.id(kind, name)})) {
      result.push_back(line.text + "|" + line.offset + "|" + line.size);
    }
    return result;
  };
  CHECK(lines(Kind::struct_, "device") ==
        Lines{"struct device {||", "\tint id;|0|4", "\t_Bool flag;|4|1", "\tunion {||",
              "\t\tlong unsigned int number;|8|8", "\t\tstruct list_head *entry;|8|8", "\t};||", "\tstruct {||",
              "\t\tint hits;|16|4", "\t\tint misses;|20|4", "\t} stats;||", "\tstruct list_head list;|24|16",
              "\tchar name[16];|40|16", "\tu32 count;|56|4", "\t_Bool last;|60|1", "};||72"});
  CHECK(lines(Kind::struct_, "bits") == Lines{"struct bits {||", "\tint low:3;|0|", "\tint high:5;|0:3|", "};||4"});
  CHECK(lines(Kind::typedef_, "atomic_t") == Lines{"typedef struct {||", "\tint counter;|0|4", "} atomic_t;||4"});
  CHECK(lines(Kind::enum64, "wide") ==
        Lines{"enum wide {||", "\tWIDE_MIN = -9223372036854775808,||", "\tWIDE_ONE = 1,||", "};||8"});
  CHECK(lines(Kind::datasec, ".data") ==
        Lines{"section .data {||", "\tatomic_t users;|0|4", "\tstruct list_head root;|8|16", "}||32"});
  CHECK(lines(Kind::int_, "int") == Lines{"int; /* 4 bytes, 32 bits, signed */||"});
  CHECK(lines(Kind::fwd, "opaque") == Lines{"struct opaque;||"});
}

TEST_CASE("Lines are aligned by what is unique and what equals beside it") {
  const auto lines_of = [](std::string_view text) {
    std::vector<DeclarationLine> lines;
    for (const char c : text) lines.push_back({std::string(1, c)});
    return lines;
  };
  const auto align = [&](std::string_view before, std::string_view after) {
    std::string result;
    for (const LinePair& pair : align_lines(lines_of(before), lines_of(after))) {
      result += pair.after < 0 ? '-' : pair.before < 0 ? '+' : ' ';
      result +=
          pair.after < 0 ? before[static_cast<std::size_t>(pair.before)] : after[static_cast<std::size_t>(pair.after)];
    }
    return result;
  };
  CHECK(align("abc", "abc") == " a b c");
  CHECK(align("abc", "axbc") == " a+x b c");
  CHECK(align("abcd", "acbd") == " a-b c+b d");
  CHECK(align("a}}b", "a}}}b") == " a } }+} b");
  CHECK(align("", "ab") == "+a+b");
  CHECK(align("ab", "") == "-a-b");
  CHECK(align("xx", "xxx") == " x x+x");
}

}  // namespace btfx

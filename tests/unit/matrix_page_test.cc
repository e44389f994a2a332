#include "emit/matrix_page.h"

#include "catch.h"

namespace btfx {
namespace {

TEST_CASE("page: rows, details and what may stand in HTML") {
  MatrixPage page("A <title>", "Why & how", "module", {"6.12", "6.18"});
  page.add("a\"b.ko", {{Tone::good, "ok"}, {Tone::bad, "mismatch", {"error: <x>", "note: \x01"}}});
  page.add("c.ko", {{Tone::odd, "unreadable", {"gone"}}, {}});
  const std::string html = page.finish({"2 modules"});
  CHECK(
      html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>A "
                       "&lt;title&gt;</title>"));
  CHECK(html.find("<p>Why &amp; how</p>\n<p>2 modules</p>") != std::string::npos);
  CHECK(html.find("<th>module</th><th>6.12</th><th>6.18</th>") != std::string::npos);
  CHECK(html.find("<tr><td>a&quot;b.ko</td><td class=\"good\" data-word=\"ok\">ok</td><td class=\"bad\" "
                  "data-word=\"mismatch\"><details><summary>mismatch</summary><p>error: &lt;x&gt;</p><p>note: "
                  "\xef\xbf\xbd</p></details></td></tr>\n") != std::string::npos);
  CHECK(html.find("<option>ok</option><option>mismatch</option><option>unreadable</option></select>") !=
        std::string::npos);
  CHECK(html.find("http") == std::string::npos);  // nothing is fetched
  CHECK(html.ends_with("</body>\n</html>\n"));
}

}  // namespace
}  // namespace btfx

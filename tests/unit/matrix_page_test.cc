#include "emit/report/matrix_page.h"

#include "catch.h"

namespace btfx {
namespace {

TEST_CASE("page: rows, details and what may stand in HTML") {
  MatrixPage page("A <title>", "Why & how", "module", {"6.12", "<6.18>"});
  page.add("a\"b.ko",
           {{VerdictLook::good, "ok"}, {VerdictLook::bad, "mismatch", {"error: </script>", "note: \x01\xff"}}});
  page.add("c.ko", {{VerdictLook::odd, "unreadable", {"gone", "error: </script>"}}});
  page.add("d.ko", {{VerdictLook::good, "ok"}, {VerdictLook::none, "mismatch"}});
  page.add("e.ko", {{VerdictLook::good, "ok", {"gone"}, "2 < 3"}, {VerdictLook::good, "ok", {}, "4"}});
  const std::string html = page.finish({"btfx 1", "btfx check '<'", 86400}, {"2 > 1"});
  CHECK(
      html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                       "content=\"width=device-width, initial-scale=1\">\n<title>A &lt;title&gt;</title>\n<style>"));
  CHECK(html.find(
            "<h1>A &lt;title&gt;</h1><p class=\"intro\">Why &amp; how</p>\n<p class=\"made\">btfx 1, 1970-01-02 00:00 "
            "UTC: <code>btfx check &#39;&lt;&#39;</code></p>\n<p class=\"summary\">2 &gt; 1</p>\n") !=
        std::string::npos);
  CHECK(html.find("<b>6.12</b><span><button class=\"count odd\" aria-pressed=\"false\" data-column=\"0\" "
                  "data-verdict=\"2\">1 unreadable</button><button class=\"count good\" aria-pressed=\"false\" "
                  "data-column=\"0\" data-verdict=\"0\">3 ok</button></span>") != std::string::npos);
  CHECK(html.find("<b>&lt;6.18&gt;</b>") != std::string::npos);
  CHECK(
      html.find(
          "id=\"data\">{\"head\":\"module\",\"sizes\":[],\"columns\":[\"6.12\",\"\\u003c6.18>\"],\"verdicts\":[[\"ok\","
          "\"good"
          "\"],[\"mismatch\",\"bad\"],[\"unreadable\",\"odd\"],[\"mismatch\",\"none\"]],\n\"lines\":[\n\"error: "
          "\\u003c/script>\",\n\"note: \\u0001\xef\xbf\xbd\",\n\"gone\"],\n\"rows\":[\n[\"a\\\"b.ko\",0,[1,0,1]]"
          ",\n[\"c.ko\",[2,2,0]],\n[\"d.ko\",0,3],\n[\"e.ko\",[0,\"2 \\u003c 3\",2],[0,\"4\"]]]}</script>\n<script>") !=
      std::string::npos);
  CHECK(html.find("http") == std::string::npos);  // nothing is fetched
  CHECK(html.ends_with("</script>\n</body>\n</html>\n"));
}

TEST_CASE("page: sizes, and what could go of them") {
  MatrixPage page("title", "intro", "module", {"6.12"});
  page.measure("bytes", "repeated <bytes>");
  page.add("a.ko", {{VerdictLook::good, "ok"}}, {100, 40});
  page.add("b.ko", {{VerdictLook::odd, "not checked"}});
  const std::string html = page.finish({}, {"answer"}, {"40 of 100", "because > of"});
  CHECK(html.find("\"sizes\":[[\"bytes\",[100,0]],[\"repeated \\u003cbytes>\",[40,0]]],") != std::string::npos);
  CHECK(html.find("<details class=\"sizes\" open><summary>40 of 100</summary>\n<div id=\"sizes\"></div>\n<p "
                  "class=\"says\"><i class=\"whole\"></i> 100 bytes <i class=\"part\"></i> 40 repeated "
                  "&lt;bytes&gt;</p>\n<details "
                  "class=\"causes\"><summary>What causes most of it</summary>\n<p>because &gt; of</p>\n</details>\n"
                  "</details>\n") != std::string::npos);
  // Without a part there is a column, and no picture.
  MatrixPage plain("title", "intro", "module", {"6.12"});
  plain.measure("bytes");
  plain.add("a.ko", {{VerdictLook::good, "ok"}}, {100, 40});
  const std::string columns = plain.finish({}, {"answer"});
  CHECK(columns.find("\"sizes\":[[\"bytes\",[100]]],") != std::string::npos);
  CHECK(columns.find("id=\"sizes\"") == std::string::npos);
}

TEST_CASE("page: a long command is cut in its middle") {
  const PageOrigin origin{"btfx 1", "btfx " + std::string(500, 'a') + " end", 0};
  const std::string line = html_origin(origin);
  CHECK(line.size() < 500);
  CHECK(line.find("<code>btfx aaa") != std::string::npos);
  CHECK(line.find("aaa end</code>") != std::string::npos);
  CHECK(line.find("a \xe2\x80\xa6 a") != std::string::npos);
}

}  // namespace
}  // namespace btfx

#include "run/messages.h"

#include "catch.h"

namespace btfx {
namespace {

/// Standard error that nobody reads any more.
class BrokenOutput : public Output {
 public:
  void write(std::string_view) override { throw ClosedPipe{}; }
};

Messages::Settings with_verbosity(int verbosity) {
  Messages::Settings settings;
  settings.verbosity = verbosity;
  return settings;
}

Messages::Settings showing_progress(std::chrono::milliseconds delay = {}, std::size_t width = 80) {
  Messages::Settings settings;
  settings.progress = true;
  settings.progress_delay = delay;
  settings.width = width;
  return settings;
}

void say_all(Messages& messages) {
  messages.note("a");
  messages.warn("b");
  messages.error("c");
}

TEST_CASE("A remark is a note that needs no -v, and goes with -q") {
  StringOutput quiet, normal;
  Messages(quiet, with_verbosity(-1)).remark("a");
  Messages(normal, with_verbosity(0)).remark("a");
  CHECK(quiet.text().empty());
  CHECK(normal.text() == "btfx: note: a\n");
}

TEST_CASE("Notes need -v, warnings go with -q, errors stay") {
  const std::string note = "btfx: note: a\n", warning = "btfx: warning: b\n", error = "btfx: error: c\n";
  StringOutput quiet, normal, verbose;
  Messages quietly(quiet, with_verbosity(-1)), normally(normal, with_verbosity(0)),
      verbosely(verbose, with_verbosity(1));
  say_all(quietly);
  say_all(normally);
  say_all(verbosely);
  CHECK(quiet.text() == error);
  CHECK(normal.text() == warning + error);
  CHECK(verbose.text() == note + warning + error);
}

TEST_CASE("Errors and diagnostics bear their place") {
  StringOutput out;
  Messages messages(out);
  messages.error(Error(ErrorCode::malformed, "is wrong", {.file = "a.ko", .section = ".BTF", .offset = 16}));
  messages.report({"release", "is odd", {.file = "b.ko"}});
  messages.report({"origin", "is fine"});
  messages.report({"foreign", "is bad"});
  CHECK(out.text() ==
        "btfx: error: a.ko: .BTF: offset 0x10: is wrong\nbtfx: warning: b.ko: is odd\nbtfx: error: is bad\n");
}

TEST_CASE("Names out of files cannot command a terminal") {
  StringOutput out;
  Messages messages(out);
  messages.warn("type \x1b[31mred\n is odd");
  CHECK(out.text() == "btfx: warning: type \\x1b[31mred\\x0a is odd\n");
}

TEST_CASE("Colour is for the severity alone") {
  StringOutput out;
  Messages::Settings settings;
  settings.color = true;
  Messages(out, settings).error("x");
  CHECK(out.text() == "btfx: \x1b[1;31merror:\x1b[0m x\n");
}

TEST_CASE("Progress is drawn on one line and wiped before anything else") {
  StringOutput out;
  Messages messages(out, showing_progress());
  messages.progress(1, 4);
  CHECK(out.text() == "\r\x1b[K[##########                              ] 1/4");
  messages.progress(2, 4);  // too soon for another
  messages.error("x");
  CHECK(out.text() == "\r\x1b[K[##########                              ] 1/4\r\x1b[Kbtfx: error: x\n");
  messages.wipe();  // nothing is there to wipe
  CHECK(out.text().ends_with("x\n"));
}

TEST_CASE("Progress without a total counts") {
  StringOutput out;
  Messages(out, showing_progress()).progress(7, std::nullopt);
  CHECK(out.text() == "\r\x1b[K7 done");
}

TEST_CASE("Progress fits the terminal") {
  StringOutput narrow, tiny;
  Messages(narrow, showing_progress({}, 20)).progress(10, 10);
  CHECK(narrow.text() == "\r\x1b[K[###########] 10/10");
  Messages(tiny, showing_progress({}, 3)).progress(10, 10);
  CHECK(tiny.text() == "\r\x1b[K[] 10/10");
}

TEST_CASE("Short batches and those that nobody watches show no progress") {
  StringOutput out;
  Messages patient(out, showing_progress(std::chrono::hours(1)));
  patient.progress(1, 2);
  patient.progress(2, 2);
  Messages(out).progress(1, 2);
  CHECK(out.text().empty());
}

TEST_CASE("Results that go to the same terminal wipe the progress") {
  StringOutput out;
  Messages messages(out, showing_progress());
  WipingOutput results(out, messages);
  messages.progress(5, std::nullopt);
  results.write("result\n");
  CHECK(out.text() == "\r\x1b[K5 done\r\x1b[Kresult\n");
}

TEST_CASE("A closed standard error is nobody's problem") {
  BrokenOutput broken;
  Messages messages(broken);
  CHECK_NOTHROW(messages.error("x"));
}

}  // namespace
}  // namespace btfx

#include "emit/report/co_re_page.h"

#include "catch.h"

namespace btfx {
namespace {

CoreRelocation relocation(CoreKind kind, std::string path, std::uint64_t old_value, std::uint32_t line) {
  CoreRelocation made;
  made.access.root = TypeId{old_value == 8 ? 1U : 2U};
  made.program_insn = line + 1;
  made.file = "tool.c";
  made.source = "  code();";
  made.line = line;
  made.kind = kind;
  made.kind_number = static_cast<std::uint32_t>(kind);
  made.path = std::move(path);
  made.spec = "<spec> of " + made.path;
  made.old_value = made.own_value = old_value;
  return made;
}

CoreResult found(CoreVerdict verdict, std::uint64_t value) {
  CoreResult made;
  made.verdict = verdict;
  made.new_value = value;
  made.access = CoreAccess{};
  made.spec = "<spec> there";
  return made;
}

CoreResult not_found(CoreVerdict verdict, CoreGuard guard, std::string message) {
  CoreResult made;
  made.verdict = verdict;
  made.guard = guard;
  made.message = std::move(message);
  return made;
}

bool has(const std::string& page, std::string_view text) {
  return page.find(text) != std::string::npos;
}

/// One tool with four relocations, two of them the same, on two kernels, where the second has lost `gone`.
CoreMatrix matrix() {
  CoreMatrix made;
  made.kernels = {{"6.1", {"vmlinux"}}, {"6.12", {"vmlinux", "tun"}}};
  CoreObject& tool = made.objects.emplace_back();
  tool.name = "tool.bpf.o";
  tool.programs = {{"kprobe/x", "run", 0, {}}};
  tool.relocations = {
      relocation(CoreKind::byte_offset, "task.pid", 8, 1), relocation(CoreKind::byte_offset, "task.gone", 16, 2),
      relocation(CoreKind::field_exists, "task.gone", 1, 3), relocation(CoreKind::byte_offset, "task.gone", 16, 4)};
  CoreAnswer old, recent;
  recent.unguarded = 1;
  old.results = {found(CoreVerdict::same, 8), found(CoreVerdict::ok, 24), found(CoreVerdict::same, 1),
                 found(CoreVerdict::ok, 24)};
  recent.results = {found(CoreVerdict::ok, 32),
                    not_found(CoreVerdict::poison, CoreGuard::existence, "no member 'gone'"),
                    not_found(CoreVerdict::absent, CoreGuard::none, "no member 'gone'"),
                    not_found(CoreVerdict::poison, CoreGuard::none, "no member 'gone'")};
  recent.results[0].part = 1;
  recent.results[3].candidates = {
      {1, TypeId{7}, CoreCandidate::State::rejected, CoreReason::member_missing, "is <odd>"}};
  recent.results[3].findings = {{Severity::warning, "bitfield-place", "look here", {}}};
  made.answers = {{old, recent}};
  return made;
}

}  // namespace

TEST_CASE("core page: a row for what is asked, its value or the worst verdict on each kernel") {
  const std::string page = core_page(matrix(), {});
  CHECK(has(page, "<p class=\"summary\">tool.bpf.o: loads on 1 of 2 kernels; "));
  CHECK(has(page,
            "\"columns\":[\"6.1\",\"6.12\"],\"verdicts\":[[\"ok\",\"good\"],[\"poison\",\"bad\"],"
            "[\"absent\",\"none\"]]"));
  CHECK(has(page, "[\"task.pid byte_off\",[0,\"8\",0,1,2,3,4],[0,\"32\",0,1,2,5,6]]"));
  CHECK(has(page, "[\"task.gone byte_off\",[0,\"24\","));
  CHECK(has(page, "[\"task.gone field_exists\",[0,\"1\","));
  CHECK(
      has(page,
          "\"lines\":[\n\"tool.bpf.o: run, instruction 2, tool.c:1\",\n\"    code();\",\n\"  asks \\u003cspec> of "
          "task.pid = 8\",\n\"  finds \\u003cspec> there = 8 in vmlinux\",\n\"  same\",\n\"  finds \\u003cspec> there "
          "= 32 in tun\",\n\"  ok\","));
}

TEST_CASE("core page: details say why") {
  const std::string page = core_page(matrix(), {});
  CHECK(has(page, "\"  poison, but the program asks whether it is there: no member 'gone'\""));
  CHECK(has(page, "\"  poison: no member 'gone'\",\n\"  not [7] in tun: is \\u003codd>\",\n\"  warning: look here\""));
}

TEST_CASE("core page: what does no harm is no fault") {
  CoreMatrix guarded = matrix();
  guarded.answers[0][1].results[3].guard = CoreGuard::unreachable;
  const std::string warned = core_page(guarded, {});
  CHECK(has(warned, "[[\"ok\",\"good\"],[\"poison (guarded) (warning)\",\"odd\"],[\"absent\",\"none\"]]"));
  CHECK(has(warned, "<dt>absent</dt><dd>nothing matches, and the answer is 0</dd>"));
  guarded.answers[0][1].results[3].findings.clear();
  CHECK(has(core_page(guarded, {}), "[[\"ok\",\"good\"],[\"poison (guarded)\",\"none\"],[\"absent\",\"none\"]]"));
}

TEST_CASE("core page: what fails in a program that is left out by default is no fault") {
  CoreMatrix optional = matrix();
  CoreResult& result = optional.answers[0][1].results[3];
  result.findings.clear();
  for (const CoreVerdict verdict : {CoreVerdict::poison, CoreVerdict::ambiguous, CoreVerdict::error}) {
    result.verdict = verdict;
    result.guard = CoreGuard::not_loaded;
    const std::string page = core_page(optional, {}), word(to_string(verdict));
    CHECK(has(page, "[[\"ok\",\"good\"],[\"" + word + " (optional)\",\"none\"],[\"absent\",\"none\"]]"));
    CHECK(has(page, word + ", but the program is left out unless its loader is told otherwise: no member 'gone'"));
  }
}

TEST_CASE("core page: of several objects only those that do not load everywhere are summed up") {
  CoreMatrix two = matrix();
  two.objects.push_back(two.objects.front());
  two.objects.back().name = "good.bpf.o";
  two.answers.push_back({two.answers[0][0], two.answers[0][0]});
  two.objects.push_back({.name = "bad.bpf.o", .error = Error(ErrorCode::no_btf, "has no BTF")});
  two.answers.push_back({{}, {}});
  const std::string page = core_page(two, {});
  CHECK(has(page, "<p class=\"summary\">1 of 2 objects load on all of these</p>\n<div class=\"columns\">"));
  CHECK(has(page, "</div>\n<p class=\"summary\">tool.bpf.o: "));
  CHECK(!has(page, "<p class=\"summary\">good"));
  CHECK(has(page, "<p class=\"summary\">not read: has no BTF</p>"));
  CHECK(has(page, "[\"good.bpf.o: task.pid byte_off\","));
  // The directory that all are in is left out.
  two.objects[0].name = "/some/dir/tool.bpf.o";
  two.objects[1].name = "/some/dir/sub/good.bpf.o";
  two.objects[2].name = "/some/directory/bad.bpf.o";
  CHECK(has(core_page(two, {}), "[\"dir/sub/good.bpf.o: task.pid byte_off\","));
  CHECK(has(core_page(two, {}), "\"dir/tool.bpf.o: run, instruction 2, tool.c:1\""));
}

}  // namespace btfx

#include "emit/report/co_re_report.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "support/co_re_maker.h"

namespace btfx {
namespace {

using test::CoreMaker;

/// An object that asks for a member, for one that may be gone, and for one that is gone.
CoreObject object(const std::string& section) {
  CoreMaker maker;
  maker.section = section;
  const TypeId number = maker.types.add_int("int", 4, 1);
  const TypeId id = maker.types.add_composite(Kind::struct_, "s", 12);
  maker.types.add_member("here", number, 0);
  maker.types.add_member("perhaps", number, 32);
  maker.types.add_member("gone", number, 64);
  const std::uint32_t load = maker.add(test::load_field(4, 0));
  maker.relocate(load, CoreKind::byte_offset, id, "0:0");
  maker.line(load, "dir/a.c", "  return s->here;", 12);
  maker.ask(CoreKind::field_exists, id, "0:1", 1);
  maker.ask(CoreKind::byte_offset, id, "0:2", 8);
  return maker.object();
}

/// `struct s { int here @ 4; int perhaps, if `whole`, and int gone, if `whole` }`.
CoreKernel kernel(const std::string& name, bool whole) {
  BtfBuilder types;
  types.add_int("int", 4, 1);
  types.add_composite(Kind::struct_, "s", 16);
  types.add_member("here", TypeId{1}, 32);
  if (whole) {
    types.add_member("perhaps", TypeId{1}, 64);
    types.add_member("gone", TypeId{1}, 96);
  }
  return {name, types.build()};
}

CoreMatrix matrix_of(const std::vector<const CoreKernel*>& kernels, const std::string& section = "sec") {
  CoreMatrix matrix;
  matrix.objects.push_back(object(section));
  matrix.answers.emplace_back();
  for (const CoreKernel* one : kernels) {
    matrix.kernels.push_back(one->column());
    matrix.answers[0].push_back(resolve_core(matrix.objects[0], *one));
  }
  return matrix;
}

const CoreKernel& old_kernel() {
  static const CoreKernel one = kernel("old", true);
  return one;
}
const CoreKernel& new_kernel() {
  static const CoreKernel one = kernel("new", false);
  return one;
}

}  // namespace

TEST_CASE("core report: an object without a kernel") {
  CHECK(core_text(matrix_of({}), {}) ==
        "test.bpf.o\n"
        "sec, program prog\n"
        "  insn 0  byte_off      s.here     0    a.c:12\n"
        "  insn 1  field_exists  s.perhaps  1    a.c:12\n"
        "  insn 3  byte_off      s.gone     8    a.c:12\n");
}

TEST_CASE("core report: one kernel, with details") {
  CHECK(core_text(matrix_of({&new_kernel()}), {}) ==
        "test.bpf.o: loads on 0 of 1 kernel; fails on new (1 program fails verification)\n"
        "\n"
        "test.bpf.o on new\n"
        "sec, program prog\n"
        "  insn 0  byte_off      s.here     0 -> 4  ok      vmlinux [2]  a.c:12\n"
        "  insn 1  field_exists  s.perhaps  1 -> 0  absent               a.c:12\n"
        "      struct s has no member 'perhaps'\n"
        "      source: return s->here;\n"
        "  insn 3  byte_off      s.gone     8       poison               a.c:12\n"
        "      struct s has no member 'gone'\n");
  const std::string details = core_text(matrix_of({&new_kernel()}), {.details = true});
  CHECK(details.find("  insn 0  byte_off      s.here     0 -> 4  ok      vmlinux [2]  a.c:12\n"
                     "      source: return s->here;\n"
                     "      local   <byte_off> [2] struct s.here (0:0 @ offset 0)\n"
                     "      target  <byte_off> [2] struct s.here (0:0 @ offset 4)\n"
                     "      matches vmlinux [2]\n") != std::string::npos);
  CHECK(details.find("      not     vmlinux [2]: struct s has no member 'gone'\n") != std::string::npos);
}

TEST_CASE("core report: a table of several kernels") {
  CHECK(core_text(matrix_of({&old_kernel(), &new_kernel()}), {}) ==
        "test.bpf.o: loads on 1 of 2 kernels; fails on new (1 program fails verification); 2 values differ "
        "across kernels\n"
        "\n"
        "test.bpf.o\n"
        "                           old  new\n"
        "  byte_off      s.here     4    4\n"
        "  field_exists  s.perhaps  1    absent\n"
        "  byte_off      s.gone     12   poison\n"
        "      new: struct s has no member 'gone'\n"
        "      program prog, insn 3, a.c:12\n"
        "        source: return s->here;\n");
}

TEST_CASE("core report: what fails in a program that is left out by default keeps the object from nothing") {
  CHECK(core_text(matrix_of({&new_kernel()}, "?sec"), {}) ==
        "test.bpf.o: loads on 1 of 1 kernel; optional programs fail on new\n"
        "\n"
        "test.bpf.o on new\n"
        "?sec, program prog (optional)\n"
        "  insn 0  byte_off      s.here     0 -> 4  ok                 vmlinux [2]  a.c:12\n"
        "  insn 1  field_exists  s.perhaps  1 -> 0  absent                          a.c:12\n"
        "      struct s has no member 'perhaps'\n"
        "      source: return s->here;\n"
        "  insn 3  byte_off      s.gone     8       poison (optional)               a.c:12\n"
        "      struct s has no member 'gone'\n");
  const CoreMatrix matrix = matrix_of({&old_kernel(), &new_kernel()}, "?sec");
  CHECK(core_text(matrix, {}) ==
        "test.bpf.o: loads on 2 of 2 kernels; optional programs fail on new; 2 values differ across kernels\n"
        "\n"
        "test.bpf.o\n"
        "                           old  new\n"
        "  byte_off      s.here     4    4\n"
        "  field_exists  s.perhaps  1    absent\n"
        "  byte_off      s.gone     12   poison (optional)\n");
  StringOutput out;
  write_core_json(matrix, out, false);
  const auto document = nlohmann::json::parse(out.text());
  CHECK(document["results"][5]["verdict"] == "poison");
  CHECK(document["results"][5]["guarded"] == false);
  CHECK(document["results"][5]["optional"] == true);
  CHECK(document["summary"]["objects"][0] ==
        nlohmann::json::parse(R"json({"object": "test.bpf.o", "relocations": 3, "loads_on": ["old", "new"],
            "poisoned_on": [], "fails_on": [], "optional_fails_on": ["new"], "findings": []})json"));
}

TEST_CASE("core report: JSON has a record for each relocation and kernel") {
  StringOutput out;
  write_core_json(matrix_of({&old_kernel(), &new_kernel()}), out, false);
  const auto document = nlohmann::json::parse(out.text());
  REQUIRE(document["results"].size() == 10);
  CHECK(document["results"][6] ==
        nlohmann::json::parse(R"json({"object": "test.bpf.o", "kernel": "old", "load": "loads", "findings": []})json"));
  CHECK(document["results"][8]["load"] == "fails");
  CHECK(document["results"][9] ==
        nlohmann::json::parse(R"json({"object": "test.bpf.o", "program": "prog", "section": "sec", "optional": false,
            "kernel": "new", "fails": true, "target": "none", "target_name": null, "target_id": null, "source": null,
            "needed_at_load": false, "message": null})json"));
  const auto expected = nlohmann::json::parse(R"json({
      "object": "test.bpf.o", "section": "sec", "program": "prog", "optional": false, "relocation": 0, "insn": 0, "program_insn": 0,
      "file": "dir/a.c", "line": 12, "source_line": "  return s->here;", "kind": "byte_off", "path": "s.here",
      "access": "0:0", "local_id": 2, "local_spec": "<byte_off> [2] struct s.here (0:0 @ offset 0)", "old": 0,
      "kernel": "old", "new": 4, "verdict": "ok", "reason": null, "message": null, "target_id": 2,
      "source": "vmlinux", "target_spec": "<byte_off> [2] struct s.here (0:0 @ offset 4)", "width": 4,
      "beyond_reference": false, "candidates": [{"id": 2, "source": "vmlinux", "state": "match"}], "findings": []
})json");
  CHECK(document["results"][0] == expected);
  const auto& poisoned = document["results"][5];
  CHECK(poisoned["kernel"] == "new");
  CHECK(poisoned["verdict"] == "poison");
  CHECK(poisoned["guarded"] == false);
  CHECK(poisoned["reason"] == "member-missing");
  CHECK(poisoned["message"] == "struct s has no member 'gone'");
  CHECK(poisoned["new"].is_null());
  CHECK(poisoned["target_id"].is_null());
  CHECK(poisoned["candidates"][0]["state"] == "rejected");
  CHECK(document["summary"] == nlohmann::json::parse(R"json({
      "objects": [{"object": "test.bpf.o", "relocations": 3, "loads_on": ["old"], "poisoned_on": [],
                   "fails_on": ["new"], "optional_fails_on": [], "findings": []}],
      "relocations": 3, "kernels": 2, "warnings": 0, "errors": 0})json"));
}

TEST_CASE("core report: objects without relocations, and such as cannot be read") {
  CoreMatrix matrix;
  matrix.objects.push_back({.name = "empty.o"});
  matrix.objects.push_back({.name = "bad.o", .error = Error(ErrorCode::malformed, "is odd", {.file = "bad.o"})});
  matrix.answers.resize(2);
  CHECK(core_text(matrix, {}) ==
        "1 of 2 objects could not be read\n\nempty.o\n  has no CO-RE relocations\n\nbad.o: could not be read\n");
  StringOutput out;
  write_core_json(matrix, out, false);
  const auto document = nlohmann::json::parse(out.text());
  CHECK(document["results"] ==
        nlohmann::json::parse(
            R"json([{"object": "bad.o", "error": {"code": "malformed", "severity": "error", "text": "is odd",
            "file": "bad.o"}}])json"));
  CHECK(document["summary"]["errors"] == 1);
}

TEST_CASE("One long name does not widen every line, nor does a module's name reach the terminal raw") {
  CoreMaker maker;
  const TypeId number = maker.types.add_int("int", 4, 1);
  const TypeId id = maker.types.add_composite(Kind::struct_, "s", 8);
  maker.types.add_member("short", number, 0);
  maker.types.add_member(std::string(1000, 'm'), number, 32);
  maker.ask(CoreKind::field_exists, id, "0:0", 1);
  maker.ask(CoreKind::field_exists, id, "0:1", 1);
  BtfBuilder none;
  none.add_int("int", 4, 1);
  const BtfPtr base = none.build();
  CoreKernel one("one", base);
  BtfBuilder module(base);
  module.add_composite(Kind::struct_, "s", 8);
  module.add_member("short", TypeId{1}, 0);
  one.add_module("m\x1b[31m", module.build());
  CoreMatrix matrix{.kernels = std::vector{one.column()}, .objects = {}, .answers = {}};
  matrix.objects.push_back(maker.object());
  matrix.answers.push_back({resolve_core(matrix.objects[0], one)});
  const std::string text = core_text(matrix, {.details = true});
  CHECK(text.find('\x1b') == std::string::npos);
  const std::size_t line = text.find("s.short");
  CHECK(text.find('\n', line) - line < 200);
}

TEST_CASE("An object whose relocations are all left out is not said to have none") {
  CoreMaker maker;
  const TypeId number = maker.types.add_int("int", 4, 1);
  maker.relocate(7, CoreKind::type_size, number, "0");
  CoreMatrix matrix;
  matrix.objects.push_back(maker.object());
  matrix.answers.emplace_back();
  CHECK(core_text(matrix, {}) == "test.bpf.o\n  has no CO-RE relocations in its functions\n");
}

}  // namespace btfx

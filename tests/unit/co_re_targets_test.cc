#include "transform/co_re/targets.h"

#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "support/co_re_maker.h"

namespace btfx {
namespace {

using test::CoreMaker;
using Kind_ = CoreTargetKind;

/// A kernel with `int func(int, int)`, `void nothing(void)`, the tracepoint `event(int)` and the hook `open(int)`.
CoreKernel kernel() {
  BtfBuilder types;
  const TypeId number = types.add_int("int", 4, 1);
  const auto prototype = [&](TypeId returned, std::uint32_t arguments) {
    const TypeId id = types.add(Kind::func_proto, {}, raw(returned));
    for (std::uint32_t i = 0; i < arguments; ++i) types.add_param("a", number);
    return id;
  };
  types.add(Kind::func, "func", raw(prototype(number, 2)));
  types.add(Kind::func, "nothing", raw(prototype(void_id, 0)));
  types.add(Kind::func, "bpf_lsm_open", raw(prototype(number, 1)));
  const TypeId variable = types.add(Kind::func_proto, {}, raw(number));
  types.add_param("format", number);
  types.add_param("", void_id);
  types.add(Kind::func, "printf", raw(variable));
  types.add(Kind::typedef_, "btf_trace_event", raw(types.add_ptr(prototype(void_id, 2))));
  return {"kernel", types.build()};
}

/// What becomes of the target of a program in that section, which reads so many arguments.
CoreAnswer answer(const std::string& section, std::int16_t arguments = 0) {
  CoreMaker maker;
  maker.section = section;
  for (std::int16_t i = 0; i < arguments; ++i) {
    maker.add({.code = 0x79, .dst = 2, .src = 1, .offset = static_cast<std::int16_t>(8 * i)});
  }
  maker.add(test::exit_program);
  return resolve_core(maker.object(), kernel());
}

std::string state(const std::string& section, std::int16_t arguments = 0) {
  const CoreTargetResult result = answer(section, arguments).targets.at(0);
  std::string text(to_string(result.state));
  if (!result.message.empty()) text += ": " + result.message;
  return text;
}

}  // namespace

TEST_CASE("Sections tell what programs are attached to") {
  const auto target = [](std::string_view section) {
    const CoreTarget read = read_core_target(section);
    return std::pair(read.kind, read.module.empty() ? read.name : read.module + " " + read.name);
  };
  CHECK(target("fentry/func") == std::pair(Kind_::fentry, std::string("func")));
  CHECK(target("?fexit.s/func") == std::pair(Kind_::fexit, std::string("func")));
  CHECK(target("fentry/nf:func") == std::pair(Kind_::fentry, std::string("nf func")));
  CHECK(target("kretprobe/func+0x4") == std::pair(Kind_::kprobe, std::string("func")));
  CHECK(target("tp/sched/sched_switch") == std::pair(Kind_::tracepoint, std::string("sched/sched_switch")));
  CHECK(target("raw_tp.w/event") == std::pair(Kind_::raw_tracepoint, std::string("event")));
  CHECK(target("fentry") == std::pair(Kind_::fentry, std::string()));
  CHECK(target("kprobe.multi/tcp_*") == std::pair(Kind_::several, std::string("tcp_*")));
  CHECK(target("xdp").first == Kind_::none);
  CHECK(target("fentryx/func").first == Kind_::none);
  CHECK(target("uprobe//bin/sh:main").first == Kind_::none);
  CHECK(target("").first == Kind_::none);
}

TEST_CASE("A target is there or not, and types do not tell of all") {
  CHECK(state("fentry/func") == "found");
  CHECK(state("fentry/none") == "missing: no function none in vmlinux");
  CHECK(state("fentry/module:func") == "missing: no function func in module module");
  CHECK(state("fentry/vmlinux:func") == "found");
  CHECK(state("fentry") == "missing: its section names no function");
  CHECK(state("fentry/printf") == "unfit: takes a variable number of arguments");
  CHECK(state("tp_btf/event") == "found");
  CHECK(state("tp_btf/none") == "missing: no tracepoint none in vmlinux");
  CHECK(state("lsm/open") == "found");
  CHECK(state("lsm/none") == "missing: no LSM hook none in vmlinux");
  CHECK(state("kprobe/func") == "found");
  CHECK(state("kprobe/none") == "unknown: no function none in vmlinux");
  CHECK(state("raw_tp/none") == "missing: no tracepoint none in vmlinux");
  CHECK(state("fmod_ret/func") == "unknown: types do not tell whether programs may change what it returns");
  CHECK(state("freplace/func") == "unknown: the program that it replaces a function of is not known");
  CHECK(state("tp/a/b") == "unknown: types do not tell which tracepoints there are in tracefs, and their formats");
  CHECK(state("xdp") == "none");
}

TEST_CASE("A missing target matters at load where the verifier needs its prototype") {
  CHECK(answer("fentry/none").load() == CoreLoad::fails);
  CHECK(answer("tp_btf/none").load() == CoreLoad::fails);
  CHECK(answer("?fentry/none").load() == CoreLoad::loads);
  CHECK(answer("?fentry/none").optional_failures == 1);
  CHECK(answer("raw_tp/none").load() == CoreLoad::loads);
  CHECK(answer("raw_tp/none").unattached == 1);
  CHECK(answer("kprobe/none").load() == CoreLoad::loads);
  CHECK(answer("kprobe/none").unsure_targets == 1);
  CHECK(answer("freplace/func").load() == CoreLoad::may_load);
}

TEST_CASE("A program that reads more arguments than its target has does not load") {
  CHECK(state("fentry/func", 2) == "found");
  CHECK(answer("fentry/func", 2).load() == CoreLoad::loads);
  CHECK(state("fentry/func", 3) == "unknown: the program reads argument 3, but there are 2");
  CHECK(answer("fentry/func", 3).load() == CoreLoad::fails);
  // Behind the arguments stands what the function returned.
  CHECK(state("fexit/func", 3) == "found");
  CHECK(answer("fexit/func", 4).load() == CoreLoad::fails);
  CHECK(state("fexit/nothing", 1) == "unknown: the program reads what it returns, which is nothing");
  CHECK(answer("fexit/nothing", 1).load() == CoreLoad::fails);
  // A tracepoint's first parameter is none for programs.
  CHECK(state("tp_btf/event", 1) == "found");
  CHECK(answer("tp_btf/event", 2).load() == CoreLoad::fails);
  CHECK(state("raw_tp/event", 2) == "unfit: the program reads argument 2, but there is 1");
  CHECK(answer("raw_tp/event", 2).load() == CoreLoad::loads);
  CHECK(answer("raw_tp/event", 2).unattached == 1);
}

}  // namespace btfx

#include "transform/co_re/targets.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "support/co_re_maker.h"
#include "transform/co_re/object.h"

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

namespace {

/// A kernel with two helpers, two types of maps, and as many types of programs as Linux 5.4.
CoreKernel kernel_of_5_4() {
  BtfBuilder types;
  types.add(Kind::enum_, "bpf_func_id", 4);
  types.add_enumerator("BPF_FUNC_unspec", 0);
  types.add_enumerator("BPF_FUNC_map_lookup_elem", 1);
  types.add_enumerator("BPF_FUNC_ktime_get_ns", 5);
  types.add_enumerator("__BPF_FUNC_MAX_ID", 6);
  types.add(Kind::enum_, "bpf_map_type", 4);
  types.add_enumerator("BPF_MAP_TYPE_HASH", 1);
  types.add_enumerator("BPF_MAP_TYPE_PERF_EVENT_ARRAY", 4);
  types.add_enumerator("BPF_MAP_TYPE_STACK_TRACE", 7);
  types.add_enumerator("__MAX_BPF_MAP_TYPE", 8);
  types.add(Kind::enum_, "bpf_prog_type", 4);
  types.add_enumerator("BPF_PROG_TYPE_TRACING", 26);
  types.add(Kind::enum_, "bpf_attach_type", 4);
  types.add_enumerator("BPF_TRACE_FENTRY", 24);
  const TypeId number = types.add_int("int", 4, 1);
  const TypeId prototype = types.add(Kind::func_proto, {}, raw(number));
  types.add(Kind::func, "func", raw(prototype));
  types.add(Kind::func, "bpf_iter_task", raw(prototype));
  return {"kernel", types.build()};
}

/// What is said about an object as a whole, and whether it loads.
std::string about(const CoreObject& object, const CoreKernel& kernel = kernel_of_5_4()) {
  const CoreAnswer answer = resolve_core(object, kernel);
  std::string text(to_string(answer.load()));
  for (const Diagnostic& finding : answer.findings) {
    text += fmt::format("; {} {}: {}", severity_word(finding.severity), finding.code.word(), finding.text);
  }
  return text;
}

/// Defines a map with these members; those of 0 are left out.
void add_map(BtfBuilder& types, std::string_view name, std::uint32_t type, std::uint32_t entries,
             std::uint32_t value_size) {
  const TypeId number = types.add_int("int", 4, 1);
  const auto count = [&](std::uint32_t elements) {
    return types.add_ptr(types.add(Kind::array, {}, 0, {raw(number), raw(number), elements}));
  };
  const TypeId type_id = count(type), entries_id = count(entries), size_id = count(value_size);
  const TypeId key = types.add_ptr(number);
  const TypeId map = types.add_composite(Kind::struct_, {}, 32);
  types.add_member("type", type_id, 0);
  types.add_member("key", key, 64);
  if (entries != 0) types.add_member("max_entries", entries_id, 128);
  if (value_size != 0) types.add_member("value_size", size_id, 192);
  const TypeId variable = types.add(Kind::var, name, raw(map), {1});
  types.add(Kind::datasec, ".maps", 32);
  types.add_entry(variable, 0, 32);
}

std::string about_map(std::uint32_t type, std::uint32_t entries, std::uint32_t value_size) {
  CoreMaker maker;
  maker.section = "socket";
  maker.add(test::exit_program);
  add_map(maker.types, "m", type, entries, value_size);
  return about(maker.object());
}

/// A program that calls a helper, behind a branch that is not decided if it is `guarded` by more than a constant.
std::string about_helper(std::int32_t helper, const std::string& section = "socket", bool is_avoidable = false) {
  CoreMaker maker;
  maker.section = section;
  if (is_avoidable) {
    maker.add({.code = 0x61, .dst = 2, .src = 1});  // r2 = *(u32 *)(r1 + 0)
    maker.add(test::jump_if_equal(2, 0, 1));
  }
  maker.add({.code = 0x85, .imm = helper});
  maker.add(test::exit_program);
  return about(maker.object());
}

}  // namespace

TEST_CASE("Maps of types that the kernel does not have keep an object from loading") {
  CHECK(about_map(1, 16, 8) == "loads");
  CHECK(about_map(33, 16, 8) ==
        "fails; error map-type: map 'm' is of BPF_MAP_TYPE_ARENA (33), which this kernel does not have");
  CHECK(about_map(8, 16, 8) ==  // what counts the types is none
        "fails; error map-type: map 'm' is of BPF_MAP_TYPE_CGROUP_ARRAY (8), which this kernel does not have");
  CHECK(about_map(5000, 16, 8) ==
        "fails; error map-type: map 'm' is of map type 5000, which this kernel does not have");
  CHECK(about_map(0, 16, 8) == "fails; error map-type: map 'm' has no type, without which libbpf opens no object");
}

TEST_CASE("A map without a size may load, once a program sets it") {
  CHECK(about_map(1, 0, 8) ==
        "may load; warning map-size: map 'm' has no max_entries: the program that loads it must set it");
  CHECK(about_map(7, 0, 0) ==
        "may load; warning map-size: map 'm' has no value_size and no max_entries: the program "
        "that loads it must set them");
  CHECK(about_map(1, 16, 0) ==
        "may load; warning map-size: map 'm' has no value_size: the program that loads it must set it");
  CHECK(about_map(4, 0, 0) == "loads");  // libbpf counts the processors
}

TEST_CASE("Calls of helpers that the kernel does not have must not be reached") {
  CHECK(about_helper(5) == "loads");
  CHECK(about_helper(130) ==
        "fails; warning helper: the kernel has no bpf_ringbuf_output (130), which prog calls at "
        "instruction 0");
  CHECK(about_helper(6) ==
        "fails; warning helper: the kernel has no bpf_trace_printk (6), which prog calls at "
        "instruction 0");
  CHECK(about_helper(1000) ==
        "fails; warning helper: the kernel has no helper 1000, which prog calls at instruction 0");
  CHECK(about_helper(130, "socket", true) ==
        "may load; warning helper: the kernel has no bpf_ringbuf_output (130), "
        "which prog calls at instruction 2");
  CHECK(about_helper(130, "?socket") ==
        "loads; note helper: the kernel has no bpf_ringbuf_output (130), which prog "
        "calls at instruction 0");
  CHECK(about_helper(113) == "loads");  // libbpf takes bpf_probe_read
  CHECK(about_helper(0) == "loads");    // which nothing is told of
  // Behind a constant it is not reached.
  CoreMaker maker;
  maker.section = "socket";
  maker.add(test::move_immediate(2, 0));
  maker.add(test::jump_if_equal(2, 0, 1));
  maker.add({.code = 0x85, .imm = 130});
  maker.add(test::exit_program);
  CHECK(about(maker.object()) == "loads");
  // Where nothing tells which helpers there are nothing is said.
  CHECK(about(maker.object(), kernel()) == "loads");
}

TEST_CASE("A helper that a program calls on request is told of again for one that is loaded") {
  const auto about_two = [](bool is_avoidable, const char* first, const char* second) {
    CoreMaker maker;
    maker.section = first;
    if (is_avoidable) {
      maker.add({.code = 0x61, .dst = 2, .src = 1});  // r2 = *(u32 *)(r1 + 0)
      maker.add(test::jump_if_equal(2, 0, 1));
    }
    maker.add({.code = 0x85, .imm = 130});
    maker.add(test::exit_program);
    BpfObject bpf = maker.bpf();
    BpfProgram other = bpf.programs.front();
    other.name = "other";
    other.section = second;
    bpf.programs.push_back(other);
    return about(read_core_object(std::move(bpf)));
  };
  const std::string helper = "the kernel has no bpf_ringbuf_output (130), which ";
  CHECK(about_two(false, "?socket", "socket") == "fails; note helper: " + helper +
                                                     "prog calls at instruction 0; warning helper: " + helper +
                                                     "other calls at instruction 0");
  CHECK(about_two(true, "?socket", "socket") == "may load; note helper: " + helper +
                                                    "prog calls at instruction 2; warning helper: " + helper +
                                                    "other calls at instruction 2");
  CHECK(about_two(true, "socket", "?socket") == "may load; warning helper: " + helper + "prog calls at instruction 2");
  CHECK(about_two(true, "?socket", "?socket") == "loads; note helper: " + helper + "prog calls at instruction 2");
}

TEST_CASE("Programs of types that the kernel does not have keep an object from loading") {
  CHECK(about_helper(5, "fentry/func") == "loads");
  CHECK(about_helper(5, "sk_lookup") ==
        "fails; error program-type: program prog needs BPF_PROG_TYPE_SK_LOOKUP, which this kernel does not have");
  CHECK(about_helper(5, "?syscall") ==
        "loads; note program-type: program prog needs BPF_PROG_TYPE_SYSCALL, which this kernel does not have");
  CHECK(about_helper(5, "fexit/func") ==
        "fails; error program-type: program prog needs BPF_TRACE_FEXIT, which this kernel does not have");
  CHECK(about_helper(5, "iter.s/task").starts_with("fails; error program-type: program prog needs BPF_TRACE_ITER,"));
  CHECK(about_helper(5, "xdp") == "loads");
}

namespace {

/// A kernel with struct ops { int (*call)(int); int flags; } and callbacks of it.
CoreKernel kernel_with_callbacks() {
  BtfBuilder types;
  const TypeId number = types.add_int("int", 4, 1);
  const TypeId prototype = types.add(Kind::func_proto, {}, raw(number));
  types.add_param("a", number);
  const TypeId pointer = types.add_ptr(prototype);
  types.add_composite(Kind::struct_, "ops", 24);
  types.add_member("call", pointer, 0);
  types.add_member("flags", number, 64);
  types.add_member("data", pointer, 128);
  types.add_composite(Kind::struct_, "bpf_struct_ops_ops", 8);
  return {"kernel", types.build()};
}

/// An object whose variable of struct NAME has these members, 8 bytes each, with this content; a program in the slots.
std::string about_callbacks(const std::string& name, const std::vector<std::pair<std::string, bool>>& members,
                            const std::string& content, std::vector<BpfCallbacks::Slot> slots = {},
                            std::int16_t argument = 0) {
  CoreMaker maker;
  maker.section = "struct_ops/call";
  maker.add({.code = 0x79, .dst = 2, .src = 1, .offset = static_cast<std::int16_t>(8 * argument)});
  maker.add(test::exit_program);
  const TypeId number = maker.types.add_int("int", 4, 1);
  const TypeId pointer = maker.types.add_ptr(maker.types.add(Kind::func_proto, {}, raw(number)));
  const TypeId type = maker.types.add_composite(Kind::struct_, name, static_cast<std::uint32_t>(8 * members.size()));
  std::uint32_t at = 0;
  for (const auto& [member, is_pointer] : members) {
    maker.types.add_member(member, is_pointer ? pointer : number, at);
    at += 64;
  }
  BpfObject bpf = maker.bpf();
  bpf.callbacks.push_back({.name = "v", .type = type, .content = Bytes::copy_of(content), .slots = std::move(slots)});
  return about(read_core_object(std::move(bpf)), kernel_with_callbacks());
}

}  // namespace

TEST_CASE("Callbacks fit the kernel's struct, but for members that are zero") {
  const std::string zeros(16, '\0'), set = std::string(8, '\0') + "x" + std::string(7, '\0');
  CHECK(about_callbacks("ops", {{"call", true}, {"flags", false}}, set, {{0, 0}}) == "loads");
  CHECK(about_callbacks("ops___mine", {{"call", true}, {"gone", false}}, zeros, {{0, 0}}) == "loads");
  CHECK(about_callbacks("ops___mine", {{"call", true}, {"gone", false}}, set, {{0, 0}}) ==
        "fails; error callbacks: v: struct ops has no member 'gone'");
  CHECK(about_callbacks("ops", {{"call", true}, {"gone", true}}, zeros, {{8, 0}}) ==
        "fails; error callbacks: v: struct ops has no member 'gone'");
  CHECK(about_callbacks("ops", {{"call", false}, {"flags", false}}, zeros) ==
        "fails; error callbacks: v: member 'call' is 'int (*)(int a)', in the object 'int'");
  CHECK(about_callbacks("none", {{"call", true}}, zeros, {{0, 0}}) ==
        "fails; error callbacks: v: no struct bpf_struct_ops_none in vmlinux");
  CHECK(about_callbacks("ops", {{"call", true}, {"data", true}}, zeros, {{0, 0}, {8, 0}}) ==
        "fails; error callbacks: v: program prog is also another member, or one of another type");
  // What the program reads of its arguments.
  CHECK(about_callbacks("ops", {{"call", true}}, std::string(8, '\0'), {{0, 0}}, 1) == "fails");
}

}  // namespace btfx

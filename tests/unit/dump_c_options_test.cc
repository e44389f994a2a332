#include <string>
#include <string_view>

#include "catch.h"
#include "emit/c/dump_c.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

std::string header_with(const BtfPtr& btf, const DumpCOptions& options) {
  StringOutput out;
  Diagnostics diagnostics;
  dump_c(*btf, options, out, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) {  // what is said of layouts is for dump_c_warnings_test.cc
    CHECK((diagnostic.code.word() == "c-layout" || diagnostic.code.word() == "c-ms-extensions"));
  }
  return out.text();
}

/// What stands after the last `#define` of the prologue's and before the epilogue.
std::string body_of(const BtfPtr& btf, const DumpCOptions& options) {
  const std::string text = header_with(btf, options);
  const std::string_view before = "#define __bpf_fastcall\n#endif\n#endif\n\n";
  const std::size_t begin = text.find(before) + before.size();
  return text.substr(begin, text.find(options.cplusplus ? "#endif /*" : "#ifndef BPF_NO_PRESERVE", begin) - begin);
}

}  // namespace

TEST_CASE("The guard of a C header can be chosen") {
  const std::string text = header_with(BtfBuilder().build(), {.guard = "MY_KERNEL_H"});
  CHECK(text.starts_with("#ifndef MY_KERNEL_H\n#define MY_KERNEL_H\n\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"));
  CHECK(text.ends_with("#pragma clang attribute pop\n#endif\n\n#endif /* MY_KERNEL_H */\n"));
}

TEST_CASE("Accesses need not be recorded for relocation") {
  const std::string text = header_with(BtfBuilder().build(), {.preserve_access_index = false, .kfuncs = Kfuncs::none});
  CHECK(text ==
        "#ifndef __VMLINUX_H__\n"
        "#define __VMLINUX_H__\n"
        "\n"
        "#ifndef __ksym\n"
        "#define __ksym __attribute__((section(\".ksyms\")))\n"
        "#endif\n"
        "\n"
        "#ifndef __weak\n"
        "#define __weak __attribute__((weak))\n"
        "#endif\n"
        "\n"
        "#ifndef __bpf_fastcall\n"
        "#if __has_attribute(bpf_fastcall)\n"
        "#define __bpf_fastcall __attribute__((bpf_fastcall))\n"
        "#else\n"
        "#define __bpf_fastcall\n"
        "#endif\n"
        "#endif\n"
        "\n"
        "#endif /* __VMLINUX_H__ */\n");
}

TEST_CASE("Kernel functions are declared as asked for, with the types they need") {
  BtfBuilder b;
  const TypeId task = b.add_composite(Kind::struct_, "task", 8);
  const TypeId pointer = b.add_ptr(task);
  const TypeId mode = b.add(Kind::enum_, "mode", 4);
  b.add_enumerator("FAST", 1);
  const TypeId get_proto = b.add(Kind::func_proto, {}, raw(pointer));
  const TypeId set_proto = b.add(Kind::func_proto, {}, 0);
  b.add_param("how", mode);
  const TypeId get = b.add(Kind::func, "get", raw(get_proto), {}, 1);
  const TypeId set = b.add(Kind::func, "set", raw(set_proto), {}, 1);
  const TypeId other = b.add(Kind::func, "other", raw(set_proto), {}, 1);
  b.add(Kind::decl_tag, "bpf_kfunc", raw(get), {0xffffffff});
  b.add(Kind::decl_tag, "bpf_kfunc", raw(set), {0xffffffff});
  const BtfPtr btf = b.build();
  const std::string begin = "\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n";
  const std::string get_text = "extern struct task *get(void) __weak __ksym;\n";
  const std::string set_text = "extern void set(enum mode how) __weak __ksym;\n";
  const std::string end = "#endif\n\n";
  const std::string mode_text = "enum mode {\n\tFAST = 1,\n};\n\n";
  const std::string task_text = "struct task;\n\n";

  CHECK(body_of(btf, {.roots = std::vector{get}}).empty());
  CHECK(body_of(btf, {.roots = std::vector{get}, .kfuncs = Kfuncs::selected}) == task_text + begin + get_text + end);
  CHECK(body_of(btf, {.roots = std::vector{set}, .kfuncs = Kfuncs::selected}) == mode_text + begin + set_text + end);
  CHECK(body_of(btf, {.roots = std::vector{other}, .kfuncs = Kfuncs::selected}).empty());
  CHECK(body_of(btf, {.roots = std::vector{other}, .kfuncs = Kfuncs::none, .functions = {other}}).empty());
  CHECK(body_of(btf, {.roots = std::vector{get}, .kfuncs = Kfuncs::selected, .functions = {get}}) ==
        task_text + begin + get_text + end);
  CHECK(body_of(btf, {.roots = std::vector{other}, .kfuncs = Kfuncs::selected, .functions = {other}}) ==
        mode_text + begin + "extern void other(enum mode how) __weak __ksym;\n" + end);
  CHECK(body_of(btf, {.roots = std::vector<TypeId>{}, .kfuncs = Kfuncs::all}) ==
        task_text + mode_text + begin + get_text + set_text + end);
  CHECK(body_of(btf, {.roots = std::vector{mode}, .kfuncs = Kfuncs::none}) == mode_text);
  CHECK(body_of(btf, {.sorted = false, .kfuncs = Kfuncs::none}) == "struct task {\n\tlong: 64;\n};\n\n" + mode_text);
}

TEST_CASE("In C++ reserved words are no names") {
  BtfBuilder b;
  const TypeId flag = b.add_int("_Bool", 1, 4);
  b.add(Kind::typedef_, "bool", raw(flag));
  b.add(Kind::enum_, {}, 4);
  b.add_enumerator("false", 0);
  b.add_enumerator("true", 1);
  const TypeId pointer = b.end_id() + 2;
  b.add_composite(Kind::struct_, "class", 16);
  b.add_member("new", flag, 0);
  b.add_member("private", b.first_id() + 1, 8);
  b.add_member("this", pointer, 64);
  b.add(Kind::typedef_, "wchar_t", raw(flag));
  b.add(Kind::restrict_, {}, raw(pointer) + 1);
  b.add_ptr(TypeId{4});
  CHECK(body_of(b.build(), {.sorted = false, .kfuncs = Kfuncs::none, .cplusplus = true}) ==
        "enum : unsigned int {\n\tfalse_ = 0,\n\ttrue_ = 1,\n};\n\n"
        "struct class_ {\n\tbool new_;\n\tbool private_;\n\tstruct class_ * __restrict this_;\n};\n\n"
        "typedef bool wchar_t_;\n\n");
}

TEST_CASE("In C++ tags and typedefs are one") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId first = b.add_composite(Kind::struct_, "same", 4);
  b.add_member("a", int_id, 0);
  b.add(Kind::typedef_, "same", raw(first));
  const TypeId clash = b.add_composite(Kind::struct_, "clash", 4);
  b.add_member("a", int_id, 0);
  const TypeId number = b.add(Kind::typedef_, "clash", raw(int_id));
  b.add_composite(Kind::struct_, "user", 8);
  b.add_member("s", clash, 0);
  b.add_member("n", number, 32);
  CHECK(body_of(b.build(), {.sorted = false, .kfuncs = Kfuncs::none, .cplusplus = true}) ==
        "struct same {\n\tint a;\n};\n\n"
        "typedef struct same same;\n\n"
        "struct clash {\n\tint a;\n};\n\n"
        "typedef int clash___2;\n\n"
        "struct user {\n\tstruct clash s;\n\tclash___2 n;\n};\n\n");
}

TEST_CASE("In C++ a class is a scope of its own") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId number = b.add(Kind::typedef_, "u32", raw(int_id));
  const TypeId kinds = b.add(Kind::enum_, {}, 4);
  b.add_enumerator("state", 0);
  b.add_enumerator("free", 1);
  const TypeId anonymous = b.add_composite(Kind::union_, {}, 4);
  b.add_member("owner", int_id, 0);
  b.add_member("state", kinds, 0);
  b.add_composite(Kind::struct_, "owner", 12);
  b.add_member("", anonymous, 0);
  b.add_member("u32", number, 32);
  b.add_member("more", number, 64);
  CHECK(body_of(b.build(), {.sorted = false, .kfuncs = Kfuncs::none, .cplusplus = true}) ==
        "typedef int u32;\n\n"
        "struct owner {\n"
        "\tunion {\n"
        "\t\tint owner_;\n"
        "\t\tenum : unsigned int {\n"
        "\t\t\tstate___2 = 0,\n"
        "\t\t\tfree = 1,\n"
        "\t\t} state;\n"
        "\t};\n"
        "\t::u32 u32;\n"
        "\t::u32 more;\n"
        "};\n\n");
}

TEST_CASE("In C++ enums say how large they are, and what is empty stays so") {
  BtfBuilder b;
  b.add(Kind::enum_, "small", 1);
  b.add_enumerator("A", 1);
  b.add(Kind::enum_, "forward", 4);
  b.add(Kind::enum64, "wide", 8, {}, 0, true);
  b.add_enumerator("B", 1);
  b.add_composite(Kind::struct_, "empty", 0);
  b.add_composite(Kind::union_, "hollow", 8);
  const TypeId long_id = b.add_int("long", 8, 1);
  b.add_composite(Kind::union_, "packed", 9);
  b.add_member("l", long_id, 0);
  b.add(Kind::func, "f", raw(b.add(Kind::func_proto, {}, 0)), {}, 1);
  b.add(Kind::decl_tag, "bpf_kfunc", raw(b.end_id()) - 1, {0xffffffff});
  CHECK(body_of(b.build(), {.sorted = false, .cplusplus = true}) ==
        "enum small : unsigned char {\n\tA = 1,\n};\n\n"
        "enum forward : unsigned int;\n\n"
        "enum wide : long long {\n\tB = 1LL,\n};\n\n"
        "struct empty {\n\tchar __empty[0];\n};\n\n"
        "union hollow {\n\tchar __empty[8];\n};\n\n"
        "union packed {\n\tlong l;\n} __attribute__((packed));\n\n"
        "\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\nextern \"C\" {\n"
        "extern void f(void) __weak __ksym;\n}\n#endif\n\n");
}

TEST_CASE("Unions are packed where that is wanted") {
  BtfBuilder b;
  const TypeId long_id = b.add_int("long", 8, 1);
  b.add_composite(Kind::union_, "u", 9);
  b.add_member("l", long_id, 0);
  CHECK(body_of(b.build(), {.sorted = false, .kfuncs = Kfuncs::none}) == "union u {\n\tlong l;\n};\n\n");
  CHECK(body_of(b.build(), {.sorted = false, .kfuncs = Kfuncs::none, .packed_unions = true}) ==
        "union u {\n\tlong l;\n} __attribute__((packed));\n\n");
}

TEST_CASE("Anonymous members with a tag are written out where compilers would not take them") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId head = b.add_composite(Kind::struct_, "head", 8);
  b.add_member("a", int_id, 0);
  b.add_member("b", int_id, 32);
  const TypeId head_t = b.add(Kind::typedef_, "head_t", raw(head));
  b.add_composite(Kind::struct_, "outer", 16);
  b.add_member("", head, 0);
  b.add_member("c", head_t, 64);
  b.add_composite(Kind::struct_, "other", 8);
  b.add_member("", head_t, 0);
  const std::string before =
      "struct head {\n\tint a;\n\tint b;\n};\n\n"
      "typedef struct head head_t;\n\n";
  CHECK(body_of(b.build(), {.sorted = false, .kfuncs = Kfuncs::none}) ==
        before + "struct outer {\n\tstruct head;\n\thead_t c;\n};\n\nstruct other {\n\thead_t;\n};\n\n");
  CHECK(body_of(b.build(), {.sorted = false, .kfuncs = Kfuncs::none, .ms_extensions = false}) ==
        before +
            "struct outer {\n\tstruct {\n\t\tint a;\n\t\tint b;\n\t};\n\thead_t c;\n};\n\n"
            "struct other {\n\tstruct {\n\t\tint a;\n\t\tint b;\n\t};\n};\n\n");
}

TEST_CASE("What a C library names too gets a prefix") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId pid = b.add(Kind::typedef_, "pid_t", raw(int_id));
  b.add(Kind::typedef_, "u32", raw(int_id));
  b.add(Kind::enum_, {}, 4);
  b.add_enumerator("false", 0);
  b.add_enumerator("FALSE", 0);
  b.add_composite(Kind::struct_, "timespec", 4);
  b.add_member("pid_t", pid, 0);
  CHECK(body_of(b.build(), {.sorted = false, .kfuncs = Kfuncs::none, .avoid_libc = true}) ==
        "typedef int vmlinux_pid_t;\n\n"
        "typedef int u32;\n\n"
        "enum {\n\tvmlinux_false = 0,\n\tFALSE = 0,\n};\n\n"
        "struct vmlinux_timespec {\n\tvmlinux_pid_t pid_t;\n};\n\n");
}

}  // namespace btfx

#include "emit/c/dump_c.h"

#include <string>
#include <string_view>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

constexpr std::string_view prologue =
    "#ifndef __VMLINUX_H__\n"
    "#define __VMLINUX_H__\n"
    "\n"
    "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
    "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n"
    "#endif\n"
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
    "\n";
constexpr std::string_view no_kfuncs =
    "\n"
    "/* BPF kfuncs */\n"
    "#ifndef BPF_NO_KFUNC_PROTOTYPES\n"
    "#endif\n"
    "\n";
constexpr std::string_view epilogue =
    "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
    "#pragma clang attribute pop\n"
    "#endif\n"
    "\n"
    "#endif /* __VMLINUX_H__ */\n";

std::string header_of(const BtfPtr& btf, const DumpCOptions& options = {}, unsigned jobs = 1) {
  StringOutput out;
  Diagnostics diagnostics;
  dump_c(*btf, options, out, diagnostics, jobs);
  for (const Diagnostic& diagnostic : diagnostics) {  // what is said of layouts is for dump_c_warnings_test.cc
    CHECK((diagnostic.code.word() == "c-layout" || diagnostic.code.word() == "c-ms-extensions"));
  }
  return out.text();
}

/// The header without what is the same in all headers.
std::string types_of(const BtfPtr& btf, bool sorted = false) {
  const std::string text = header_of(btf, {.sorted = sorted});
  REQUIRE(text.starts_with(prologue));
  const std::string end = std::string(no_kfuncs) + std::string(epilogue);
  REQUIRE(text.ends_with(end));
  return text.substr(prologue.size(), text.size() - prologue.size() - end.size());
}

/// The types for the given roots.
std::string types_for(const BtfPtr& btf, std::vector<TypeId> roots) {
  const std::string text = header_of(btf, {.roots = std::move(roots)});
  REQUIRE(text.starts_with(prologue));
  REQUIRE(text.ends_with(epilogue));
  return text.substr(prologue.size(), text.size() - prologue.size() - epilogue.size());
}

/// A BTF that begins with the number types C programs use.
struct Numbers {
  BtfBuilder b;
  TypeId int_ = b.add_int("int", 4, 1);
  TypeId long_ = b.add_int("long", 8, 1);
  TypeId char_ = b.add_int("char", 1, 1);
  TypeId short_ = b.add_int("short", 2, 1);
  TypeId unsigned_ = b.add_int("unsigned int", 4);

  TypeId array(TypeId element, std::uint32_t count) {
    return b.add(Kind::array, {}, 0, {raw(element), raw(int_), count});
  }
  TypeId modifier(Kind kind, TypeId target) { return b.add(kind, {}, raw(target)); }
  TypeId typedef_(std::string_view name, TypeId target) { return b.add(Kind::typedef_, name, raw(target)); }
};

}  // namespace

TEST_CASE("A C header of nothing is its frame") {
  CHECK(header_of(BtfBuilder().build()) == std::string(prologue) + std::string(no_kfuncs) + std::string(epilogue));
  CHECK(header_of(BtfBuilder().build(), {.roots = std::vector<TypeId>{}}) ==
        std::string(prologue) + std::string(epilogue));
}

TEST_CASE("A struct that is embedded comes first, one that is pointed to is declared") {
  Numbers n;
  const TypeId shelf = n.b.add_composite(Kind::struct_, "shelf", 24);
  n.b.add_member("first", shelf + 2, 0);
  n.b.add_member("next", shelf + 1, 128);
  n.b.add_ptr(shelf);
  n.b.add_composite(Kind::struct_, "book", 16);
  n.b.add_member("on", shelf + 1, 0);
  n.b.add_member("isbn", n.long_, 64);
  const char* expected =
      "struct shelf;\n\n"
      "struct book {\n\tstruct shelf *on;\n\tlong isbn;\n};\n\n"
      "struct shelf {\n\tstruct book first;\n\tstruct shelf *next;\n};\n\n";
  CHECK(types_of(n.b.build()) == expected);
  CHECK(types_of(n.b.build(), true) == expected);
  CHECK(types_for(n.b.build(), {shelf}) == expected);
  CHECK(types_for(n.b.build(), {shelf + 2}) ==
        "struct shelf;\n\nstruct book {\n\tstruct shelf *on;\n\tlong isbn;\n};\n\n");
}

TEST_CASE("A typedef can come before the struct that it names") {
  Numbers n;
  const TypeId cell = n.b.add_composite(Kind::struct_, "cell", 24);  // 6
  n.b.add_member("nb", cell + 2, 0);
  n.b.add_member("cmp", cell + 4, 128);
  n.typedef_("cell_t", cell);                  // 7
  n.array(cell + 3, 2);                        // 8
  n.b.add_ptr(cell + 1);                       // 9
  n.b.add_ptr(cell + 7);                       // 10
  n.modifier(Kind::const_, cell + 1);          // 11
  n.b.add_ptr(cell + 5);                       // 12
  n.b.add(Kind::func_proto, {}, raw(n.int_));  // 13
  n.b.add_param("", cell + 6);
  n.b.add_param("", cell + 8);
  n.b.add_param("", void_id);
  n.b.add_ptr(void_id);  // 14
  CHECK(types_of(n.b.build()) ==
        "struct cell;\n\n"
        "typedef struct cell cell_t;\n\n"
        "struct cell {\n\tcell_t *nb[2];\n\tint (*cmp)(const cell_t *, void *, ...);\n};\n\n");
}

TEST_CASE("Holes are filled so that compilers lay the struct out as it was") {
  Numbers n;
  n.b.add_composite(Kind::struct_, "gap", 32, true);
  n.b.add_member("a", n.char_, 0);
  n.b.add_member("b", n.long_, 128);
  n.b.add_member("c", n.unsigned_, 192, 4);
  n.b.add_member("d", n.unsigned_, 224, 6);
  n.b.add_member("e", n.short_, 240);
  n.b.add_composite(Kind::struct_, "odd", 5);
  n.b.add_member("a", n.char_, 0);
  n.b.add_member("b", n.int_, 8);
  n.b.add_composite(Kind::struct_, "wide", 16);
  n.b.add_member("a", n.int_, 0);
  n.b.add_composite(Kind::struct_, {}, 4);
  const TypeId inner = n.b.end_id() + 0xffffffff;
  n.b.add_member("v", n.int_, 0);
  n.b.add_composite(Kind::struct_, "late", 16);
  n.b.add_member("a", n.char_, 0);
  n.b.add_member("in", inner, 64);
  n.b.add_member("z", n.char_, 96);
  n.b.add_composite(Kind::struct_, "fld", 16, true);
  n.b.add_member("a", n.int_, 0, 1);
  n.b.add_member("b", n.int_, 1, 7);
  n.b.add_member("c", n.int_, 17, 3);
  n.b.add_member("d", n.char_, 24);
  n.b.add_member("f", n.long_, 64, 33);
  CHECK(
      types_of(n.b.build()) ==
      "struct gap {\n\tchar a;\n\tlong: 64;\n\tlong b;\n\tunsigned int c: 4;\n\tint: 28;\n"
      "\tunsigned int d: 6;\n\tshort e;\n};\n\n"
      "struct odd {\n\tchar a;\n\tint b;\n} __attribute__((packed));\n\n"
      "struct wide {\n\tint a;\n\tlong: 64;\n};\n\n"
      "struct late {\n\tchar a;\n\tlong: 0;\n\tstruct {\n\t\tint v;\n\t} in;\n\tchar z;\n};\n\n"
      "struct fld {\n\tint a: 1;\n\tint b: 7;\n\tshort: 8;\n\tchar: 1;\n\tint c: 3;\n\tchar d;\n\tlong f: 33;\n};\n\n");
}

TEST_CASE("Structs without members keep their size, if they have one") {
  Numbers n;
  n.b.add_composite(Kind::struct_, "empty", 0);
  n.b.add_composite(Kind::struct_, "four", 4);
  n.b.add_composite(Kind::struct_, "three", 3);
  n.b.add_composite(Kind::struct_, "seventeen", 17);
  n.b.add_composite(Kind::union_, "any", 8);
  n.b.add_composite(Kind::struct_, "late", 16);
  n.b.add_member("a", n.long_, 64);
  CHECK(types_of(n.b.build()) ==
        "struct empty {};\n\n"
        "struct four {\n\tint: 32;\n};\n\n"
        "struct three {\n\tint: 24;\n};\n\n"
        "struct seventeen {\n\tlong: 64;\n\tlong: 64;\n\tchar: 8;\n};\n\n"
        "union any {\n};\n\n"
        "struct late {\n\tlong: 64;\n\tlong a;\n};\n\n");
}

TEST_CASE("Where pointers are small, long is too") {
  BtfBuilder b;
  b.add_int("long", 4, 1);
  b.add_composite(Kind::struct_, "s", 8);
  b.add(Kind::enum_, "e", 8);
  b.add_enumerator("A", 1);
  CHECK(types_of(b.build()) == "struct s {\n\tlong: 32;\n\tlong: 32;\n};\n\nenum e {\n\tA = 1,\n};\n\n");
}

TEST_CASE("Declarators are written from the inside out") {
  Numbers n;
  const TypeId volatile_int = n.modifier(Kind::volatile_, n.int_);
  const TypeId cv = n.modifier(Kind::const_, volatile_int);
  const TypeId const_char = n.modifier(Kind::const_, n.char_);
  const TypeId p1 = n.b.add_ptr(const_char);
  const TypeId const_p1 = n.modifier(Kind::const_, p1);
  const TypeId p2 = n.b.add_ptr(const_p1);
  const TypeId returned = n.b.add_ptr(n.array(n.int_, 3));
  const TypeId proto = n.b.add(Kind::func_proto, {}, raw(returned));
  n.b.add_param("", n.int_);
  const TypeId fp = n.b.add_ptr(proto);
  const TypeId thunk = n.b.add(Kind::func_proto, {}, 0);
  const TypeId tab = n.array(n.array(n.b.add_ptr(thunk), 3), 2);
  const TypeId rp = n.modifier(Kind::restrict_, n.b.add_ptr(n.int_));
  const TypeId handler = n.b.add(Kind::func_proto, {}, raw(n.b.add_ptr(n.b.add(Kind::func_proto, {}, raw(n.int_)))));
  n.b.add_param("", n.long_);
  const TypeId h = n.b.add_ptr(handler);
  const TypeId pa = n.b.add_ptr(n.array(n.int_, 7));
  const TypeId const_array = n.modifier(Kind::const_, n.array(n.int_, 5));
  const TypeId old_void = n.b.add(Kind::func_proto, {}, raw(n.int_));
  n.b.add_param("", void_id);
  const TypeId ov = n.b.add_ptr(old_void);
  n.b.add_composite(Kind::struct_, "decl", 136);
  n.b.add_member("cv", cv, 0);
  n.b.add_member("p", p2, 64);
  n.b.add_member("fp", fp, 128);
  n.b.add_member("tab", tab, 192);
  n.b.add_member("r", rp, 576);
  n.b.add_member("h", h, 640);
  n.b.add_member("pa", pa, 704);
  n.b.add_member("", pa, 768);
  n.b.add_member("ca", const_array, 832);
  n.b.add_member("ov", ov, 1024);
  CHECK(types_of(n.b.build()) ==
        "struct decl {\n"
        "\tvolatile const int cv;\n"
        "\tconst char * const *p;\n"
        "\tint (* (*fp)(int))[3];\n"
        "\tvoid (*tab[2][3])(void);\n"
        "\tint * restrict r;\n"
        "\tint (* (*h)(long))(void);\n"
        "\tint (*pa)[7];\n"
        "\tint(*)[7];\n"
        "\tint ca[5];\n"
        "\tint (*ov)(void);\n"
        "};\n\n");
}

TEST_CASE("Enums keep their values, signs and sizes") {
  Numbers n;
  n.b.add(Kind::enum_, "small", 1);
  n.b.add_enumerator("SM_A", 1);
  n.b.add(Kind::enum_, "neg", 4);
  n.b.add_enumerator("NG_A", 0xffffffff);
  n.b.add(Kind::enum_, "sneg", 4, {}, 0, true);
  n.b.add_enumerator("SNG_A", 0xffffffff);
  n.b.add(Kind::enum_, "fw", 4);
  n.b.add(Kind::enum_, "word", 8);
  n.b.add_enumerator("W_A", 1);
  n.b.add(Kind::enum64, "wide", 8, {}, 0, true);
  n.b.add_enumerator("MIN", 0x8000000000000000);
  n.b.add(Kind::enum64, "huge", 8);
  n.b.add_enumerator("MAX", 0xffffffffffffffff);
  n.b.add_enumerator("ZERO", 0);
  n.b.add(Kind::enum64, "modest", 8);
  n.b.add_enumerator("ONE", 1);
  n.b.add(Kind::enum_, {}, 4);
  n.b.add_enumerator("LONELY", 3);
  CHECK(types_of(n.b.build()) ==
        "enum small {\n\tSM_A = 1,\n} __attribute__((mode(byte)));\n\n"
        "enum neg {\n\tNG_A = 4294967295,\n};\n\n"
        "enum sneg {\n\tSNG_A = -1,\n};\n\n"
        "enum fw;\n\n"
        "enum word {\n\tW_A = 1,\n} __attribute__((mode(word)));\n\n"
        "enum wide {\n\tMIN = -9223372036854775808LL,\n};\n\n"
        "enum huge {\n\tMAX = 18446744073709551615ULL,\n\tZERO = 0ULL,\n};\n\n"
        "enum modest {\n\tONE = 1ULL,\n} __attribute__((mode(word)));\n\n"
        "enum {\n\tLONELY = 3,\n};\n\n");
}

TEST_CASE("An anonymous enum is written where it is used, a named one before") {
  Numbers n;
  const TypeId anonymous = n.b.add(Kind::enum_, {}, 4);
  n.b.add_enumerator("IN_A", 0);
  n.b.add_enumerator("IN_B", 5);
  n.b.add_composite(Kind::struct_, "s", 8);
  n.b.add_member("e", anonymous, 0);
  n.b.add_member("f", anonymous + 2, 32);
  n.b.add(Kind::enum_, "named", 4);
  n.b.add_enumerator("N", 1);
  CHECK(types_of(n.b.build()) ==
        "enum named {\n\tN = 1,\n};\n\n"
        "struct s {\n\tenum {\n\t\tIN_A = 0,\n\t\tIN_B = 5,\n\t} e;\n\tenum named f;\n};\n\n");
}

TEST_CASE("The second bearer of a name gets another one") {
  Numbers n;
  const TypeId first = n.b.add_composite(Kind::struct_, "dup", 4);
  n.b.add_member("a", n.int_, 0);
  const TypeId second = n.b.add_composite(Kind::union_, "dup", 4);
  n.b.add_member("a", n.int_, 0);
  n.typedef_("dup", second);
  n.b.add(Kind::enum_, "col", 4);
  n.b.add_enumerator("RED", 0);
  n.b.add_enumerator("BLUE", 1);
  n.b.add(Kind::enum_, "col", 4);
  n.b.add_enumerator("RED", 3);
  n.b.add(Kind::fwd, "dup", 0);
  n.typedef_("dup", first);
  CHECK(types_of(n.b.build()) ==
        "struct dup {\n\tint a;\n};\n\n"
        "union dup___2 {\n\tint a;\n};\n\n"
        "typedef union dup___2 dup;\n\n"
        "enum col {\n\tRED = 0,\n\tBLUE = 1,\n};\n\n"
        "enum col___2 {\n\tRED___2 = 3,\n};\n\n"
        "struct dup;\n\n"
        "typedef struct dup dup___2;\n\n");
}

TEST_CASE("A name that has become too long is cut, an enumerator's is not") {
  Numbers n;
  const std::string name(253, 'n');
  n.b.add_composite(Kind::struct_, name, 0);
  n.b.add_composite(Kind::struct_, name, 0);
  n.b.add(Kind::enum_, "a", 4);
  n.b.add_enumerator(name, 1);
  n.b.add(Kind::enum_, "b", 4);
  n.b.add_enumerator(name, 1);
  CHECK(types_of(n.b.build()) == "struct " + name + " {};\n\nstruct " + name + "__ {};\n\nenum a {\n\t" + name +
                                     " = 1,\n};\n\nenum b {\n\t" + name + "___2 = 1,\n};\n\n");
}

TEST_CASE("Types are sorted by rank, then by what they finally name") {
  Numbers n;
  const TypeId zebra = n.b.add_composite(Kind::struct_, "zebra", 0);
  n.typedef_("ztypedef", zebra);
  n.typedef_("atypedef", zebra);
  n.typedef_("u64", n.long_);
  n.typedef_("s32", n.int_);
  n.b.add_composite(Kind::struct_, "ant", 0);
  n.b.add(Kind::enum_, "wasp", 4);
  n.b.add_enumerator("W", 1);
  n.b.add(Kind::enum_, {}, 4);
  n.b.add_enumerator("B", 2);
  n.b.add(Kind::enum_, {}, 4);
  n.b.add_enumerator("A", 1);
  n.b.add(Kind::fwd, "early", 0);
  CHECK(types_of(n.b.build(), true) ==
        "enum {\n\tB = 2,\n};\n\n"
        "enum wasp {\n\tW = 1,\n};\n\n"
        "typedef int s32;\n\n"
        "typedef long u64;\n\n"
        "struct ant {};\n\n"
        "struct zebra {};\n\n"
        "typedef struct zebra atypedef;\n\n"
        "typedef struct zebra ztypedef;\n\n"
        "struct early;\n\n");
}

TEST_CASE("The first type of the sorted order is left out: bpftool's way") {
  BtfBuilder b;
  b.add_composite(Kind::struct_, "s", 0);
  b.add_composite(Kind::struct_, "q", 0);
  b.add_composite(Kind::struct_, "a", 0);
  CHECK(types_of(b.build(), true) == "struct q {};\n\nstruct s {};\n\n");
}

TEST_CASE("Compilers' own types are made known, or left to them") {
  BtfBuilder b;
  const TypeId poly = b.add_int("__Poly8_t", 1);
  b.add(Kind::typedef_, "poly8_t", raw(poly));
  b.add(Kind::typedef_, "__gnuc_va_list", 0);
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId tag = b.add_composite(Kind::struct_, "__va_list_tag", 4);
  b.add_member("gp_offset", int_id, 0);
  const TypeId list = b.add(Kind::typedef_, "__builtin_va_list", raw(tag));
  b.add(Kind::typedef_, "va_list", raw(list));
  CHECK(types_of(b.build()) ==
        "typedef unsigned char __Poly8_t;\n\n"
        "typedef __Poly8_t poly8_t;\n\n"
        "typedef __builtin_va_list __gnuc_va_list;\n\n"
        "struct __va_list_tag {\n\tint gp_offset;\n};\n\n"
        "typedef __builtin_va_list va_list;\n\n");
}

TEST_CASE("Type tags are attributes of what stands before the pointer") {
  Numbers n;
  const TypeId t = n.b.add_composite(Kind::struct_, "t", 0);
  const TypeId tagged = n.b.add(Kind::type_tag, "user", raw(n.modifier(Kind::const_, t)));
  const TypeId plain = n.b.add(Kind::type_tag, "noderef", raw(n.int_), {}, 0, true);
  const TypeId p = n.b.add_ptr(tagged), q = n.b.add_ptr(plain);
  n.b.add_composite(Kind::struct_, "s", 16);
  n.b.add_member("p", p, 0);
  n.b.add_member("q", q, 64);
  CHECK(types_of(n.b.build()) ==
        "struct t {};\n\n"
        "struct s {\n"
        "\tconst struct t __attribute__((btf_type_tag(\"user\"))) *p;\n"
        "\tint __attribute__((noderef)) *q;\n"
        "};\n\n");
}

TEST_CASE("Kernel functions for BPF programs are declared by name") {
  Numbers n;
  const TypeId proto_a = n.b.add(Kind::func_proto, {}, 0);
  n.b.add_param("fmt", n.b.end_id() + 1);
  n.b.add_param("", void_id);
  const TypeId const_char = n.modifier(Kind::const_, n.char_);
  const TypeId text = n.b.add_ptr(const_char);
  const TypeId proto_z = n.b.add(Kind::func_proto, {}, raw(n.b.end_id() + 1));
  n.b.add_param("a", n.int_);
  n.b.add_param("s__str", text);
  n.b.add_ptr(void_id);
  const TypeId z = n.b.add(Kind::func, "bpf_zz", raw(proto_z), {}, 1);
  const TypeId a = n.b.add(Kind::func, "bpf_aa", raw(proto_a), {}, 1);
  n.b.add(Kind::func, "other", raw(proto_a), {}, 1);
  n.b.add(Kind::decl_tag, "bpf_fastcall", raw(z), {0xffffffff});
  n.b.add(Kind::decl_tag, "bpf_kfunc", raw(z), {0xffffffff});
  n.b.add(Kind::decl_tag, "bpf_kfunc", raw(a), {0xffffffff});
  n.b.add(Kind::decl_tag, "bpf_kfunc", raw(a), {0});
  const std::string text_of_all = header_of(n.b.build());
  CHECK(text_of_all == std::string(prologue) +
                           "\n"
                           "/* BPF kfuncs */\n"
                           "#ifndef BPF_NO_KFUNC_PROTOTYPES\n"
                           "extern void bpf_aa(const char *fmt, ...) __weak __ksym;\n"
                           "extern __bpf_fastcall void *bpf_zz(int a, const char *s__str) __weak __ksym;\n"
                           "#endif\n"
                           "\n" +
                           std::string(epilogue));
}

TEST_CASE("A header of a split BTF holds its base's types too") {
  const BtfPtr base = test::small_base().build();
  const BtfPtr split = test::small_split(base).build();
  CHECK(types_of(split) ==
        "struct base_type {\n\tint a;\n};\n\n"
        "struct split_type {\n\tstruct base_type held;\n\tstruct split_type *self;\n};\n\n");
}

TEST_CASE("Roots are written in the order given, however many they are") {
  BtfBuilder b;
  std::vector<TypeId> roots;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "s" + std::to_string(i);
    roots.insert(roots.begin(), b.add_composite(Kind::struct_, name, 0));
    expected.insert(0, "struct " + name + " {};\n\n");
  }
  CHECK(types_for(b.build(), roots) == expected);
}

TEST_CASE("The byte order of the blob and the number of threads do not show in a header", "[threads]") {
  Numbers n;
  for (int i = 0; i < 5000; ++i) {
    const std::string name = "some_type_" + std::to_string(i);
    const TypeId own = n.b.add_composite(Kind::struct_, name, 8);
    n.b.add_member(name, own + 1, 0);
    n.b.add_ptr(own + 2);
  }
  n.b.add(Kind::fwd, "x", 0);
  n.b.add(Kind::fwd, "y", 0);
  const BtfPtr btf = n.b.build();
  const std::string one = header_of(btf, {}, 1);
  CHECK(one.size() > 200000);
  CHECK(header_of(btf, {}, 2) == one);
  CHECK(header_of(n.b.build(other(native_order)), {}, 2) == one);
}

TEST_CASE("A struct that holds itself ends the header where it was, with an error", "[threads]") {
  Numbers n;
  n.b.add_composite(Kind::struct_, "fine", 4);
  n.b.add_member("a", n.int_, 0);
  const TypeId loop = n.b.add_composite(Kind::struct_, "loop", 4);
  n.b.add_member("self", loop, 0);
  const BtfPtr btf = n.b.build();
  for (const unsigned jobs : {1U, 2U}) {
    StringOutput out;
    Diagnostics diagnostics;
    const auto caught = test::error_of([&] { dump_c(*btf, {.sorted = false}, out, diagnostics, jobs); });
    CHECK(caught.message == "type " + std::to_string(raw(loop)) + ": unsatisfiable type cycle");
    CHECK(out.text() == std::string(prologue) + "struct fine {\n\tint a;\n};\n\n");
  }
}

}  // namespace btfx

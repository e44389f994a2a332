#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "emit/c/dump_c.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

struct Header {
  std::string body;                   ///< the types alone
  std::vector<std::string> warnings;  ///< without places
};

Header header_of(const BtfPtr& btf, DumpCOptions options = {}) {
  options.sorted = false;
  if (options.kfuncs == Kfuncs::automatic) options.kfuncs = Kfuncs::none;
  StringOutput out;
  Diagnostics diagnostics;
  dump_c(*btf, options, out, diagnostics);
  Header header;
  for (const Diagnostic& diagnostic : diagnostics) header.warnings.push_back(diagnostic.text);
  const std::string& text = out.text();
  const std::string_view before = "#define __bpf_fastcall\n#endif\n#endif\n\n";
  const std::size_t begin = text.find(before) + before.size();
  header.body = text.substr(begin, text.find(options.cplusplus ? "#endif /*" : "#ifndef BPF_NO_PRES", begin) - begin);
  return header;
}

using Warnings = std::vector<std::string>;

/// STRUCT tag { int a; } and a struct with it as a member without a name, itself or through a typedef.
BtfBuilder tagged_member(bool by_typedef = false) {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  TypeId tag = b.add_composite(Kind::struct_, by_typedef ? "" : "tag", 4);
  b.add_member("a", int_id, 0);
  if (by_typedef) tag = b.add(Kind::typedef_, "tag_t", raw(tag));
  b.add_composite(Kind::struct_, "outer", 8);
  b.add_member("", tag, 0);
  b.add_member("b", int_id, 32);
  return b;
}

}  // namespace

TEST_CASE("A typedef that compilers know is never numbered, however often there is one") {
  BtfBuilder b;
  const TypeId pointer = b.add_ptr(void_id);
  for (const char* name : {"va_list", "__isoc_va_list"}) {
    const TypeId builtin = b.add(Kind::typedef_, "__builtin_va_list", raw(pointer));
    b.add(Kind::typedef_, name, raw(builtin));
  }
  CHECK(header_of(b.build()).body ==
        "typedef __builtin_va_list va_list;\n\n"
        "typedef __builtin_va_list __isoc_va_list;\n\n");
}

TEST_CASE("A second __gnuc_va_list is one too") {
  BtfBuilder b;
  b.add(Kind::typedef_, "__gnuc_va_list", 0);
  b.add(Kind::typedef_, "__gnuc_va_list", 0);
  CHECK(header_of(b.build()).body ==
        "typedef __builtin_va_list __gnuc_va_list;\n\n"
        "typedef __builtin_va_list __gnuc_va_list___2;\n\n");
}

TEST_CASE("A second bool is the bool of C++, and numbered in C") {
  BtfBuilder b;
  const TypeId flag = b.add_int("_Bool", 1, 4);
  for (const char* name : {"s", "t"}) {
    const TypeId alias = b.add(Kind::typedef_, "bool", raw(flag));
    b.add_composite(Kind::struct_, name, 1);
    b.add_member("a", alias, 0);
  }
  CHECK(header_of(b.build(), {.cplusplus = true}).body == "struct s {\n\tbool a;\n};\n\nstruct t {\n\tbool a;\n};\n\n");
  CHECK(header_of(b.build()).body ==
        "typedef _Bool bool;\n\nstruct s {\n\tbool a;\n};\n\n"
        "typedef _Bool bool___2;\n\nstruct t {\n\tbool___2 a;\n};\n\n");
}

TEST_CASE("A typedef bool of something else is not the keyword") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  b.add(Kind::typedef_, "bool", raw(int_id));
  b.add(Kind::typedef_, "bool", raw(int_id));
  CHECK(header_of(b.build(), {.cplusplus = true}).body == "typedef int bool_;\n\ntypedef int bool____2;\n\n");
}

TEST_CASE("A forward declaration without a name gets one, and a warning") {
  BtfBuilder b;
  const TypeId structure = b.add(Kind::fwd, {}, 0);
  b.add(Kind::typedef_, "t", raw(b.add_ptr(structure)));
  b.add(Kind::typedef_, "u", raw(b.add_ptr(structure)));
  const Header header = header_of(b.build());
  CHECK(header.body ==
        "struct anonymous_struct_1;\n\ntypedef struct anonymous_struct_1 *t;\n\n"
        "typedef struct anonymous_struct_1 *u;\n\n");
  CHECK(header.warnings == Warnings{"a forward declaration without a name is called 'struct anonymous_struct_1'"});
}

TEST_CASE("So does one that nothing refers to, and one of a union; an enum without name and values is its integer") {
  BtfBuilder b;
  b.add(Kind::fwd, {}, 0);
  const TypeId either = b.add(Kind::fwd, {}, 0, {}, 0, true);
  b.add(Kind::typedef_, "t", raw(either));
  CHECK(header_of(b.build()).body ==
        "struct anonymous_struct_1;\n\nunion anonymous_union_2;\n\ntypedef union anonymous_union_2 t;\n\n");
  BtfBuilder e;
  const TypeId empty = e.add(Kind::enum_, {}, 4), is_signed = e.add(Kind::enum_, {}, 2, {}, 0, true);
  const TypeId odd = e.add(Kind::enum_, {}, 3);
  e.add(Kind::typedef_, "t", raw(e.add_ptr(empty)));
  e.add(Kind::typedef_, "v", raw(is_signed));
  e.add(Kind::typedef_, "w", raw(e.add_ptr(odd)));
  for (const bool cplusplus : {false, true}) {
    const Header header = header_of(e.build(), {.cplusplus = cplusplus});
    CHECK(header.body == "typedef unsigned int *t;\n\ntypedef short v;\n\ntypedef int *w;\n\n");
    CHECK(header.warnings.empty());
  }
}

TEST_CASE("Of two functions of one name the first is declared, and a warning names the other") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId one = b.add(Kind::func_proto, {}, raw(int_id));
  const TypeId two = b.add(Kind::func_proto, {}, 0);
  const TypeId first = b.add(Kind::func, "check", raw(one));
  const TypeId second = b.add(Kind::func, "check", raw(two));
  const TypeId same = b.add(Kind::func, "check", raw(one));
  const Header asked =
      header_of(b.build(), {.roots = std::vector{first}, .kfuncs = Kfuncs::selected, .functions = {first, second}});
  CHECK(asked.body ==
        "\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\nextern int check(void) __weak __ksym;\n#endif\n\n");
  CHECK(asked.warnings ==
        Warnings{"function 'check' has two prototypes, those of types 4 and 5: only the first is declared"});
  // The same parameters are the same prototype, also when that is there twice.
  const TypeId again = b.add(Kind::func, "check", raw(b.add(Kind::func_proto, {}, raw(int_id))));
  for (const TypeId other : {same, again}) {
    CHECK(header_of(b.build(), {.roots = std::vector{first}, .kfuncs = Kfuncs::selected, .functions = {first, other}})
              .warnings.empty());
  }
  for (const TypeId function : {first, second}) b.add(Kind::decl_tag, "bpf_kfunc", raw(function), {0xffffffff});
  CHECK(header_of(b.build(), {.kfuncs = Kfuncs::all}).warnings == asked.warnings);
}

TEST_CASE("A function that shares its name with a typedef or an enumerator is not declared") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  b.add(Kind::typedef_, "number", raw(int_id));
  b.add(Kind::enum_, "e", 4);
  b.add_enumerator("VALUE", 1);
  const TypeId prototype = b.add(Kind::func_proto, {}, 0);
  for (const char* name : {"number", "VALUE", "e"}) {
    const TypeId function = b.add(Kind::func, name, raw(prototype));
    b.add(Kind::decl_tag, "bpf_kfunc", raw(function), {0xffffffff});
  }
  const Header header = header_of(b.build(), {.kfuncs = Kfuncs::all});
  CHECK(header.body.ends_with("PROTOTYPES\nextern void e(void) __weak __ksym;\n#endif\n\n"));
  CHECK(header.warnings == Warnings{"function 'VALUE' is not declared: a typedef or an enumerator has its name",
                                    "function 'number' is not declared: a typedef or an enumerator has its name"});
}

TEST_CASE("A function whose name C cannot say is not declared, since no other name would find it") {
  BtfBuilder b;
  const TypeId prototype = b.add(Kind::func_proto, {}, 0);
  for (const char* name : {"class", "cut.part.0", "plain"}) {
    const TypeId function = b.add(Kind::func, name, raw(prototype));
    b.add(Kind::decl_tag, "bpf_kfunc", raw(function), {0xffffffff});
  }
  const std::string no_identifier = "function 'cut.part.0' is not declared: its name is not an identifier";
  const Header c = header_of(b.build(), {.kfuncs = Kfuncs::all});
  CHECK(
      c.body.ends_with("PROTOTYPES\nextern void class(void) __weak __ksym;\nextern void plain(void) __weak __ksym;\n"
                       "#endif\n\n"));
  CHECK(c.warnings == Warnings{no_identifier});
  const Header cplusplus = header_of(b.build(), {.kfuncs = Kfuncs::all, .cplusplus = true});
  CHECK(cplusplus.body.ends_with("extern \"C\" {\nextern void plain(void) __weak __ksym;\n}\n#endif\n\n"));
  CHECK(cplusplus.warnings ==
        Warnings{"function 'class' is not declared: its name is a reserved word of C++", no_identifier});
}

TEST_CASE("A tag with the name of a typedef that compilers know gets another in C++") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "__builtin_va_list", 4);
  b.add_member("m", int_id, 0);
  CHECK(header_of(b.build()).body == "struct __builtin_va_list {\n\tint m;\n};\n\n");
  CHECK(header_of(b.build(), {.cplusplus = true}).body == "struct __builtin_va_list_ {\n\tint m;\n};\n\n");
}

TEST_CASE("Functions for BPF programs that nothing marks get a warning when all are asked for") {
  const BtfPtr btf = test::small_base().build();
  CHECK(header_of(btf, {.kfuncs = Kfuncs::all}).warnings ==
        Warnings{"no function is tagged as one that BPF programs may call, so that --kfuncs declares none; pahole "
                 "before 1.27 tags none"});
  CHECK(header_of(btf).warnings.empty());
}

TEST_CASE("Members that are not in the order of their offsets get a warning") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId long_id = b.add_int("long", 8, 1);
  b.add_composite(Kind::struct_, "s", 16);
  b.add_member("flag", char_id, 64);
  b.add_member("w", long_id, 0);
  const BtfPtr btf = b.build();
  CHECK(header_of(btf).warnings ==
        Warnings{"struct s cannot be laid out in C as it is: it gets member 'w' at bit 128 instead of 0"});
  CHECK(header_of(btf, {.cplusplus = true}).warnings.size() == 1);
}

TEST_CASE("Members out of order are named inside another struct and among bitfields; what is empty is in order") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId long_id = b.add_int("long", 8, 1);
  const TypeId inner = b.add_composite(Kind::struct_, {}, 16);
  b.add_member("flag", char_id, 64);
  b.add_member("w", long_id, 0);
  b.add_composite(Kind::struct_, "outer", 24);
  b.add_member("c", char_id, 0);
  b.add_member("i", inner, 64);
  b.add_composite(Kind::struct_, "bits", 4, true);
  b.add_member("high", int_id, 4, 4);
  b.add_member("low", int_id, 0, 4);
  const TypeId none = b.add(Kind::array, {}, 0, {raw(char_id), raw(int_id), 0});
  b.add_composite(Kind::struct_, "flexible", 8);
  b.add_member("n", int_id, 0);
  b.add_member("data", none, 32);
  b.add_member("x", int_id, 32);
  b.add_composite(Kind::union_, "either", 8);
  b.add_member("x", int_id, 0);
  b.add_member("y", long_id, 0);
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    CHECK(
        header_of(b.build(order)).warnings ==
        Warnings{
            "struct {...} in struct outer cannot be laid out in C as it is: it gets member 'w' at bit 128 instead of 0",
            "struct outer cannot be laid out in C as it is: it gets 40 bytes instead of 24",
            "struct bits cannot be laid out in C as it is: it gets member 'low' at bit 8 instead of 0"});
  }
}

TEST_CASE("What holds a struct of the wrong size is wrong as well") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId both = b.add_composite(Kind::struct_, "both", 4);
  b.add_member("a", int_id, 0);
  b.add_member("b", char_id, 0);
  const TypeId two = b.add(Kind::array, {}, 0, {raw(both), raw(int_id), 2});
  b.add_composite(Kind::struct_, "holder", 12);
  b.add_member("two", two, 0);
  b.add_member("end", int_id, 64);
  CHECK(header_of(b.build()).warnings ==
        Warnings{"struct both cannot be laid out in C as it is: it gets member 'b' at bit 32 instead of 0",
                 "struct holder cannot be laid out in C as it is: it gets member 'end' at bit 128 instead of 64"});
}

TEST_CASE("A union that should be packed gets a warning, unless it is packed") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId five = b.add(Kind::array, {}, 0, {raw(char_id), raw(int_id), 5});
  b.add_composite(Kind::union_, "u", 5);
  b.add_member("bytes", five, 0);
  b.add_member("number", int_id, 0);
  const BtfPtr btf = b.build();
  CHECK(header_of(btf).warnings == Warnings{"union u cannot be laid out in C as it is: it gets 8 bytes instead of 5; "
                                            "--packed-unions mends that"});
  CHECK(header_of(btf, {.packed_unions = true}).warnings.empty());
  CHECK(header_of(btf, {.cplusplus = true}).warnings.empty());
}

TEST_CASE("An enum of two bytes gets a warning in C, and has its size in C++") {
  BtfBuilder b;
  b.add(Kind::enum_, "e", 2);
  b.add_enumerator("A", 1);
  CHECK(header_of(b.build()).warnings ==
        Warnings{"enum e cannot be laid out in C as it is: it gets 4 bytes instead of 2"});
  CHECK(header_of(b.build(), {.cplusplus = true}).warnings.empty());
}

TEST_CASE("Bitfields, holes, packed and aligned structs can all be laid out") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId long_id = b.add_int("long", 8, 1);
  b.add_composite(Kind::struct_, "packed", 13, true);
  b.add_member("a", long_id, 0, 4);
  b.add_member("b", long_id, 4, 61);
  b.add_member("c", int_id, 72);
  b.add_composite(Kind::struct_, "holes", 64, true);
  b.add_member("c", char_id, 0);
  b.add_member("f", int_id, 8, 3);
  b.add_member("g", int_id, 16, 5);
  b.add_member("l", long_id, 256);
  CHECK(header_of(b.build()).warnings.empty());
}

TEST_CASE("A bitfield that compilers would put right behind what is before it gets a warning") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId int_id = b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "late", 8, true);
  b.add_member("c", char_id, 0);
  b.add_member("f", int_id, 32, 3);
  CHECK(header_of(b.build()).warnings ==
        Warnings{"struct late cannot be laid out in C as it is: it gets member 'f' at bit 8 instead of 32"});
}

TEST_CASE("Values of a type that is only declared get a warning, pointers to it do not") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId empty = b.add(Kind::enum_, "empty", 4), declared = b.add(Kind::fwd, "declared", 0, {}, 0, true);
  const TypeId alias = b.add(Kind::typedef_, "alias", raw(b.add(Kind::const_, {}, raw(empty))));
  b.add(Kind::typedef_, "list", raw(b.add(Kind::array, {}, 0, {raw(empty), raw(int_id), 2})));
  const TypeId array = b.add(Kind::array, {}, 0, {raw(alias), raw(int_id), 3});
  for (const TypeId held : {empty, declared, alias, array, b.add_ptr(empty), b.add_ptr(alias)}) {
    b.add_composite(Kind::struct_, "holder", 16);
    b.add_member("a", held, 0);
  }
  const std::string refused = ", which is only declared, so that compilers refuse the header";
  const auto fault = [&](const std::string& holder, const std::string& held) {
    return holder + " cannot be laid out in C as it is: it holds " + held + refused;
  };
  const Warnings warnings = header_of(b.build()).warnings;
  CHECK(warnings == Warnings{fault("typedef list", "enum empty"), fault("struct holder", "enum empty"),
                             fault("struct holder", "union declared"), fault("struct holder", "enum empty"),
                             fault("struct holder", "enum empty")});
  // C++ is told the size of an enum.
  CHECK(header_of(b.build(), {.cplusplus = true}).warnings == Warnings{fault("struct holder", "union declared")});
}

TEST_CASE("Anonymous members with a tag get a warning where compilers leave them out") {
  for (const bool by_typedef : {false, true}) {
    const BtfPtr btf = tagged_member(by_typedef).build();
    CHECK(
        header_of(btf).warnings ==
        Warnings{"compile with -fms-extensions, or write the header with --no-ms-extensions: without, compilers leave "
                 "out anonymous members with a tag, so that 1 type gets a wrong layout: 'struct outer'"});
    const Header written = header_of(btf, {.ms_extensions = false});
    CHECK(written.warnings.empty());
    CHECK(written.body.find("struct outer {\n\tstruct {\n\t\tint a;\n\t};\n\tint b;\n};\n\n") != std::string::npos);
    CHECK(header_of(btf, {.cplusplus = true}).warnings.empty());
  }
}

TEST_CASE("A hole of many megabytes is an array, and a shorter one bitfields") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1, 1);
  b.add_composite(Kind::struct_, "far", (1U << 28) + 4);
  b.add_member("a", char_id, 0);
  b.add_member("b", char_id, 1U << 31);
  b.add_composite(Kind::struct_, "near", 32);
  b.add_member("a", char_id, 0);
  b.add_member("b", char_id, 192);
  const Header header = header_of(b.build());
  CHECK(header.body ==
        "struct far {\n\tchar a;\n\tchar __hole_1[268435455];\n\tchar b;\n\tint: 0;\n};\n\n"
        "struct near {\n\tchar a;\n\tlong: 64;\n\tlong: 64;\n\tchar b;\n\tlong: 0;\n};\n\n");
}

TEST_CASE("Names that are none in C are changed, and so cannot command a terminal either") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "Option<u32>", 8);
  b.add_member("\x1b[2J", int_id, 0);
  b.add_member("0", int_id, 32);
  b.add_composite(Kind::struct_, "Option_u32_", 4);
  b.add_member("a", int_id, 0);
  const Header header = header_of(b.build());
  CHECK(header.body ==
        "struct Option_u32_ {\n\tint __2J;\n\tint _0;\n};\n\nstruct Option_u32____2 {\n\tint a;\n};\n\n");
  CHECK(header.warnings == Warnings{"3 names are not identifiers in C: other characters became '_'"});
}

TEST_CASE("Names of numbers and of enumerators that are none in C are changed as well") {
  BtfBuilder b;
  const TypeId odd = b.add_int("\xf5\x1b int", 4, 1);
  const TypeId number = b.add(Kind::float_,
                              "dou\x07"
                              "ble",
                              8);
  const TypeId good = b.add_int("long unsigned int", 8);
  b.add_composite(Kind::struct_, "s", 24);
  b.add_member("a", odd, 0);
  b.add_member("b", odd, 32);
  b.add_member("c", number, 64);
  b.add_member("d", good, 128);
  b.add(Kind::enum_, "e", 4);
  b.add_enumerator("", 1);
  b.add_enumerator("", 2);
  const Header header = header_of(b.build());
  CHECK(header.body ==
        "struct s {\n\t__ int a;\n\t__ int b;\n\tdou_ble c;\n\tlong unsigned int d;\n};\n\n"
        "enum e {\n\t_ = 1,\n\t____2 = 2,\n};\n\n");
  CHECK(header.warnings == Warnings{"4 names are not identifiers in C: other characters became '_'"});
}

TEST_CASE("Names that only the kernel takes for identifiers are changed, whatever else is in the strings") {
  const std::string far(300, 'f');
  BtfBuilder b;
  const TypeId dotted = b.add_int("a.b", 4, 1);
  const TypeId digit = b.add(Kind::float_, "9lives", 8);
  const TypeId good = b.add_int("long unsigned int", 8);
  const TypeId tag = b.add(Kind::type_tag, "address_space(1)", raw(good));
  const TypeId pointer = b.add_ptr(tag);
  b.add_composite(Kind::struct_, "s.isra.0", 32);
  b.add_member("m.n", dotted, 0);
  b.add_member("8", digit, 64);
  b.add_member("p", pointer, 128);
  b.add_member(far + ".e", good, 192);
  b.add(Kind::enum_, "7e", 4);
  b.add_enumerator("(1)", 1);
  b.add(Kind::typedef_, "t 2", raw(dotted));
  const Header header = header_of(b.build());
  CHECK(header.body ==
        "struct s_isra_0 {\n\ta_b m_n;\n\t_9lives _8;\n\tlong unsigned int "
        "__attribute__((btf_type_tag(\"address_space(1)\"))) *p;\n"
        "\tlong unsigned int " +
            far + "_e;\n};\n\nenum _7e {\n\t_1_ = 1,\n};\n\ntypedef a_b t_2;\n\n");
  CHECK(header.warnings == Warnings{"9 names are not identifiers in C: other characters became '_'"});
}

TEST_CASE("Types that refer to each other in too many ways end a header with any number of threads", "[threads]") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  TypeId next = int_id;
  for (int level = 0; level < 26; ++level) {
    const TypeId prototype = b.add(Kind::func_proto, {}, raw(next));
    b.add_param("a", next);
    next = b.add_ptr(prototype);
  }
  b.add(Kind::typedef_, "all", raw(next));
  const BtfPtr btf = b.build();
  for (const unsigned jobs : {1U, 2U}) {
    StringOutput out;
    Diagnostics diagnostics;
    CHECK(test::error_of([&] { dump_c(*btf, {}, out, diagnostics, jobs); }).sentence ==
          "the types refer to each other in too many ways to write them out");
  }
}

}  // namespace btfx

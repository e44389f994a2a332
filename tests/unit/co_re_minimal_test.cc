#include "transform/co_re/minimal.h"

#include <array>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"

namespace btfx {
namespace {

using test::error_of;
using test::raw_text;
using Extent = CoreUse::Extent;

/// A small kernel: `task` with what hangs on it.
BtfBuilder kernel() {
  BtfBuilder builder;
  builder.add_int("int", 4, 1);                     // 1
  builder.add_int("char", 1);                       // 2
  builder.add(Kind::array, {}, 0, {2, 1, 16});      // 3: char[16]
  builder.add(Kind::typedef_, "pid_t", 1);          // 4
  builder.add_composite(Kind::struct_, "list", 8);  // 5
  builder.add_member("next", TypeId{6}, 0);
  builder.add_ptr(TypeId{5});                               // 6
  builder.add_composite(Kind::union_, {}, 8);               // 7
  builder.add_member("number", TypeId{1}, 0);               //
  builder.add_member("list", TypeId{5}, 0);                 //
  builder.add_composite(Kind::struct_, "task", 100, true);  // 8
  builder.add_member("unused", TypeId{1}, 0);               // 0
  builder.add_member("flag", TypeId{1}, 35, 3);             // 1
  builder.add_member("pid", TypeId{9}, 64);                 // 2
  builder.add_member("name", TypeId{3}, 96);                // 3
  builder.add_member("parent", TypeId{10}, 256);            // 4
  builder.add_member({}, TypeId{7}, 320);                   // 5
  builder.add_member("array", TypeId{11}, 384);             // 6
  builder.add(Kind::const_, {}, 4);                         // 9
  builder.add_ptr(TypeId{8});                               // 10
  builder.add(Kind::array, {}, 0, {5, 1, 2});               // 11: list[2]
  builder.add(Kind::enum_, "state", 4);                     // 12
  builder.add_enumerator("idle", 0);
  builder.add_enumerator("busy", 1);
  builder.add(Kind::fwd, "opaque", 0);       // 13
  builder.add(Kind::type_tag, "user", 13);   // 14
  builder.add_ptr(TypeId{14});               // 15
  builder.add(Kind::func_proto, {}, 1);      // 16
  builder.add_param("task", TypeId{10});     //
  builder.add_param("who", TypeId{15});      //
  builder.add(Kind::func, "run", 16);        // 17
  builder.add_ptr(TypeId{16});               // 18
  builder.add(Kind::typedef_, "run_t", 18);  // 19
  return builder;
}

std::string minimal_text(const BtfPtr& btf, const std::vector<CoreUse>& uses) {
  const std::array sources{btf};
  return raw_text(*Btf::parse(core_minimal(sources, uses)));
}

}  // namespace

TEST_CASE("A field keeps its way there: full sizes, its members alone, pointers to nothing") {
  const BtfPtr btf = kernel().build();
  CHECK(minimal_text(
            btf, {{btf.get(), TypeId{8}, Extent::field, {0, 2}}, {btf.get(), TypeId{8}, Extent::field, {0, 3, 4}}}) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n"
        "[3] ARRAY '(anon)' type_id=2 index_type_id=1 nr_elems=16\n"
        "[4] TYPEDEF 'pid_t' type_id=1\n"
        "[5] STRUCT 'task' size=100 vlen=2\n\t'pid' type_id=6 bits_offset=64\n\t'name' type_id=3 bits_offset=96\n"
        "[6] CONST '(anon)' type_id=4\n");
  CHECK(minimal_text(btf, {{btf.get(), TypeId{8}, Extent::field, {0, 6, 1, 0}}}) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 'list' size=8 vlen=1\n\t'next' type_id=3 bits_offset=0\n"
        "[3] PTR '(anon)' type_id=2\n"
        "[4] STRUCT 'task' size=100 vlen=1\n\t'array' type_id=5 bits_offset=384\n"
        "[5] ARRAY '(anon)' type_id=2 index_type_id=1 nr_elems=2\n");
  CHECK(minimal_text(btf, {{btf.get(), TypeId{5}, Extent::field, {0, 0}}}) ==
        "[1] STRUCT 'list' size=8 vlen=1\n\t'next' type_id=2 bits_offset=0\n"
        "[2] PTR '(anon)' type_id=1\n");
  CHECK(minimal_text(btf, {{btf.get(), TypeId{8}, Extent::field, {0, 5, 1}}}) ==
        "[1] STRUCT 'list' size=8 vlen=0\n"
        "[2] UNION '(anon)' size=8 vlen=1\n\t'list' type_id=1 bits_offset=0\n"
        "[3] STRUCT 'task' size=100 vlen=1\n\t'(anon)' type_id=2 bits_offset=320\n");
}

TEST_CASE("A kept bitfield keeps the flag of its struct") {
  const BtfPtr btf = kernel().build();
  CHECK(minimal_text(btf, {{btf.get(), TypeId{8}, Extent::field, {0, 1}}}) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 'task' size=100 vlen=1\n\t'flag' type_id=1 bits_offset=35 bitfield_size=3\n");
  const std::array sources{btf};
  const std::array uses{CoreUse{btf.get(), TypeId{8}, Extent::field, {0, 0}}};
  CHECK(!(*Btf::parse(core_minimal(sources, uses))).type(TypeId{2}).kind_flag());
}

TEST_CASE("A type is kept through pointers, with shells, forward declarations and type tags") {
  const BtfPtr btf = kernel().build();
  CHECK(minimal_text(btf, {{btf.get(), TypeId{19}, Extent::type}, {btf.get(), TypeId{12}, Extent::type}}) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 'task' size=100 vlen=0\n"
        "[3] PTR '(anon)' type_id=2\n"
        "[4] ENUM 'state' encoding=UNSIGNED size=4 vlen=2\n\t'idle' val=0\n\t'busy' val=1\n"
        "[5] FWD 'opaque' fwd_kind=struct\n"
        "[6] TYPE_TAG 'user' type_id=5\n"
        "[7] PTR '(anon)' type_id=6\n"
        "[8] FUNC_PROTO '(anon)' ret_type_id=1 vlen=2\n\t'task' type_id=3\n\t'who' type_id=7\n"
        "[9] PTR '(anon)' type_id=8\n"
        "[10] TYPEDEF 'run_t' type_id=9\n");
}

TEST_CASE("What has to match keeps its members, but those of structs behind pointers; the whole keeps them too") {
  const BtfPtr btf = kernel().build();
  CHECK(minimal_text(btf, {{btf.get(), TypeId{7}, Extent::match}}) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 'list' size=8 vlen=1\n\t'next' type_id=3 bits_offset=0\n"
        "[3] PTR '(anon)' type_id=2\n"
        "[4] UNION '(anon)' size=8 vlen=2\n\t'number' type_id=1 bits_offset=0\n\t'list' type_id=2 bits_offset=0\n");
  CHECK(minimal_text(btf, {{btf.get(), TypeId{6}, Extent::match}}) ==
        "[1] STRUCT 'list' size=8 vlen=0\n"
        "[2] PTR '(anon)' type_id=1\n");
  CHECK(minimal_text(btf, {{btf.get(), TypeId{6}, Extent::whole}}) ==
        "[1] STRUCT 'list' size=8 vlen=1\n\t'next' type_id=2 bits_offset=0\n"
        "[2] PTR '(anon)' type_id=1\n");
}

TEST_CASE("Modules' types follow the kernel's in one root") {
  const BtfPtr base = kernel().build();
  BtfBuilder split(base);
  split.add_composite(Kind::struct_, "connection", 40);  // 20
  split.add_member("owner", TypeId{10}, 0);
  split.add_member("state", TypeId{12}, 64);
  split.add_member("next", TypeId{21}, 128);
  split.add_ptr(TypeId{20});  // 21
  const BtfPtr module = split.build();
  const std::array sources{base, module};
  const std::array uses{CoreUse{module.get(), TypeId{20}, Extent::field, {0, 0}},
                        CoreUse{module.get(), TypeId{20}, Extent::field, {0, 1}},
                        CoreUse{base.get(), TypeId{8}, Extent::type}};
  CHECK(raw_text(*Btf::parse(core_minimal(sources, uses, ByteOrder::big))) ==
        "[1] STRUCT 'task' size=100 vlen=0\n"
        "[2] PTR '(anon)' type_id=1\n"
        "[3] ENUM 'state' encoding=UNSIGNED size=4 vlen=2\n\t'idle' val=0\n\t'busy' val=1\n"
        "[4] STRUCT 'connection' size=40 vlen=2\n\t'owner' type_id=2 bits_offset=0\n\t'state' type_id=3 "
        "bits_offset=64\n");
}

TEST_CASE("Of a 32-bit kernel long stays, because it tells the size of pointers") {
  BtfBuilder builder;
  builder.add_int("unsigned int", 4);
  builder.add_int("long unsigned int", 4);
  builder.add_ptr(TypeId{1});
  const BtfPtr btf = builder.build();
  const std::array sources{btf};
  const std::array uses{CoreUse{btf.get(), TypeId{3}, Extent::type}};
  const BtfPtr small = Btf::parse(core_minimal(sources, uses));
  CHECK(small->pointer_size() == 4);
  CHECK(small->own_types() == 3);
}

TEST_CASE("Nothing keeps nothing, and what leads nowhere is an error") {
  const BtfPtr btf = kernel().build();
  CHECK(minimal_text(btf, {}) == "");
  CHECK(minimal_text(btf, {{btf.get(), void_id, Extent::match}}) == "");
  CHECK(error_of([&] {
          minimal_text(btf, {{btf.get(), TypeId{8}, Extent::field, {0, 7}}});
        }).sentence == "has no element 7");
  CHECK(error_of([&] {
          minimal_text(btf, {{btf.get(), TypeId{8}, Extent::field, {0, 0, 1}}});
        }).sentence == "has no element 1");
  CHECK(error_of([&] {
          minimal_text(btf, {{btf.get(), TypeId{17}, Extent::type}});
        }).sentence == "is a FUNC, which no member can have");
}

TEST_CASE("Types that refer to themselves end") {
  BtfBuilder builder;
  builder.add(Kind::typedef_, "a", 2);  // 1
  builder.add(Kind::const_, {}, 1);     // 2
  builder.add_ptr(TypeId{3});           // 3
  const BtfPtr btf = builder.build();
  for (const Extent extent : {Extent::type, Extent::match, Extent::whole}) {
    CHECK(minimal_text(btf, {{btf.get(), TypeId{1}, extent}, {btf.get(), TypeId{3}, extent}}) ==
          "[1] TYPEDEF 'a' type_id=2\n[2] CONST '(anon)' type_id=1\n[3] PTR '(anon)' type_id=3\n");
  }
  CHECK(error_of([&] {
          minimal_text(btf, {{btf.get(), TypeId{1}, Extent::field, {0, 0}}});
        }).sentence.ends_with("has no element 0"));
}

}  // namespace btfx

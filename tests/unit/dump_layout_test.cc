#include "emit/dump/dump_layout.h"

#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

std::string layout_text(const BtfPtr& btf, const LayoutOptions& options = {}, unsigned jobs = 1) {
  StringOutput out;
  dump_layout(*btf, TypeSelection::own(*btf), options, out, jobs);
  return out.text();
}

/// A struct with all that can be said about one.
BtfBuilder layout_sample() {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId inner = b.add_composite(Kind::struct_, {}, 8);
  b.add_member("x", char_id, 0);
  b.add_member("y", int_id, 32);
  const TypeId pair = b.add(Kind::array, {}, 0, {raw(inner), raw(int_id), 2});
  const TypeId either = b.add_composite(Kind::union_, {}, 4);
  b.add_member("i", int_id, 0);
  b.add_member("c", char_id, 0);
  const TypeId own = b.end_id();
  b.add_composite(Kind::struct_, "sample", 40, true);
  b.add_member("c", char_id, 0);
  b.add_member("pairs", pair, 32);
  b.add_member("", either, 160);
  b.add_member("low", int_id, 192, 3);
  b.add_member("next", own + 1, 256);
  b.add_ptr(own);
  b.add(Kind::typedef_, "inner_t", raw(inner));
  b.add(Kind::typedef_, "sample_t", raw(own));
  return b;
}

}  // namespace

TEST_CASE("A layout shows the place of every member and what lies between them") {
  CHECK(layout_text(layout_sample().build(), {.cacheline = 16}) ==
        "struct sample {\n"
        "\tchar c;                                          /*      0        1 */\n"
        "\t/* hole: 3 bytes */\n"
        "\tstruct {\n"
        "\t\tchar x;                                  /*      4        1 */\n"
        "\t\t/* hole: 3 bytes */\n"
        "\t\tint y;                                   /*      8        4 */\n"
        "\t} pairs[2];                                      /*      4       16 */\n"
        "\t/* --- cacheline 1 (16 bytes) began 4 bytes ago --- */\n"
        "\tunion {\n"
        "\t\tint i;                                   /*     20        4 */\n"
        "\t\tchar c;                                  /*     20        1 */\n"
        "\t};                                               /*     20        4 */\n"
        "\tint low:3;                                       /*     24:0      4 */\n"
        "\t/* hole: 29 bits */\n"
        "\t/* hole: 4 bytes */\n"
        "\t/* --- cacheline 2 (32 bytes) --- */\n"
        "\tstruct sample *next;                             /*     32        8 */\n"
        "\n"
        "\t/* size: 40, cachelines: 3, members: 5 */\n"
        "\t/* sum members: 29, holes: 2, sum holes: 7 */\n"
        "\t/* sum bitfields: 3 bits, bit holes: 1, sum bit holes: 29 bits */\n"
        "\t/* last cacheline: 8 bytes */\n"
        "};\n"
        "\n"
        "typedef struct {\n"
        "\tchar x;                                          /*      0        1 */\n"
        "\t/* hole: 3 bytes */\n"
        "\tint y;                                           /*      4        4 */\n"
        "\n"
        "\t/* size: 8, cachelines: 1, members: 2 */\n"
        "\t/* sum members: 5, holes: 1, sum holes: 3 */\n"
        "\t/* last cacheline: 8 bytes */\n"
        "} inner_t;\n"
        "\n");
}

TEST_CASE("Padding is told in bytes and bits") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "s", 12, true);
  b.add_member("f", int_id, 0, 31);
  CHECK(layout_text(b.build()) ==
        "struct s {\n"
        "\tint f:31;                                        /*      0:0      4 */\n"
        "\n"
        "\t/* size: 12, cachelines: 1, members: 1 */\n"
        "\t/* sum members: 0, holes: 0, sum holes: 0 */\n"
        "\t/* sum bitfields: 31 bits, bit holes: 0, sum bit holes: 0 bits */\n"
        "\t/* padding: 8 */\n"
        "\t/* bit padding: 1 bits */\n"
        "\t/* last cacheline: 12 bytes */\n"
        "};\n\n");
}

TEST_CASE("Every alternative of a union begins at the same cacheline") {
  BtfBuilder b;
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId line = b.add(Kind::array, {}, 0, {raw(char_id), raw(char_id), 64});
  const TypeId alternative = b.add_composite(Kind::struct_, {}, 128);
  b.add_member("a", line, 0);
  b.add_member("b", line, 512);
  b.add_composite(Kind::union_, "u", 128);
  b.add_member("one", alternative, 0);
  b.add_member("two", alternative, 0);
  const std::string text = layout_text(b.build());
  const std::string mark = "\t\t/* --- cacheline 1 (64 bytes) --- */\n";
  const std::size_t first = text.find(mark);
  REQUIRE(first != std::string::npos);
  CHECK(text.find(mark, first + 1) != std::string::npos);
}

TEST_CASE("Anonymous composites are shown on their own only when asked for") {
  const BtfPtr btf = layout_sample().build();
  const std::string without = layout_text(btf), with = layout_text(btf, {.anonymous = true});
  CHECK(without.find("struct {\n\tchar x;") == without.find("typedef struct {") + 8);
  CHECK(with.starts_with("struct {\n\tchar x;"));
}

TEST_CASE("A layout in JSON has the same figures") {
  const BtfPtr btf = layout_sample().build();
  StringOutput out;
  dump_layout_json(*btf, TypeSelection::own(*btf), {.cacheline = 16}, false, out);
  const auto document = nlohmann::ordered_json::parse(out.text());
  REQUIRE(document["results"].size() == 2);
  auto record = document["results"][0];
  const auto members = record["members"];
  record.erase("members");
  CHECK(record.dump() ==
        R"({"id":6,"kind":"STRUCT","name":"sample","size":40,"cachelines":3,"last_cacheline":8,"sum_members":29,)"
        R"("sum_bitfields":3,"holes":2,"sum_holes":7,"bit_holes":1,"sum_bit_holes":29,"padding":0,"bit_padding":0,)"
        R"("paddings":0,"sum_paddings":0,"forced_alignments":0,"forced_holes":0,"sum_forced_holes":0})");
  CHECK(members[0].dump() == R"({"name":"c","type":"char","type_id":2,"offset":0,"size":1,"cacheline":0,"hole":3})");
  CHECK(members[1]["members"].dump() ==
        R"([{"name":"x","type":"char","type_id":2,"offset":4,"size":1,"cacheline":0,"hole":3},)"
        R"({"name":"y","type":"int","type_id":1,"offset":8,"size":4,"cacheline":0}])");
  CHECK(members[3].dump() ==
        R"({"name":"low","type":"int","type_id":1,"offset":24,"size":4,"bit_offset":0,"bitfield_size":3,)"
        R"("cacheline":1,"hole":4,"bit_hole":29})");
  CHECK(document["results"][1]["name"] == "inner_t");
  CHECK(document["summary"].dump() ==
        R"({"composites":2,"sum_size":48,"with_holes":2,"sum_holes":10,"sum_padding":0})");
}

TEST_CASE("Composites that are nested without end are refused") {
  BtfBuilder b;
  const TypeId loop = b.add_composite(Kind::struct_, {}, 4);
  b.add_member("self", loop, 0);
  const BtfPtr btf = b.build();
  StringOutput out;
  CHECK(test::error_of([&] { dump_layout(*btf, TypeSelection::own(*btf), {.anonymous = true}, out); }).sentence ==
        "types are nested too deeply");
  CHECK(test::error_of([&] {
          dump_layout_json(*btf, TypeSelection::own(*btf), {.anonymous = true}, false, out);
        }).sentence == "types are nested too deeply");
}

TEST_CASE("The number of threads does not show in a layout", "[threads]") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  for (int i = 0; i < 9000; ++i) {
    const std::string name = "some_type_" + std::to_string(i);
    b.add_composite(Kind::struct_, name, 8);
    b.add_member(name, int_id, 0);
  }
  const BtfPtr btf = b.build();
  CHECK(layout_text(btf, {}, 2) == layout_text(btf, {}, 1));
}

}  // namespace btfx

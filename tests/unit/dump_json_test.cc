#include "emit/dump/dump_json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

namespace {

std::string json_of(const BtfPtr& btf, JsonLayout layout = JsonLayout::compact, unsigned jobs = 1) {
  StringOutput out;
  dump_json(*btf, TypeSelection::own(*btf), layout, out, jobs);
  return out.text();
}

constexpr const char* all_kinds_json =
    R"~({"types":[{"id":1,"kind":"INT","name":"int","size":4,"bits_offset":0,"nr_bits":32,"encoding":"SIGNED"},)~"
    R"~({"id":2,"kind":"INT","name":"char","size":1,"bits_offset":0,"nr_bits":8,"encoding":"SIGNED"},)~"
    R"~({"id":3,"kind":"INT","name":"long unsigned int","size":8,"bits_offset":0,"nr_bits":64,"encoding":"(none)"},)~"
    R"~({"id":4,"kind":"INT","name":"_Bool","size":1,"bits_offset":0,"nr_bits":8,"encoding":"BOOL"},)~"
    R"~({"id":5,"kind":"PTR","name":"(anon)","type_id":1},)~"
    R"~({"id":6,"kind":"PTR","name":"(anon)","type_id":0},)~"
    R"~({"id":7,"kind":"ARRAY","name":"(anon)","type_id":2,"index_type_id":1,"nr_elems":16},)~"
    R"~({"id":8,"kind":"STRUCT","name":"point","size":16,"vlen":3,"members":[)~"
    R"~({"name":"x","type_id":1,"bits_offset":0},{"name":"y","type_id":1,"bits_offset":32},)~"
    R"~({"name":"next","type_id":10,"bits_offset":64}]},)~"
    R"~({"id":9,"kind":"STRUCT","name":"bits","size":4,"vlen":2,"members":[)~"
    R"~({"name":"low","type_id":1,"bits_offset":0,"bitfield_size":3},)~"
    R"~({"name":"high","type_id":1,"bits_offset":3,"bitfield_size":29}]},)~"
    R"~({"id":10,"kind":"PTR","name":"(anon)","type_id":8},)~"
    R"~({"id":11,"kind":"UNION","name":"any","size":16,"vlen":3,"members":[)~"
    R"~({"name":"number","type_id":3,"bits_offset":0},{"name":"text","type_id":7,"bits_offset":0},)~"
    R"~({"name":"(anon)","type_id":8,"bits_offset":0}]},)~"
    R"~({"id":12,"kind":"ENUM","name":"color","encoding":"UNSIGNED","size":4,"vlen":2,"values":[)~"
    R"~({"name":"RED","val":0},{"name":"GREEN","val":4294967295}]},)~"
    R"~({"id":13,"kind":"ENUM","name":"sign","encoding":"SIGNED","size":4,"vlen":1,"values":[{"name":"MINUS","val":-1}]},)~"
    R"~({"id":14,"kind":"FWD","name":"opaque","fwd_kind":"struct"},)~"
    R"~({"id":15,"kind":"FWD","name":"opaque_union","fwd_kind":"union"},)~"
    R"~({"id":16,"kind":"TYPEDEF","name":"point_t","type_id":8},)~"
    R"~({"id":17,"kind":"VOLATILE","name":"(anon)","type_id":1},)~"
    R"~({"id":18,"kind":"CONST","name":"(anon)","type_id":17},)~"
    R"~({"id":19,"kind":"RESTRICT","name":"(anon)","type_id":5},)~"
    R"~({"id":20,"kind":"FUNC_PROTO","name":"(anon)","ret_type_id":1,"vlen":3,"params":[)~"
    R"~({"name":"where","type_id":10},{"name":"(anon)","type_id":4},{"name":"(anon)","type_id":0}]},)~"
    R"~({"id":21,"kind":"FUNC","name":"move_point","type_id":20,"linkage":"global"},)~"
    R"~({"id":22,"kind":"VAR","name":"origin","type_id":16,"linkage":"global"},)~"
    R"~({"id":23,"kind":"DATASEC","name":".data","size":20,"vlen":1,"vars":[{"type_id":22,"offset":0,"size":16}]},)~"
    R"~({"id":24,"kind":"FLOAT","name":"double","size":8},)~"
    R"~({"id":25,"kind":"DECL_TAG","name":"checked","type_id":21,"component_idx":0},)~"
    R"~({"id":26,"kind":"DECL_TAG","name":"attribute","type_id":8,"component_idx":-1},)~"
    R"~({"id":27,"kind":"TYPE_TAG","name":"user","type_id":9},)~"
    R"~({"id":28,"kind":"PTR","name":"(anon)","type_id":27},)~"
    R"~({"id":29,"kind":"ENUM64","name":"wide","encoding":"SIGNED","size":8,"vlen":2,"values":[)~"
    R"~({"name":"WIDE_MIN","val":-9223372036854775808},{"name":"WIDE_ONE","val":1}]},)~"
    R"~({"id":30,"kind":"ENUM64","name":"huge","encoding":"UNSIGNED","size":8,"vlen":1,"values":[)~"
    R"~({"name":"HUGE_MAX","val":18446744073709551615}]}]})~"
    "\n";

}  // namespace

TEST_CASE("Every kind has its object in the JSON dump") {
  CHECK(json_of(test::all_kinds().build()) == all_kinds_json);
}

TEST_CASE("A JSON dump does not show the byte order of the blob") {
  CHECK(json_of(test::all_kinds().build(other(native_order))) == all_kinds_json);
}

TEST_CASE("Pretty JSON is the same document") {
  const std::string pretty = json_of(test::all_kinds().build(), JsonLayout::pretty);
  CHECK(nlohmann::ordered_json::parse(pretty).dump() + "\n" == all_kinds_json);
}

TEST_CASE("Pretty JSON indents by four and breaks the line before properties and after the last of them") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "s", 4);
  b.add_member("a", int_id, 0);
  b.add_member("b", int_id, 0);
  b.add(Kind::func_proto, {}, 0);
  const TypeId var = b.add(Kind::var, "v", 1, {0});
  b.add(Kind::datasec, ".bss", 4);
  b.add_entry(var, 0, 4);
  CHECK(json_of(b.build(), JsonLayout::pretty) == R"~({
    "types": [{
            "id": 1,
            "kind": "INT",
            "name": "int",
            "size": 4,
            "bits_offset": 0,
            "nr_bits": 32,
            "encoding": "SIGNED"
        },{
            "id": 2,
            "kind": "STRUCT",
            "name": "s",
            "size": 4,
            "vlen": 2,
            "members": [{
                    "name": "a",
                    "type_id": 1,
                    "bits_offset": 0
                },{
                    "name": "b",
                    "type_id": 1,
                    "bits_offset": 0
                }
            ]
        },{
            "id": 3,
            "kind": "FUNC_PROTO",
            "name": "(anon)",
            "ret_type_id": 0,
            "vlen": 0,
            "params": []
        },{
            "id": 4,
            "kind": "VAR",
            "name": "v",
            "type_id": 1,
            "linkage": "static"
        },{
            "id": 5,
            "kind": "DATASEC",
            "name": ".bss",
            "size": 4,
            "vlen": 1,
            "vars": [{
                    "type_id": 4,
                    "offset": 0,
                    "size": 4
                }
            ]
        }
    ]
}
)~");
}

TEST_CASE("A JSON dump of nothing is a document too") {
  const BtfPtr btf = test::small_base().build();
  StringOutput compact, pretty;
  dump_json(*btf, TypeSelection::listed(*btf, {}), JsonLayout::compact, compact);
  dump_json(*btf, TypeSelection::listed(*btf, {}), JsonLayout::pretty, pretty);
  CHECK(compact.text() == "{\"types\":[]}\n");
  CHECK(pretty.text() == "{\n    \"types\": []\n}\n");
}

TEST_CASE("Unsigned 32-bit values from 2^31 on are what they are in JSON, unlike in bpftool 7.8") {
  BtfBuilder b;
  b.add(Kind::enum_, "e", 4);
  b.add_enumerator("A", 0x7fffffff);
  b.add_enumerator("B", 0x80000000);
  b.add(Kind::enum64, "w", 4);
  b.add_enumerator("C", 0x80000000);
  CHECK(json_of(b.build()) ==
        R"~({"types":[{"id":1,"kind":"ENUM","name":"e","encoding":"UNSIGNED","size":4,"vlen":2,"values":[)~"
        R"~({"name":"A","val":2147483647},{"name":"B","val":2147483648}]},)~"
        R"~({"id":2,"kind":"ENUM64","name":"w","encoding":"UNSIGNED","size":4,"vlen":1,"values":[)~"
        R"~({"name":"C","val":2147483648}]}]})~"
        "\n");
}

TEST_CASE("JSON has no character that commands a terminal, and parses whatever a name holds") {
  BtfBuilder b;
  b.add(Kind::fwd, "\t\n\r\f\b\\\"", 0);
  b.add(Kind::fwd, "\x01\v/'\x7f\xff", 0);
  b.add(Kind::fwd,
        "\x1b[2J\xc2\x9b"
        "2J",
        0);  // CSI as C1 too
  b.add(Kind::fwd,
        "\xe2\x80\xae"
        "a\xc3\xa9\xe2\x80",
        0);  // right to left, a letter, a sequence cut short
  const std::string text = json_of(b.build());
  CHECK(text == R"~({"types":[{"id":1,"kind":"FWD","name":"\t\n\r\f\b\\\"","fwd_kind":"struct"},)~"
                R"~({"id":2,"kind":"FWD","name":"\u0001\u000b/'\u007f\ufffd","fwd_kind":"struct"},)~"
                R"~({"id":3,"kind":"FWD","name":"\u001b[2J\u009b2J","fwd_kind":"struct"},)~"
                "{\"id\":4,\"kind\":\"FWD\",\"name\":\"\\u202ea\xc3\xa9\\ufffd\\ufffd\",\"fwd_kind\":\"struct\"}]}\n");
  CHECK(nlohmann::json::parse(text)["types"].size() == 4);
}

TEST_CASE("A character to escape is found wherever in the strings it is, the base's included") {
  for (const std::size_t before : {0U, 1U, 63U, 64U, 200U}) {
    BtfBuilder b;
    if (before != 0) b.strings().add(std::string(before, 'x'));
    b.add(Kind::fwd, "a\"b", 0);
    const BtfPtr base = b.build();
    BtfBuilder s(base);
    s.add(std::vector<std::uint32_t>{base->own_words()[0], static_cast<std::uint32_t>(Kind::fwd) << 24, 0});
    CHECK(json_of(s.build()) == R"~({"types":[{"id":2,"kind":"FWD","name":"a\"b","fwd_kind":"struct"}]})~"
                                "\n");
  }
}

TEST_CASE("Void is an object without more") {
  const BtfPtr btf = test::small_base().build();
  StringOutput out;
  dump_json(*btf, TypeSelection::listed(*btf, {void_id}), JsonLayout::compact, out);
  CHECK(out.text() == "{\"types\":[{\"id\":0,\"kind\":\"UNKNOWN\",\"name\":\"(anon)\"}]}\n");
}

TEST_CASE("The number of threads does not show in a JSON dump", "[threads]") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "some_type_" + std::to_string(i);
    b.add_composite(Kind::struct_, name, 4);
    b.add_member(name, int_id, 0);
  }
  const BtfPtr btf = b.build();
  const std::string one = json_of(btf, JsonLayout::compact, 1);
  CHECK(nlohmann::json::parse(one)["types"].size() == 20001);
  CHECK(json_of(btf, JsonLayout::compact, 2) == one);
  CHECK(json_of(btf, JsonLayout::pretty, 2) == json_of(btf, JsonLayout::pretty, 1));
}

}  // namespace btfx

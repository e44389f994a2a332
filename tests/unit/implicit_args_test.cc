#include "transform/ids/implicit_args.h"

#include <string>
#include <vector>

#include "btf/kfunc_flags.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/ids_object.h"
#include "support/raw_text.h"

namespace btfx {
namespace {

using test::error_of;
using test::IdsObject;
using test::raw_text;

/// One set with flags; names and flags in the order of the source.
IdsObject kfunc_set(const std::vector<std::string>& symbols, const std::vector<std::uint32_t>& flags) {
  IdsObject object{.words = {0, 1}, .symbols = {{"set8__kfuncs", 0, 8 + 8 * symbols.size()}}};
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    object.symbols.push_back({symbols[i], 8 * i + 8});
    object.words.insert(object.words.end(), {0, flags[i]});
  }
  return object;
}

/// int (1), struct bpf_prog_aux (2), pointer to it (3), void(int a, bpf_prog_aux *aux) (4), f (5), tag bpf_kfunc (6),
/// tag `other` (7).
BtfBuilder worked_example() {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId aux = b.add_composite(Kind::struct_, "bpf_prog_aux", 4);
  const TypeId ptr = b.add_ptr(aux);
  const TypeId proto = b.add(Kind::func_proto, {}, 0);
  b.add_param("a", int_id);
  b.add_param("aux", ptr);
  const TypeId f = b.add(Kind::func, "f", raw(proto), {}, 1);
  b.add(Kind::decl_tag, "bpf_kfunc", raw(f), {0xffffffff});
  b.add(Kind::decl_tag, "other", raw(f), {0xffffffff});
  return b;
}

const std::string worked_before =
    "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
    "[2] STRUCT 'bpf_prog_aux' size=4 vlen=0\n"
    "[3] PTR '(anon)' type_id=2\n"
    "[4] FUNC_PROTO '(anon)' ret_type_id=0 vlen=2\n"
    "\t'a' type_id=1\n"
    "\t'aux' type_id=3\n";

TEST_CASE("implicit arguments: the function keeps what programs see, and gets a twin with everything") {
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  const auto header = GENERATE(BtfHeader::old_length, BtfHeader::layout_header_length);
  const BtfPtr btf = Btf::parse(worked_example().finish(order, header));
  const std::vector<TypeId> kfuncs = implicit_kfuncs(*btf, kfunc_set({"func__f__1"}, {kf_implicit_args}).ids());
  CHECK(kfuncs == std::vector{TypeId{5}});
  const BtfPtr split = Btf::parse(split_implicit_args(*btf, kfuncs));
  CHECK(split->byte_order() == order);
  CHECK(split->header().header_length == header);
  CHECK(raw_text(*split) == worked_before +
                                "[5] FUNC 'f' type_id=10 linkage=global\n"
                                "[6] DECL_TAG 'bpf_kfunc' type_id=5 component_idx=-1\n"
                                "[7] DECL_TAG 'other' type_id=5 component_idx=-1\n"
                                "[8] FUNC 'f_impl' type_id=4 linkage=global\n"
                                "[9] DECL_TAG 'other' type_id=8 component_idx=-1\n"
                                "[10] FUNC_PROTO '(anon)' ret_type_id=0 vlen=1\n"
                                "\t'a' type_id=1\n");
  CHECK(split->own_strings().starts_with(btf->own_strings()));
  CHECK(split->own_strings().substr(btf->own_strings().size()) == std::string_view("f_impl\0", 7));
}

TEST_CASE("implicit arguments: where the twin is there already, only the prototype is new") {
  BtfBuilder builder = worked_example();
  builder.add(Kind::func, "f_impl", 4, {}, 1);
  const BtfPtr btf = builder.build();
  CHECK(raw_text(*Btf::parse(split_implicit_args(*btf, {TypeId{5}}))) ==
        worked_before +
            "[5] FUNC 'f' type_id=9 linkage=global\n"
            "[6] DECL_TAG 'bpf_kfunc' type_id=5 component_idx=-1\n"
            "[7] DECL_TAG 'other' type_id=5 component_idx=-1\n"
            "[8] FUNC 'f_impl' type_id=4 linkage=global\n"
            "[9] FUNC_PROTO '(anon)' ret_type_id=0 vlen=1\n"
            "\t'a' type_id=1\n");
}

TEST_CASE("implicit arguments: a function of the base keeps its prototype; strings of the base are used") {
  BtfBuilder root = worked_example();
  root.name("f_impl");
  const BtfPtr base = root.build();
  BtfBuilder builder(base);
  builder.add_int("own", 4);
  const BtfPtr split = Btf::parse(split_implicit_args(*builder.build(), {TypeId{5}}), base);
  CHECK(raw_text(*split) ==
        "[8] INT 'own' size=4 bits_offset=0 nr_bits=32 encoding=(none)\n"
        "[9] FUNC 'f_impl' type_id=4 linkage=global\n"
        "[10] DECL_TAG 'other' type_id=9 component_idx=-1\n"
        "[11] FUNC_PROTO '(anon)' ret_type_id=0 vlen=1\n"
        "\t'a' type_id=1\n");
  CHECK(split->own_strings() == std::string_view("own\0", 4));
}

TEST_CASE("implicit arguments: only tagged functions in sets with flags, and the bit decides") {
  const BtfPtr btf = worked_example().build();
  const auto count = [&](const IdsObject& object) { return implicit_kfuncs(*btf, object.ids()).size(); };
  CHECK(count(kfunc_set({"func__f__1"}, {kf_implicit_args | 1})) == 1);
  CHECK(count(kfunc_set({"func__f__1"}, {kf_implicit_args - 1})) == 0);
  CHECK(count(kfunc_set({"func__g__1"}, {kf_implicit_args})) == 0);
  CHECK(count(kfunc_set({"struct__f__1"}, {kf_implicit_args})) == 0);
  CHECK(count({.words = {0, kf_implicit_args}, .symbols = {{"func__f__1", 0}}}) == 0);
  CHECK(count({.words = {0, 0, kf_implicit_args}, .symbols = {{"set__s", 0, 12}, {"func__f__1", 4}}}) == 0);
  // Of several flags those of the first symbol in the set with the greatest name count.
  CHECK(count(kfunc_set({"func__f__1", "func__f__2"}, {kf_implicit_args, 0})) == 1);
  CHECK(count(kfunc_set({"func__f__1", "func__f__2"}, {0, kf_implicit_args})) == 0);
  const IdsObject two{.words = {0, 1, 0, kf_implicit_args, 0, 1, 0, 0},
                      .symbols = {{"set8__a", 0, 16}, {"func__f__1", 8}, {"set8__b", 16, 16}, {"func__f__2", 24}}};
  CHECK(count(two) == 0);
  BtfBuilder untagged = worked_example();
  untagged.record(TypeId{6})[3] = 0;  // a tag of the parameter, not of the function
  CHECK(implicit_kfuncs(*untagged.build(), kfunc_set({"func__f__1"}, {kf_implicit_args}).ids()).empty());
}

TEST_CASE("implicit arguments: which parameters are") {
  BtfBuilder b = worked_example();
  const TypeId meta = b.add_composite(Kind::struct_, "btf_struct_meta", 4);  // 8
  const TypeId constant = b.add(Kind::const_, {}, raw(meta));                // 9
  const TypeId ptr = b.add_ptr(constant);                                    // 10
  const TypeId vol = b.add(Kind::volatile_, {}, raw(ptr));                   // 11
  const TypeId alias = b.add(Kind::typedef_, "aux_t", 2);                    // 12
  const TypeId to_alias = b.add_ptr(alias);                                  // 13
  const TypeId twice = b.add_ptr(TypeId{3});                                 // 14
  const TypeId fwd = b.add(Kind::fwd, "bpf_prog_aux", 0);                    // 15
  const TypeId to_fwd = b.add_ptr(fwd);                                      // 16
  const auto shown = [&](TypeId param) {
    BtfBuilder copy = b;
    const TypeId proto = copy.add(Kind::func_proto, {}, 0);
    copy.add_param("x", param);
    copy.add_param("after", TypeId{1});
    const TypeId func = copy.add(Kind::func, "g", raw(proto), {}, 0);
    const BtfPtr split = Btf::parse(split_implicit_args(*copy.build(), {func}));
    return split->type(split->type(func).target()).vlen();
  };
  CHECK(shown(TypeId{3}) == 0);
  CHECK(shown(ptr) == 0);
  CHECK(shown(vol) == 0);
  for (const TypeId other : {TypeId{2}, to_alias, twice, to_fwd, TypeId{1}, void_id}) CHECK(shown(other) == 2);
}

TEST_CASE("implicit arguments: a name that becomes too long for kernels") {
  const auto split = [](std::size_t length) {
    BtfBuilder builder = worked_example();
    const TypeId func = builder.add(Kind::func, std::string(length, 'x'), 4, {}, 1);
    return error_of([&] { split_implicit_args(*builder.build(), {func}); });
  };
  CHECK(split(506).sentence.empty());
  const test::Caught caught = split(507);
  CHECK(caught.code == ErrorCode::malformed);
  CHECK(caught.place.type_id == 8);
  CHECK(caught.sentence.ends_with("would have 512 characters, more than the 511 that kernels take"));
}

TEST_CASE("implicit arguments: modifiers in a circle come to an end") {
  BtfBuilder b = worked_example();
  b.add(Kind::const_, {}, 9);
  b.add(Kind::volatile_, {}, 8);
  b.record(TypeId{4})[6] = 8;
  const BtfPtr split = Btf::parse(split_implicit_args(*b.build(), {TypeId{5}}));
  CHECK(split->type(split->type(TypeId{5}).target()).vlen() == 2);
}

}  // namespace
}  // namespace btfx

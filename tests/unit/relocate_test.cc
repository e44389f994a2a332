#include "transform/relocate/relocate.h"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "transform/relocate/distill.h"

namespace btfx {
namespace {

using test::error_of;

/// Adds a type written as `KIND name size`: `struct foo 4`, `bits foo 4` (a struct with bitfields), `fwd foo`,
/// `ufwd foo` (declares a union), `int foo 4 1` (with its encoding).
void add_type(BtfBuilder& btf, const std::string& text) {
  std::istringstream words(text);
  std::string kind, name;
  std::uint32_t size = 0, encoding = 0;
  words >> kind >> name >> size >> encoding;
  if (kind == "int") {
    btf.add_int(name, size, encoding);
  } else if (kind == "fwd" || kind == "ufwd") {
    btf.add(Kind::fwd, name, 0, {}, 0, kind == "ufwd");
  } else if (kind == "bits") {
    btf.add_composite(Kind::struct_, name, size, true);
  } else {
    btf.add(*kind_of_name(kind), name, size);
  }
}

BtfPtr types(const std::vector<std::string>& texts) {
  BtfBuilder btf;
  for (const std::string& text : texts) add_type(btf, text);
  return btf.build();
}

/// A split BTF on a distilled base, using each of its types in the given way.
BtfPtr user_of(const BtfPtr& distilled, const std::string& use) {
  BtfBuilder split(distilled);
  for (TypeId id = distilled->first_id(); id != distilled->end_id(); ++id) {
    if (use == "ptr") {
      split.add_ptr(id);
    } else if (use == "member") {
      split.add_composite(Kind::struct_, "holder", 64);
      split.add_member("held", id, 0);
    } else if (use == "var") {
      const TypeId var = split.add(Kind::var, "v", raw(id), {1});
      split.add(Kind::datasec, ".data", 64);
      split.add_entry(var, 0, 64);
    } else if (use == "param") {
      split.add(Kind::func_proto, {}, 0);
      split.add_param("first", void_id);
      split.add_param("p", id);
    } else if (use == "return") {
      split.add(Kind::func_proto, {}, raw(id));
    } else if (use == "typedef") {
      split.add(Kind::typedef_, "foo_t", raw(id));
    } else if (use == "typedef ptr") {
      split.add_ptr(split.add(Kind::typedef_, "foo_t", raw(id)));
    } else if (use == "array") {
      split.add(Kind::array, {}, 0, {raw(id), raw(id), 2});
    }
  }
  return split.build();
}

Relocation relocate(const BtfPtr& split, const BtfPtr& target, const RelocateOptions& options = {}) {
  return Relocator().run(*split, RelocationTarget(target), options);
}

std::string codes(const TypeFit& fit) {
  std::string text;
  for (std::size_t i = 0; i < fit_finding_table.size(); ++i) {
    if (!fit.has(static_cast<FitFinding>(i))) continue;
    if (!text.empty()) text += ' ';
    text += fit_finding_table[i].code.word();
  }
  return text;
}

struct Row {
  std::vector<std::string> distilled, target;
  std::vector<std::string> uses;
  std::vector<std::uint32_t> kernel;  // what each distilled type maps to; empty: fails
  std::vector<std::uint32_t> sound;
  std::string codes;  // of the first distilled type
};

const std::string not_mapped = "distilled base BTF type 'foo' [1] is not mapped to base BTF id";

TEST_CASE("relocate: the kernel's outcome and the sound one, case by case") {
  const Row row = GENERATE(values<Row>({
      {{"fwd foo"}, {"struct foo 4"}, {"ptr"}, {1}, {1}, ""},
      {{"fwd foo"}, {"bits foo 4"}, {"ptr"}, {}, {1}, "fwd-rule"},
      {{"ufwd foo"}, {"union foo 4"}, {"ptr"}, {}, {1}, "fwd-rule"},
      {{"ufwd foo"}, {"struct foo 4"}, {"ptr"}, {1}, {}, "wrong-kind"},
      {{"fwd foo"}, {"struct foo 4", "struct foo 8"}, {"ptr"}, {}, {1}, "ambiguous-ptr"},
      {{"fwd foo"}, {"fwd foo", "struct foo 4"}, {"ptr"}, {}, {2}, "fwd-and-struct"},
      {{"fwd foo"}, {"struct foo 4", "fwd foo"}, {"ptr"}, {}, {1}, "fwd-and-struct"},
      {{"fwd foo"}, {"fwd foo", "struct foo 4", "struct foo 8"}, {"ptr"}, {1}, {1}, ""},
      {{"fwd foo"}, {"fwd foo"}, {"ptr"}, {1}, {1}, ""},
      {{"fwd foo"}, {"ufwd foo"}, {"ptr"}, {}, {}, "missing"},
      {{"fwd foo"}, {"fwd foo", "bits foo 8"}, {"ptr"}, {1}, {2}, "fwd-and-struct"},
      {{"struct foo 4"}, {"enum foo 4"}, {"ptr", "member"}, {1}, {}, "wrong-kind"},
      {{"struct foo 4"}, {"int foo 4"}, {"ptr", "member"}, {1}, {}, "wrong-kind"},
      {{"struct foo 4"}, {"typedef foo 0"}, {"ptr", "member"}, {}, {}, "missing"},
      {{"struct foo 4"}, {"fwd foo"}, {"ptr"}, {1}, {1}, ""},
      {{"struct foo 4"}, {"ufwd foo"}, {"ptr"}, {1}, {}, "wrong-kind"},
      {{"struct foo 4"}, {"fwd foo"}, {"member"}, {}, {}, "missing"},
      {{"struct foo 4"}, {"union foo 8"}, {"ptr"}, {1}, {}, "wrong-kind"},
      {{"struct foo 4"}, {"fwd foo", "struct foo 4"}, {"ptr"}, {}, {2}, "fwd-and-struct"},
      {{"struct foo 4"}, {"struct foo 4", "fwd foo"}, {"ptr"}, {}, {1}, "fwd-and-struct"},
      {{"struct foo 4"}, {"fwd foo", "struct foo 4"}, {"member"}, {2}, {2}, ""},
      {{"struct foo 4"}, {"struct foo 4"}, {"ptr", "member", "var", "param", "return"}, {1}, {1}, ""},
      {{"struct foo 4"}, {"struct foo 8"}, {"ptr", "typedef ptr"}, {1}, {1}, "pointer-size"},
      {{"struct foo 4"}, {"struct foo 8"}, {"member"}, {}, {}, "member-size"},
      {{"struct foo 4"}, {"struct foo 8"}, {"var", "param", "return", "typedef", "array"}, {1}, {}, "byvalue-size"},
      {{"struct foo 4"}, {"struct foo 8", "struct foo 16"}, {"ptr"}, {}, {1}, "ambiguous-ptr"},
      {{"struct foo 4"}, {"struct foo 8", "struct foo 16"}, {"member"}, {}, {}, "member-size"},
      {{"struct foo 4"}, {"struct foo 4", "struct foo 16"}, {"ptr", "member"}, {1}, {1}, ""},
      {{"struct foo 4"}, {"struct foo 16", "struct foo 4"}, {"ptr", "member"}, {2}, {2}, ""},
      {{"struct foo 4"}, {"struct foo 4", "struct foo 4"}, {"ptr", "member"}, {}, {}, "ambiguous"},
      {{"struct foo 4", "struct foo 8"}, {"struct foo 8"}, {"ptr"}, {1, 1}, {1, 1}, "pointer-size merged"},
      {{"enum foo 4"}, {"enum foo 4", "enum foo 4"}, {"ptr", "member"}, {}, {}, "ambiguous"},
      {{"enum foo 4"}, {"enum64 foo 4"}, {"ptr", "member"}, {1}, {1}, "enum-only-size"},
      {{"enum foo 4"}, {"enum64 foo 8"}, {"ptr", "member"}, {}, {}, "byvalue-size"},
      {{"enum foo 4"}, {"struct foo 4"}, {"ptr", "member"}, {}, {}, "missing"},
      {{"enum foo 4"}, {"fwd foo", "enum foo 4"}, {"ptr"}, {2}, {2}, "enum-only-size"},
      {{"int foo 1 1"}, {"int foo 1 0"}, {"ptr", "member"}, {}, {}, "int-encoding"},
      {{"int foo 4"}, {"int foo 8"}, {"ptr", "member"}, {}, {}, "byvalue-size"},
      {{"int foo 4"}, {"int foo 8", "int foo 4"}, {"ptr", "member"}, {2}, {2}, ""},
      {{"float foo 8"}, {"float foo 8", "int foo 8"}, {"ptr", "member"}, {1}, {1}, ""},
      {{"float foo 8"}, {"int foo 8"}, {"ptr", "member"}, {}, {}, "missing"},
      // A struct and a union share the counter of names; an enum of that name and size is in the way.
      {{"struct foo 4"}, {"struct foo 8", "union foo 16"}, {"ptr"}, {}, {1}, "pointer-size kind-clash"},
      {{"struct foo 4"}, {"union foo 4", "struct foo 8"}, {"ptr"}, {1}, {2}, "pointer-size wrong-kind"},
      {{"struct foo 4"}, {"enum foo 4", "struct foo 4"}, {"ptr", "member"}, {}, {2}, "kind-clash"},
  }));
  for (const std::string& use : row.uses) {
    const BtfPtr target = types(row.target);
    const BtfPtr split = user_of(types(row.distilled), use);
    CAPTURE(row.distilled, row.target, use);
    const Relocation kernel = relocate(split, target);
    CHECK(codes(kernel.types[0]) == row.codes);
    CHECK(kernel.succeeded() == !row.kernel.empty());
    CHECK(kernel.succeeded() == !kernel.kernel_failure);
    CHECK(kernel.sound == !row.sound.empty());
    const Relocation sound = relocate(split, target, {.strict = true});
    CHECK(sound.succeeded() == !row.sound.empty());
    CHECK(sound.kernel_failure.has_value() == row.kernel.empty());
    for (std::uint32_t i = 0; i < row.distilled.size(); ++i) {
      const TypeId id{i + 1};
      CHECK(kernel.find(id) == (row.kernel.empty() ? std::nullopt : std::optional(TypeId{row.kernel[i]})));
      CHECK(sound.find(id) == (row.sound.empty() ? std::nullopt : std::optional(TypeId{row.sound[i]})));
    }
    if (kernel.succeeded()) {
      const BtfPtr result = Btf::parse(kernel.split, target);
      CHECK(result->own_types() == split->own_types());
    }
    // Whatever is not plain comes with its candidates.
    const TypeFit& fit = kernel.types[0];
    if (fit.kernel != TypeFit::Kernel::mapped || fit.sound_target != fit.kernel_target) {
      const bool none_there = row.target[0].starts_with("typedef");
      CHECK(fit.candidates == (none_there ? 0 : row.target.size()));
    }
  }
}

TEST_CASE("relocate: the worked example") {
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  const auto header_length = GENERATE(24U, 32U);
  BtfBuilder small;
  small.add_int("int", 4, 1);
  small.add_composite(Kind::struct_, "list", 16);
  small.add(Kind::enum_, "E", 8);
  const BtfPtr distilled = Btf::parse(small.finish(other(order), header_length));
  BtfBuilder builder(distilled);
  builder.add_composite(Kind::struct_, "mod", 32);
  builder.add_member("head", TypeId{2}, 0);
  builder.add_member("int", TypeId{8}, 128);
  builder.add_member("an", TypeId{7}, 160);
  builder.add_ptr(TypeId{3});
  builder.add(Kind::var, "v", 4, {1});
  builder.add_composite(Kind::struct_, {}, 8);
  builder.add_member("lo", TypeId{1}, 0);
  builder.add_member("up", TypeId{2}, 32);
  builder.add(Kind::typedef_, "u32", 1);
  builder.record(TypeId{4})[6] = 1;  // the name of the member `int` is the distilled base's
  const BtfPtr split = Btf::parse(builder.finish(order, header_length), distilled);

  BtfBuilder real;
  real.strings().add("padpadpad");
  real.add(Kind::enum_, "pad", 4);
  real.add(Kind::enum64, "E", 8);
  real.add_composite(Kind::struct_, "list", 16);
  real.add_int("int", 4, 1);
  const BtfPtr target = real.build();
  const Relocation relocation = relocate(split, target);
  REQUIRE(relocation.succeeded());
  CHECK(relocation.map == std::vector{void_id, TypeId{4}, TypeId{3}, TypeId{2}});
  CHECK(relocation.find(TypeId{3}) == TypeId{2});
  CHECK(relocation.find(TypeId{4}) == TypeId{5});
  CHECK(relocation.find(TypeId{8}) == TypeId{9});
  CHECK(relocation.find(TypeId{9}) == std::nullopt);
  CHECK(relocation.find(TypeId{0xffffffff}) == std::nullopt);

  const BtfPtr result = Btf::parse(relocation.split, target);
  CHECK(result->byte_order() == order);
  CHECK(result->header().header_length == header_length);
  CHECK(result->own_strings() == split->own_strings());
  BtfBuilder expected(target);
  expected.strings() = StringTable(target->string_end());
  for (const char* text : {"mod", "head", "int", "an", "v", "lo", "up", "u32"}) expected.strings().add(text);
  expected.add_composite(Kind::struct_, "mod", 32);
  expected.add_member("head", TypeId{3}, 0);
  expected.add_member("int", TypeId{9}, 128);
  expected.add_member("an", TypeId{8}, 160);
  expected.add_ptr(TypeId{2});
  expected.add(Kind::var, "v", 5, {1});
  expected.add_composite(Kind::struct_, {}, 8);
  expected.add_member("lo", TypeId{4}, 0);
  expected.add_member("up", TypeId{3}, 32);
  expected.add(Kind::typedef_, "u32", 4);
  expected.record(TypeId{5})[6] = raw(target->type(TypeId{4}).name_offset());
  CHECK(test::text_of(relocation.split) == test::text_of(expected.finish(order, header_length)));
}

TEST_CASE("relocate: the kernel stops at the first thing it does not like") {
  SECTION("the lowest base type that is a second candidate") {
    const BtfPtr target = types({"enum a 4", "struct b 4", "struct b 4", "enum a 4", "enum c 4"});
    const BtfPtr distilled = types({"enum a 4", "struct b 4", "enum none 4"});
    const Relocation relocation = relocate(user_of(distilled, "ptr"), target);
    REQUIRE(relocation.kernel_failure);
    CHECK(relocation.kernel_failure->message ==
          "distilled base BTF type 'b' [2], size 4 has multiple candidates of the same size (ids [3, 2]) in base BTF");
    CHECK(relocation.kernel_failure->error == EINVAL);
  }
  SECTION("then the first type without counterpart") {
    const Relocation relocation =
        relocate(user_of(types({"struct here 4", "struct foo 4", "int bar 4"}), "ptr"), types({"struct here 4"}));
    CHECK(relocation.kernel_failure->message == "distilled base BTF type 'foo' [2] is not mapped to base BTF id");
    CHECK(codes(relocation.types[1]) == "missing");
    CHECK(codes(relocation.types[2]) == "missing");
  }
  SECTION("then the first string that is no type's name") {
    BtfBuilder small;
    small.strings().add("stray");
    small.add_int("int", 4);
    const BtfPtr distilled = small.build();
    BtfBuilder split(distilled);
    split.add(Kind::typedef_, "t", 1);
    split.record(TypeId{2})[0] = 1;
    const Relocation relocation = relocate(split.build(), types({"int int 4"}));
    CHECK(relocation.kernel_failure->message == "string '' [offset 1] is not mapped to base BTF");
    CHECK(relocation.kernel_failure->error == ENOENT);
    CHECK(relocation.string_gaps == std::vector{std::pair{TypeId{2}, StringOffset{1}}});
    CHECK_FALSE(relocation.sound);
    CHECK_FALSE(relocation.succeeded());
  }
  SECTION("and at a type of the target whose name is an empty text") {
    BtfBuilder base;
    base.add_int("int", 4);
    base.add_composite(Kind::struct_, "x", 4);
    base.record(TypeId{2})[0] += 1;  // the NUL after "x"
    const Relocation relocation = relocate(user_of(types({"int int 4"}), "ptr"), base.build());
    CHECK(relocation.kernel_failure->message == "base BTF id [2] maps to invalid distilled base BTF id [0]");
  }
}

TEST_CASE("relocate: a base name stored twice counts as two names, as for the kernel") {
  // Two structs foo of sizes 8 and 16 whose names are equal texts at different offsets: each counts once, so that the
  // kernel compares no sizes and finds both.
  const Bytes target = test::blob_of({1, InfoWord(Kind::struct_, 0, false).word, 8,  //
                                      5, InfoWord(Kind::struct_, 0, false).word, 16},
                                     std::string_view("\0foo\0foo\0", 9));
  const BtfPtr base = Btf::parse(target);
  const Relocation relocation = relocate(user_of(types({"struct foo 8"}), "ptr"), base);
  CHECK(relocation.types[0].kernel == TypeFit::Kernel::ambiguous);
  CHECK(relocation.types[0].sound_target == TypeId{1});
  CHECK(codes(relocation.types[0]) == "ambiguous-ptr");
}

TEST_CASE("relocate: who holds a type, and how") {
  const BtfPtr distilled = types({"struct foo 4", "union bar 8"});
  BtfBuilder builder(distilled);               // first id 3
  builder.add(Kind::const_, {}, 5);            // 3
  builder.add(Kind::array, {}, 0, {1, 1, 2});  // 4
  builder.add(Kind::typedef_, "foos", 4);      // 5
  builder.add(Kind::func_proto, {}, 2);        // 6: returns union bar
  builder.add_param("p", TypeId{1});
  builder.add_composite(Kind::struct_, "holder", 16);  // 7
  builder.add_member("first", TypeId{2}, 0);
  builder.add_member("second", TypeId{3}, 64);
  builder.add(Kind::var, "v", 1, {1});  // 8
  const Relocation relocation = relocate(builder.build(), types({"struct foo 4", "union bar 8"}));
  const TypeFit& foo = relocation.types[0];
  CHECK((foo.has(HeldAs::member) && foo.has(HeldAs::parameter) && foo.has(HeldAs::variable) && foo.has(HeldAs::array)));
  CHECK(foo.holder == TypeId{7});
  CHECK(foo.element == 1);
  const TypeFit& bar = relocation.types[1];
  CHECK(
      (bar.has(HeldAs::member) && bar.has(HeldAs::parameter) && !bar.has(HeldAs::variable) && !bar.has(HeldAs::array)));
  CHECK(bar.holder == TypeId{7});
  CHECK(bar.element == 0);
}

TEST_CASE("relocate: endless chains of modifiers are an error where the kernel would follow them") {
  const BtfPtr distilled = types({"int int 4"});
  BtfBuilder builder(distilled);
  builder.add(Kind::const_, {}, 3);     // 2
  builder.add(Kind::volatile_, {}, 2);  // 3
  SECTION("under a member") {
    builder.add_composite(Kind::struct_, "holder", 4);
    builder.add_member("m", TypeId{2}, 0);
    const auto caught = error_of([&] { relocate(builder.build(), types({"int int 4"})); });
    CHECK(caught.code == ErrorCode::malformed);
    CHECK(caught.sentence == "has a member whose type leads through more than 32 modifiers, typedefs and arrays");
    CHECK(caught.place.type_id == 4U);
  }
  SECTION("under a variable they are nobody's business") {
    builder.add(Kind::var, "v", 2, {1});
    CHECK(relocate(builder.build(), types({"int int 4"})).succeeded());
  }
}

TEST_CASE("relocate: what is no distilled base") {
  const BtfPtr target = types({"int int 4"});
  const auto sentence = [&](const BtfPtr& distilled) {
    return error_of([&] { relocate(BtfBuilder(distilled).build(), target); }).message;
  };
  CHECK(sentence(types({"int int 4", "ptr"})) ==
        ".BTF.base: type 2: is of kind PTR, which has no place in a distilled base");
  CHECK(sentence(types({"enum64 e 8"})) ==
        ".BTF.base: type 1: is of kind ENUM64, which has no place in a distilled base");
  CHECK(sentence(types({"struct"})) ==
        ".BTF.base: type 1: is an anonymous STRUCT, but a distilled base has only named types");
  CHECK(error_of([&] { relocate(target, target); }).code == ErrorCode::no_base);
  const BtfPtr split = user_of(target, "ptr");
  CHECK(error_of([&] { RelocationTarget{split}; }).sentence == "is split BTF, and cannot be the base of a relocation");
  CHECK(error_of([&] { relocate(BtfBuilder(split).build(), target); }).sentence ==
        "the distilled base is split BTF itself");
}

TEST_CASE("relocate: declarations that nobody defines") {
  const BtfPtr target = types({"int int 4", "struct known 8", "union other 4"});
  BtfBuilder builder(types({"int int 4"}));
  add_type(builder, "fwd known");
  add_type(builder, "fwd other");
  add_type(builder, "fwd foreign");
  add_type(builder, "fwd own");
  add_type(builder, "struct own 4");
  const BtfPtr split = builder.build();
  CHECK(relocate(split, target, {.notes = true}).foreign_forwards == std::vector{TypeId{3}, TypeId{4}});
  CHECK(relocate(split, target).foreign_forwards.empty());
}

TEST_CASE("relocate: a foreign byte order is kept, whatever those of the bases are") {
  const BtfPtr base = test::small_base().build(ByteOrder::big);
  const BtfPtr split = test::small_split(base).build(ByteOrder::little);
  const Distilled distilled = Distiller().run(*split);
  const BtfPtr again = Btf::parse(distilled.split, Btf::parse(distilled.base));
  const Bytes little = relocate(again, base).split;
  CHECK((*Btf::parse(little, base)).byte_order() == ByteOrder::little);
  const BtfPtr big = Btf::parse(serialise(*again, ByteOrder::big), again->base());
  const Bytes swapped = relocate(big, base).split;
  CHECK(test::text_of(serialise(*Btf::parse(swapped, base), ByteOrder::little)) == test::text_of(little));
}

}  // namespace
}  // namespace btfx

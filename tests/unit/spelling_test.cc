#include "btf/spelling.h"

#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {

using namespace test;

TEST_CASE("References are spelled as C does") {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId point = b.add_composite(Kind::struct_, "point", 8);
  const TypeId point_ptr = b.add_ptr(point);
  const TypeId const_int = b.add(Kind::const_, {}, raw(int_id));
  const TypeId const_int_ptr = b.add_ptr(const_int);
  const TypeId restrict_ptr = b.add(Kind::restrict_, {}, raw(const_int_ptr));
  const TypeId array = b.add(Kind::array, {}, 0, {raw(int_id), raw(int_id), 3});
  const TypeId arrays = b.add(Kind::array, {}, 0, {raw(array), raw(int_id), 2});
  const TypeId const_array = b.add(Kind::const_, {}, raw(array));
  const TypeId array_ptr = b.add_ptr(array);
  const TypeId proto = b.add(Kind::func_proto, {}, raw(point_ptr));
  b.add_param("where", const_int_ptr);
  b.add_param("", int_id);
  b.add_param("", void_id);
  const TypeId callback = b.add_ptr(proto);
  const TypeId callbacks = b.add(Kind::array, {}, 0, {raw(callback), raw(int_id), 4});
  const TypeId empty = b.add(Kind::func_proto, {}, 0);
  const TypeId maker = b.add(Kind::func_proto, {}, raw(callback));
  const TypeId maker_ptr = b.add_ptr(maker);
  const TypeId user = b.add(Kind::type_tag, "user", raw(int_id));
  const TypeId user_ptr = b.add_ptr(user);
  const TypeId attribute = b.add(Kind::type_tag, "noderef", raw(int_id), {}, 0, true);
  const TypeId anonymous = b.add_composite(Kind::union_, "", 4);
  const TypeId color = b.add(Kind::enum_, "color", 4);
  const TypeId opaque = b.add(Kind::fwd, "opaque", 0, {}, 0, true);
  const TypeId name = b.add(Kind::typedef_, "u32", raw(int_id));
  const TypeId func = b.add(Kind::func, "make", raw(empty), {}, 1);
  const TypeId var = b.add(Kind::var, "counter", raw(name), {1});
  const TypeId section = b.add(Kind::datasec, ".data", 0);
  const BtfPtr btf = b.build();

  const auto spell = [&](TypeId id, std::string_view declared = {}) { return spell_type(*btf, id, declared); };
  CHECK(spell(void_id) == "void");
  CHECK(spell(int_id) == "int");
  CHECK(spell(int_id, "x") == "int x");
  CHECK(spell(point_ptr) == "struct point *");
  CHECK(spell(point_ptr, "next") == "struct point *next");
  CHECK(spell(const_int_ptr, "p") == "const int *p");
  CHECK(spell(restrict_ptr) == "const int *restrict");
  CHECK(spell(restrict_ptr, "p") == "const int *restrict p");
  CHECK(spell(array) == "int[3]");
  CHECK(spell(arrays, "matrix") == "int matrix[2][3]");
  CHECK(spell(const_array, "table") == "const int table[3]");
  CHECK(spell(array_ptr) == "int (*)[3]");
  CHECK(spell(proto) == "struct point *(const int *where, int, ...)");
  CHECK(spell(callback, "cb") == "struct point *(*cb)(const int *where, int, ...)");
  CHECK(spell(callbacks, "table") == "struct point *(*table[4])(const int *where, int, ...)");
  CHECK(spell(maker_ptr) == "struct point *(*(*)(void))(const int *where, int, ...)");
  CHECK(spell(empty, "stop") == "void stop(void)");
  CHECK(spell(user_ptr, "buf") == "int __user *buf");
  CHECK(spell(attribute) == "int __attribute__((noderef))");
  CHECK(spell(anonymous, "u") == "union {...} u");
  CHECK(spell(color) == "enum color");
  CHECK(spell(opaque) == "union opaque");
  CHECK(spell(name, "x") == "u32 x");
  CHECK(spell(func) == "void make(void)");
  CHECK(spell(var) == "u32 counter");
  CHECK(spell(section) == "section .data");

  CHECK(spell_name(btf->type(point)) == "struct point");
  CHECK(spell_name(btf->type(name)) == "typedef u32");
  CHECK(spell_name(btf->type(func)) == "func make");
  CHECK(spell_name(btf->type(anonymous)) == "union {...}");
}

TEST_CASE("Endless and exploding types are spelled in bounds") {
  BtfBuilder b;
  b.add_ptr(TypeId{1});  // itself
  b.add(Kind::const_, {}, 2);
  // Each prototype names the one before twice: 2^40 parameters in all.
  TypeId last = b.add_int("int", 4);
  for (int i = 0; i < 40; ++i) {
    const TypeId proto = b.add(Kind::func_proto, {}, raw(last));
    b.add_param("first", last);
    b.add_param("second", last);
    last = b.add_ptr(proto);
  }
  const BtfPtr btf = b.build();
  CHECK(spell_type(*btf, TypeId{1}).size() <= 200);
  CHECK(spell_type(*btf, TypeId{2}) == "... ");
  CHECK(spell_type(*btf, last).size() <= 2 * max_spelling + 3);
}

}  // namespace btfx

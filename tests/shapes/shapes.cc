// shapes NAME COUNT: writes to standard output a BTF of about COUNT types of one shape: deep, wide, circular, of equal
// names, and what else may cost more than its size. Without arguments, lists the shapes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "btf/builder.h"

namespace {

using btfx::BtfBuilder;
using btfx::Kind;
using btfx::raw;
using btfx::TypeId;

constexpr std::uint32_t most_members = 60000;

std::string numbered(const char* stem, std::uint32_t number) {
  return stem + std::to_string(number);
}

/// `count` types, each made by `next` of the one before.
BtfBuilder chain(std::uint32_t count, const std::function<TypeId(BtfBuilder&, std::uint32_t, TypeId)>& next) {
  BtfBuilder btf;
  TypeId last = btf.add_int("int", 4);
  for (std::uint32_t i = 0; i < count; ++i) last = next(btf, i, last);
  btf.add_composite(Kind::struct_, "top", 4);
  btf.add_member("last", last, 0);
  return btf;
}

TypeId struct_of(BtfBuilder& btf, const std::string& name, std::uint32_t size, TypeId first, TypeId second,
                 Kind kind = Kind::struct_) {
  const TypeId id = btf.add_composite(kind, name, size);
  btf.add_member("first", first, 0);
  if (second != btfx::void_id) btf.add_member("second", second, 64);
  return id;
}

/// Structs in a circle of pointers.
BtfBuilder ring(std::uint32_t count) {
  BtfBuilder btf;
  for (std::uint32_t i = 0; i < count; ++i) {
    const TypeId next{2 + 2 * ((i + 1) % count)};
    const TypeId pointer = btf.add_ptr(next);
    struct_of(btf, numbered("ring", i), 8, pointer, btfx::void_id);
  }
  return btf;
}

/// One struct that points to all others, each of which points back.
BtfBuilder star(std::uint32_t count) {
  BtfBuilder btf;
  count = std::min(count, most_members);
  btf.add_composite(Kind::struct_, "centre", 8 * count);
  for (std::uint32_t i = 0; i < count; ++i) btf.add_member(numbered("m", i), TypeId{3 + 2 * i}, 64 * i);
  const TypeId back = btf.add_ptr(TypeId{1});
  for (std::uint32_t i = 0; i < count; ++i) {
    btf.add_ptr(TypeId{4 + 2 * i});
    struct_of(btf, numbered("point", i), 8, back, btfx::void_id);
  }
  return btf;
}

BtfBuilder wide(std::uint32_t count, bool anonymous) {
  BtfBuilder btf;
  const TypeId number = btf.add_int("int", 4);
  std::vector<TypeId> members;
  for (std::uint32_t i = 0; i < std::min(count, most_members); ++i) {
    members.push_back(number);
    if (!anonymous) continue;
    members.back() = btf.add_composite(Kind::struct_, {}, 4);
    btf.add_member(numbered("inner", i), number, 0);
  }
  btf.add_composite(Kind::struct_, "wide", 4 * static_cast<std::uint32_t>(members.size()));
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    btf.add_member(anonymous ? std::string() : numbered("m", i), members[i], 32 * i);
  }
  return btf;
}

BtfBuilder suffixes(std::uint32_t count) {
  BtfBuilder btf;
  constexpr std::uint32_t length = 1000;
  const std::uint32_t name = raw(btf.name(std::string(length, 's')));
  for (std::uint32_t i = 0; i < count; ++i) {
    btf.record(btf.add_composite(Kind::struct_, {}, i % 8))[0] = name + i % 200;
  }
  return btf;
}

BtfBuilder variables(std::uint32_t count) {
  BtfBuilder btf;
  const TypeId number = btf.add_int("int", 4);
  count = std::min(count, most_members);
  for (std::uint32_t i = 0; i < count; ++i) btf.add(Kind::var, numbered("v", i), raw(number), {1});
  btf.add(Kind::datasec, ".data", 4 * count);
  for (std::uint32_t i = 0; i < count; ++i) btf.add_entry(TypeId{2 + i}, 4 * i, 4);
  return btf;
}

using Shape = std::function<BtfBuilder(std::uint32_t)>;

/// A shape in which each type is made of the one before.
Shape chained(const std::function<TypeId(BtfBuilder&, std::uint32_t, TypeId)>& next) {
  return [next](std::uint32_t count) { return chain(count, next); };
}

/// A shape in which each type is made of the first alone.
Shape flat(const std::function<void(BtfBuilder&, std::uint32_t)>& add) {
  return chained([add](BtfBuilder& btf, std::uint32_t i, TypeId) {
    add(btf, i);
    return TypeId{1};
  });
}

const std::map<std::string, Shape>& shapes() {
  static const std::map<std::string, Shape> all{
      {"pointers", chained([](BtfBuilder& btf, std::uint32_t, TypeId last) { return btf.add_ptr(last); })},
      {"typedefs", chained([](BtfBuilder& btf, std::uint32_t i, TypeId last) {
         return btf.add(Kind::typedef_, numbered("t", i), raw(last));
       })},
      {"modifiers", chained([](BtfBuilder& btf, std::uint32_t i, TypeId last) {
         return btf.add(i % 2 == 0 ? Kind::const_ : Kind::volatile_, {}, raw(last));
       })},
      {"type-tags", chained([](BtfBuilder& btf, std::uint32_t i, TypeId last) {
         return btf.add(Kind::type_tag, numbered("tag", i), raw(last));
       })},
      {"arrays", chained([](BtfBuilder& btf, std::uint32_t, TypeId last) {
         return btf.add(Kind::array, {}, 0, {raw(last), 1, 1});
       })},
      {"prototypes", chained([](BtfBuilder& btf, std::uint32_t, TypeId last) {
         const TypeId prototype = btf.add(Kind::func_proto, {}, raw(last));
         btf.add_param("p", last);
         return btf.add_ptr(prototype);
       })},
      {"structs-by-pointer", chained([](BtfBuilder& btf, std::uint32_t i, TypeId last) {
         return struct_of(btf, numbered("s", i), 8, btf.add_ptr(last), btfx::void_id);
       })},
      {"structs-by-value", chained([](BtfBuilder& btf, std::uint32_t i, TypeId last) {
         return struct_of(btf, numbered("s", i), 4, last, btfx::void_id);
       })},
      {"doubling", chained([](BtfBuilder& btf, std::uint32_t i, TypeId last) {
         return struct_of(btf, numbered("s", i), 0, last, last);
       })},
      {"doubling-by-pointer", chained([](BtfBuilder& btf, std::uint32_t i, TypeId last) {
         const TypeId pointer = btf.add_ptr(last);
         return struct_of(btf, numbered("s", i), 16, pointer, pointer);
       })},
      {"equal-structs",
       flat([](BtfBuilder& btf, std::uint32_t) { struct_of(btf, "same", 4, TypeId{1}, btfx::void_id); })},
      {"structs-of-one-name", flat([](BtfBuilder& btf, std::uint32_t i) {
         btf.add_composite(Kind::struct_, "same", 4);
         btf.add_member(numbered("m", i), TypeId{1}, 0);
       })},
      {"anonymous-unions", flat([](BtfBuilder& btf, std::uint32_t i) {
         btf.add_composite(Kind::union_, {}, 4);
         btf.add_member(numbered("m", i), TypeId{1}, 0);
       })},
      {"declarations-of-one-name", flat([](BtfBuilder& btf, std::uint32_t) { btf.add(Kind::fwd, "same", 0); })},
      {"typedefs-of-one-name", flat([](BtfBuilder& btf, std::uint32_t) { btf.add(Kind::typedef_, "same", 1); })},
      {"functions-of-one-name", flat([](BtfBuilder& btf, std::uint32_t) {
         btf.add(Kind::func, "same", raw(btf.add(Kind::func_proto, {}, 0)), {}, 1);
       })},
      {"declaration-tags", flat([](BtfBuilder& btf, std::uint32_t i) {
         if (i == 0) btf.add_composite(Kind::struct_, "tagged", 0);
         btf.add(Kind::decl_tag, numbered("tag", i), 2, {0xffffffff});
       })},
      {"enums", flat([](BtfBuilder& btf, std::uint32_t i) {
         btf.add(Kind::enum_, {}, 4);
         btf.add_enumerator(numbered("E", i), i);
       })},
      {"ring", ring},
      {"star", star},
      {"wide", [](std::uint32_t count) { return wide(count, false); }},
      {"wide-anonymous", [](std::uint32_t count) { return wide(count, true); }},
      {"suffixes", suffixes},
      {"variables", variables},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    for (const auto& [name, make] : shapes()) std::cout << name << '\n';
    return 0;
  }
  const auto found = shapes().find(argv[1]);
  if (found == shapes().end()) {
    std::cerr << "no shape " << argv[1] << '\n';
    return 1;
  }
  const btfx::Bytes blob = found->second(static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10))).finish();
  std::cout << btfx::as_text(blob.view());
  return std::cout.flush() ? 0 : 1;
}

#include "transform/diff/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "btf/builder.h"
#include "btf/load.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/diff_text.h"
#include "support/temp_dir.h"
#include "transform/edit/sort.h"
#include "transform/merge/dedup.h"
#include "transform/merge/type_pool.h"

namespace btfx {

using namespace test;

TEST_CASE("A BTF equals itself in any order, with duplicates, sorted, and in the other byte order", "[threads]") {
  std::mt19937 random(1);
  for (const BtfModel& original : {kernel_model(), BtfModel(*all_kinds().build())}) {
    const BtfPtr btf = original.build();
    for (const unsigned jobs : {1U, 2U}) CHECK(compare({btf}, {btf}, jobs).changes.empty());
    BtfModel copy = original;
    for (int round = 0; round < 20; ++round) {
      copy.permute(random);
      CHECK(compare_models(original, copy).empty());
    }
    copy.sort();
    CHECK(compare_models(original, copy).empty());
    copy.duplicate();
    CHECK(compare_models(original, copy).empty());
    CHECK(compare_models(copy, original).empty());
    copy.permute(random);
    CHECK(text_of(compare({btf}, {copy.build(other(native_order))}).changes).empty());
  }
}

namespace {

std::uint32_t pointer_to(BtfModel& model, std::uint32_t target) {
  return model.add({Kind::ptr, {}, false, target, 0, {}, {}});
}

/// The type that the one member or parameter of that name refers to.
std::uint32_t& type_of(ModelType& type, std::string_view element) {
  return type.element(element).words[1];
}

std::uint32_t& offset_of(ModelType& type, std::string_view element) {
  return type.element(element).words[2];
}

ModelType& device(BtfModel& model) {
  return model.type(Kind::struct_, "device");
}

/// The prototype of `device_add`.
ModelType& device_add(BtfModel& model) {
  return model.types[model.type(Kind::func, "device_add").size_or_type - 1];
}

void drop(ModelType& type, std::string_view element) {
  std::erase_if(type.elements, [&](const ModelElement& e) { return e.name == element; });
}

struct Edit {
  std::string name;
  void (*apply)(BtfModel&);
  Lines expected;
};

}  // namespace

TEST_CASE("Every kind of edit is told as exactly that one change") {
  const Edit edit = GENERATE(values<Edit>({
      {"int grows", [](BtfModel& m) { m.type(Kind::int_, "char").size_or_type = 2; },
       {"layout changed char", "  layout size 1 -> 2"}},
      {"int loses its sign", [](BtfModel& m) { m.type(Kind::int_, "char").fixed[0] = 8; },
       {"signature changed char", "  signature encoding 'signed' -> 'unsigned'"}},
      {"int counts fewer bits", [](BtfModel& m) { m.type(Kind::int_, "char").fixed[0] -= 1; },
       {"layout changed char", "  layout bits 8 -> 7"}},
      {"int spelled as by another compiler", [](BtfModel& m) { m.type(Kind::int_, "long unsigned int").name = "unsigned long"; },
       {"compatible renamed unsigned long from long unsigned int"}},
      {"float grows", [](BtfModel& m) { m.type(Kind::float_, "double").size_or_type = 16; },
       {"layout changed double", "  layout size 8 -> 16"}},
      {"typedef of another type", [](BtfModel& m) { m.type(Kind::typedef_, "u32").size_or_type = m.id(Kind::int_, "int"); },
       {"signature changed typedef u32", "  signature target 'unsigned int' -> 'int'"}},
      {"typedef added", [](BtfModel& m) { m.add({Kind::typedef_, "u8", false, m.id(Kind::int_, "char"), 0, {}, {}}); },
       {"compatible added typedef u8"}},
      {"typedef'd anonymous struct", [](BtfModel& m) { m.types[m.type(Kind::typedef_, "atomic_t").size_or_type - 1].elements[0].name = "value"; },
       {"compatible changed typedef atomic_t", "  compatible member_renamed value 'counter' -> 'value'"}},
      {"struct added", [](BtfModel& m) { m.add({Kind::struct_, "fresh", false, 4, 0, {}, {{"a", {0, 1, 0}}}}); },
       {"compatible added struct fresh"}},
      {"struct removed", [](BtfModel& m) { m.remove(m.id(Kind::struct_, "bits")); }, {"layout removed struct bits"}},
      {"struct renamed", [](BtfModel& m) { device(m).name = "gadget"; },
       {"compatible renamed struct gadget from struct device"}},
      {"struct that refers to itself renamed", [](BtfModel& m) { m.type(Kind::struct_, "list_head").name = "ring"; },
       {"compatible renamed struct ring from struct list_head"}},
      {"struct becomes union", [](BtfModel& m) { m.type(Kind::struct_, "bits").kind = Kind::union_; },
       {"layout changed union bits", "  layout kind 'struct bits' -> 'union bits'"}},
      {"struct grows", [](BtfModel& m) { device(m).size_or_type = 80; },
       {"layout changed struct device", "  layout size 72 -> 80"}},
      {"struct only declared", [](BtfModel& m) {
         ModelType& bits = m.type(Kind::struct_, "bits");
         bits = {Kind::fwd, "bits", false, 0, 0, {}, {}};
       },
       {"layout changed struct bits", "  layout undefined"}},
      {"struct defined", [](BtfModel& m) {
         m.type(Kind::fwd, "opaque") = {Kind::struct_, "opaque", false, 4, 0, {}, {{"a", {0, 1, 0}}}};
       },
       {"compatible changed struct opaque", "  compatible defined"}},
      {"enum defined", [](BtfModel& m) { m.type(Kind::enum_, "later").elements.push_back({"NOW", {0, 1}}); },
       {"compatible changed enum later", "  compatible defined"}},
      {"member appended", [](BtfModel& m) {
         device(m).size_or_type = 80;
         device(m).elements.push_back({"extra", {0, m.id(Kind::int_, "long unsigned int"), 576}});
       },
       {"layout changed struct device", "  layout size 72 -> 80",
        "  compatible member_added extra '' -> 'long unsigned int' 0 -> 576 end"}},
      {"member in the padding", [](BtfModel& m) { device(m).elements.push_back({"extra", {0, m.id(Kind::int_, "int"), 512}}); },
       {"compatible changed struct device", "  compatible member_added extra '' -> 'int' 0 -> 512 hole"}},
      {"member in a hole", [](BtfModel& m) { device(m).elements.push_back({"flag2", {0, m.id(Kind::int_, "_Bool"), 40}}); },
       {"compatible changed struct device", "  compatible member_added flag2 '' -> '_Bool' 0 -> 40 hole"}},
      {"member over others", [](BtfModel& m) { device(m).elements.push_back({"alias", {0, m.id(Kind::int_, "int"), 0}}); },
       {"compatible changed struct device", "  compatible member_added alias '' -> 'int' shared"}},
      {"member removed", [](BtfModel& m) { drop(device(m), "last"); },
       {"layout changed struct device", "  layout member_removed last '_Bool' -> '' 480 -> 0"}},
      {"member renamed", [](BtfModel& m) { device(m).element("last").name = "final"; },
       {"compatible changed struct device", "  compatible member_renamed final 'last' -> 'final' 480 -> 480"}},
      {"member moved", [](BtfModel& m) { offset_of(device(m), "flag") = 40; },
       {"layout changed struct device", "  layout member_moved flag 32 -> 40"}},
      {"member of another size", [](BtfModel& m) { type_of(device(m), "id") = m.id(Kind::int_, "char"); },
       {"layout changed struct device", "  layout member_retyped id 'int' -> 'char'"}},
      {"member of another type", [](BtfModel& m) { type_of(device(m), "id") = m.id(Kind::int_, "unsigned int"); },
       {"signature changed struct device", "  signature member_retyped id 'int' -> 'unsigned int'"}},
      {"member under another type name", [](BtfModel& m) { type_of(device(m), "count") = m.id(Kind::int_, "unsigned int"); },
       {"compatible changed struct device", "  compatible member_retyped count 'u32' -> 'unsigned int' 448 -> 448"}},
      {"member constant", [](BtfModel& m) {
         type_of(device(m), "id") = m.add({Kind::const_, {}, false, m.id(Kind::int_, "int"), 0, {}, {}});
       },
       {"compatible changed struct device", "  compatible member_retyped id 'int' -> 'const int'"}},
      {"type tag", [](BtfModel& m) {
         ModelType& driver = m.type(Kind::struct_, "driver");
         const ModelType& owner = m.types[type_of(driver, "owner") - 1];
         const std::uint32_t target = owner.size_or_type;
         type_of(m.type(Kind::struct_, "driver"), "owner") =
             pointer_to(m, m.add({Kind::type_tag, "user", false, target, 0, {}, {}}));
       },
       {"compatible changed struct driver",
        "  compatible member_retyped owner 'const char *' -> 'const char __user *' 832 -> 832"}},
      {"array longer", [](BtfModel& m) { m.types[type_of(device(m), "name") - 1].fixed[2] = 17; },
       {"layout changed struct device", "  layout member_retyped name 'char[16]' -> 'char[17]' 320 -> 320"}},
      {"bitfield wider", [](BtfModel& m) { offset_of(m.type(Kind::struct_, "bits"), "high") = 6U << 24 | 3; },
       {"layout changed struct bits", "  layout member_resized high 5 -> 6"}},
      {"bitfield moved", [](BtfModel& m) { offset_of(m.type(Kind::struct_, "bits"), "high") = 5U << 24 | 4; },
       {"layout changed struct bits", "  layout member_moved high 3 -> 4"}},
      {"bitfields no more", [](BtfModel& m) { offset_of(m.type(Kind::struct_, "bits"), "low") = 0; },
       {"layout changed struct bits", "  layout member_resized low 3 -> 0"}},
      {"anonymous union gets a member", [](BtfModel& m) {
         m.types[type_of(device(m), "") - 1].elements.push_back({"bytes", {0, m.id(Kind::int_, "char"), 0}});
       },
       {"compatible changed struct device", "  compatible member_added bytes '' -> 'char' 0 -> 64 shared"}},
      {"anonymous union resolved", [](BtfModel& m) {
         const std::uint32_t inner = type_of(device(m), "");
         drop(device(m), "");
         for (ModelElement element : m.types[inner - 1].elements) {
           element.words[2] += 64;
           device(m).elements.push_back(element);
         }
         m.remove(inner);
       },
       {"compatible changed struct device", "  compatible regrouped"}},
      {"inside a member", [](BtfModel& m) { m.types[type_of(device(m), "stats") - 1].elements[1].name = "errors"; },
       {"compatible changed struct device", "  compatible member_renamed stats.errors 'misses' -> 'errors' 32 -> 32"}},
      {"reserved member used", [](BtfModel& m) {
         ModelElement& reserved = m.type(Kind::struct_, "driver").element("kabi_reserved1");
         reserved = {"priority", {0, m.id(Kind::int_, "int"), 704}};
       },
       {"compatible changed struct driver",
        "  compatible reserved_used priority 'kabi_reserved1' -> 'int' 704 -> 704"}},
      {"reserved member used in full", [](BtfModel& m) { m.type(Kind::struct_, "driver").element("kabi_reserved1").name = "cookie"; },
       {"compatible changed struct driver",
        "  compatible reserved_used cookie 'kabi_reserved1' -> 'long unsigned int' 704 -> 704"}},
      {"reserved member used through a macro", [](BtfModel& m) {
         const std::uint32_t long_id = m.id(Kind::int_, "long unsigned int");
         const std::uint32_t hidden = m.add({Kind::struct_, "", false, 8, 0, {}, {{"kabi_reserved1", {0, long_id, 0}}}});
         const std::uint32_t both =
             m.add({Kind::union_, "", false, 8, 0, {}, {{"cookie", {0, long_id, 0}}, {"__UNIQUE_ID_kabi_hide7", {0, hidden, 0}}}});
         m.type(Kind::struct_, "driver").element("kabi_reserved1") = {"", {0, both, 704}};
       },
       {"compatible changed struct driver",
        "  compatible reserved_used cookie 'kabi_reserved1' -> 'long unsigned int' 704 -> 704"}},
      {"padding given away", [](BtfModel& m) { drop(m.type(Kind::struct_, "driver"), "pad"); },
       {"layout changed struct driver", "  layout member_removed pad 'u32' -> '' 800 -> 0"}},
      {"callback gets a parameter", [](BtfModel& m) {
         ModelType& driver = m.type(Kind::struct_, "driver");
         m.types[m.types[type_of(driver, "probe") - 1].size_or_type - 1].elements.push_back({"", {0, m.id(Kind::int_, "int")}});
       },
       {"signature changed struct driver",
        "  signature member_retyped probe 'int (*)(struct device *)' -> 'int (*)(struct device *, int)' 576 -> 576"}},
      {"callback's parameter gets a name", [](BtfModel& m) {
         ModelType& driver = m.type(Kind::struct_, "driver");
         m.types[m.types[type_of(driver, "probe") - 1].size_or_type - 1].elements[0].name = "dev";
       },
       {"compatible changed struct driver",
        "  compatible member_retyped probe 'int (*)(struct device *)' -> 'int (*)(struct device *dev)' 576 -> 576"}},
      {"enumerator added", [](BtfModel& m) { m.type(Kind::enum_, "color").elements.push_back({"WHITE", {0, 3}}); },
       {"compatible changed enum color", "  compatible enumerator_added WHITE 0 -> 3"}},
      {"enumerator removed", [](BtfModel& m) { drop(m.type(Kind::enum_, "color"), "BLUE"); },
       {"value changed enum color", "  value enumerator_removed BLUE 2 -> 0"}},
      {"enumerator of another value", [](BtfModel& m) { m.type(Kind::enum_, "color").element("BLUE").words[1] = 4; },
       {"value changed enum color", "  value enumerator_changed BLUE 2 -> 4"}},
      {"enumerator reused", [](BtfModel& m) { m.type(Kind::enum_, "color").element("BLUE").name = "BLACK"; },
       {"value changed enum color", "  value enumerator_reused BLUE 'BLUE' -> 'BLACK' 2 -> 2"}},
      {"enumerators in another order", [](BtfModel& m) { std::ranges::reverse(m.type(Kind::enum_, "color").elements); }, {}},
      {"wide enumerator changed", [](BtfModel& m) { m.type(Kind::enum64, "wide").element("WIDE_ONE").words[2] = 1; },
       {"value changed enum wide", "  value enumerator_changed WIDE_ONE 1 -> 4294967297"}},
      {"enum smaller", [](BtfModel& m) { m.type(Kind::enum_, "color").size_or_type = 1; },
       {"layout changed enum color", "  layout size 4 -> 1"}},
      {"enum signed", [](BtfModel& m) { m.type(Kind::enum_, "color").kind_flag = true; },
       {"value changed enum color", "  value signedness 'unsigned' -> 'signed'"}},
      {"enum renamed", [](BtfModel& m) { m.type(Kind::enum_, "color").name = "colour"; },
       {"compatible renamed enum colour from enum color"}},
      {"enum removed", [](BtfModel& m) { m.remove(m.id(Kind::enum_, "color")); }, {"value removed enum color"}},
      {"enum becomes ENUM64", [](BtfModel& m) {
         ModelType& color = m.type(Kind::enum_, "color");
         color.kind = Kind::enum64;
         for (ModelElement& element : color.elements) element.words.push_back(0);
       },
       {}},
      {"constants without a name", [](BtfModel& m) { m.type(Kind::enum_, "").element("LIMIT_HIGH").words[1] = 30; },
       {"value changed enum {...}", "  value enumerator_changed LIMIT_HIGH 20 -> 30"}},
      {"function returns something else", [](BtfModel& m) { device_add(m).size_or_type = 0; },
       {"signature changed func device_add", "  signature return_type 'int' -> 'void'"}},
      {"parameter added", [](BtfModel& m) {
         device_add(m).elements.insert(device_add(m).elements.begin() + 1, {"parent", {0, m.id(Kind::int_, "int")}});
       },
       {"signature changed func device_add", "  signature param_added parent '' -> 'int' 0 -> 1"}},
      {"parameter removed", [](BtfModel& m) { drop(device_add(m), "dev"); },
       {"signature changed func device_add", "  signature param_removed dev 'struct device *' -> ''"}},
      {"function takes more arguments", [](BtfModel& m) { device_add(m).elements.push_back({"", {0, 0}}); },
       {"signature changed func device_add", "  signature param_added ... '' -> 'void' 0 -> 3"}},
      {"parameter of another type", [](BtfModel& m) { type_of(device_add(m), "flags") = m.id(Kind::int_, "int"); },
       {"signature changed func device_add", "  signature param_retyped flags 'u32' -> 'int' 1 -> 1"}},
      {"parameter renamed", [](BtfModel& m) { device_add(m).element("flags").name = "mask"; },
       {"compatible changed func device_add", "  compatible param_renamed mask 'flags' -> 'mask' 1 -> 1"}},
      {"parameters swapped", [](BtfModel& m) { std::swap(device_add(m).elements[0], device_add(m).elements[1]); },
       {"signature changed func device_add", "  signature param_moved dev 0 -> 1"}},
      {"function static", [](BtfModel& m) { m.type(Kind::func, "device_add").linkage = 0; },
       {"compatible changed func device_add", "  compatible linkage 'global' -> 'static'"}},
      {"function added", [](BtfModel& m) {
         m.add({Kind::func, "device_del", false, m.type(Kind::func, "device_add").size_or_type, 1, {}, {}});
       },
       {"compatible added func device_del"}},
      {"variable of another type", [](BtfModel& m) { m.type(Kind::var, "root").size_or_type = m.id(Kind::int_, "int"); },
       {"layout changed var root", "  layout type 'struct list_head' -> 'int'"}},
      {"variable static", [](BtfModel& m) { m.type(Kind::var, "users").fixed[0] = 0; },
       {"compatible changed var users", "  compatible linkage 'global' -> 'static'"}},
      {"variable moved in its section", [](BtfModel& m) { m.type(Kind::datasec, ".data").elements[1].words[1] = 16; },
       {"compatible changed section .data", "  compatible entry_moved root 8 -> 16"}},
      {"variable out of its section", [](BtfModel& m) { m.type(Kind::datasec, ".data").elements.pop_back(); },
       {"compatible changed section .data", "  compatible entry_removed root 8 -> 0"}},
      {"section renamed", [](BtfModel& m) { m.type(Kind::datasec, ".data").name = ".bss"; },
       {"signature removed section .data", "compatible added section .bss"}},
      {"tag on a function removed", [](BtfModel& m) { m.remove(m.id(Kind::decl_tag, "kfunc")); },
       {"compatible changed func device_add", "  compatible tag_removed 'kfunc' -> ''"}},
      {"tag on a member added", [](BtfModel& m) {
         m.add({Kind::decl_tag, "guarded", false, m.id(Kind::struct_, "device"), 0, {6}, {}});
       },
       {"compatible changed struct device", "  compatible tag_added count '' -> 'guarded'"}},
      {"tag given twice", [](BtfModel& m) { m.add(m.type(Kind::decl_tag, "kfunc")); }, {}},
  }));
  INFO(edit.name);
  const BtfModel before = kernel_model();
  BtfModel after = before;
  edit.apply(after);
  CHECK(compare_models(before, after) == edit.expected);

  // The other way round the same declarations change, what was added is removed, and in any order it is the same.
  const Diff there = compare({before.build()}, {after.build()});
  const Diff back = compare({after.build()}, {before.build()});
  const auto summary = [](const Diff& diff, bool mirrored) {
    std::multiset<std::string> result;
    for (const Change& change : diff.changes) {
      std::string kind(to_string(change.kind));
      if (mirrored && change.kind == ChangeKind::added) kind = "removed";
      if (mirrored && change.kind == ChangeKind::removed) kind = "added";
      const Declared& first = mirrored ? change.after : change.before;
      const Declared& second = mirrored ? change.before : change.after;
      if (first.exists()) kind += " " + std::string(first.view().name());
      if (second.exists()) kind += " -> " + std::string(second.view().name());
      result.insert(kind);
    }
    return result;
  };
  CHECK(summary(there, false) == summary(back, true));
  std::mt19937 random(7);
  after.permute(random);
  CHECK(compare_models(before, after) == edit.expected);
}

TEST_CASE("Several definitions of one name are matched best first, and only what is new or gone is told") {
  const auto build = [](const std::vector<std::vector<std::string_view>>& definitions) {
    BtfBuilder b;
    const TypeId int_id = b.add_int("int", 4);
    for (const std::vector<std::string_view>& members : definitions) {
      b.add_composite(Kind::struct_, "foo", 16);
      for (std::uint32_t i = 0; i < members.size(); ++i) b.add_member(members[i], int_id, 32 * i);
    }
    return b.build();
  };
  const auto lines = [](const BtfPtr& before, const BtfPtr& after) {
    return text_of(compare({before}, {after}).changes);
  };
  const BtfPtr two = build({{"a", "b"}, {"x", "y", "z"}});
  CHECK(lines(two, build({{"x", "y", "z"}, {"a", "b"}, {"a", "b"}})).empty());
  CHECK(lines(two, build({{"x", "y", "z", "w"}, {"a", "b"}})) ==
        Lines{"compatible changed struct foo", "  compatible member_added w '' -> 'int' 0 -> 96 hole"});
  CHECK(lines(two, build({{"x", "y", "z", "w"}, {"a", "c"}})) ==
        Lines{"compatible changed struct foo", "  compatible member_renamed c 'b' -> 'c' 32 -> 32",
              "compatible changed struct foo", "  compatible member_added w '' -> 'int' 0 -> 96 hole"});
  CHECK(lines(two, build({{"a", "b"}})) == Lines{"layout removed struct foo"});
  CHECK(lines(build({{"a", "b"}}), two) == Lines{"compatible added struct foo"});
}

TEST_CASE("Thousands of definitions of one name are compared in bounds") {
  const auto build = [](std::uint32_t first) {
    BtfBuilder b;
    for (std::uint32_t i = 0; i < 20000; ++i) b.add_composite(Kind::struct_, "foo", first + i);
    for (std::uint32_t i = 0; i < 20000; ++i) {
      b.add(Kind::enum_, "", 4);
      b.add_enumerator("SAME", first + i);
    }
    return b.build();
  };
  CHECK(compare({build(0)}, {build(50000)}).changes.size() >= 20000);
}

TEST_CASE("Two types that refer to each other are renamed together") {
  const auto build = [](std::string_view one, std::string_view two) {
    BtfBuilder b;
    const TypeId int_id = b.add_int("int", 4);
    b.add_composite(Kind::struct_, one, 16);
    b.add_member("other", TypeId{4}, 0);
    b.add_member("count", int_id, 64);
    b.add_composite(Kind::struct_, two, 16);
    b.add_member("back", TypeId{5}, 0);
    b.add_member("size", int_id, 64);
    b.add_ptr(TypeId{3});
    b.add_ptr(TypeId{2});
    return b.build();
  };
  // Ids: int 1, one 2, two 3, pointer to two 4, pointer to one 5.
  CHECK(text_of(compare({build("a", "b")}, {build("c", "d")}).changes) ==
        Lines{"compatible renamed struct c from struct a", "compatible renamed struct d from struct b"});
}

TEST_CASE("Two small structs that only look alike, and that nothing uses both of, are two") {
  const auto build = [](std::string_view name, std::string_view user, std::string_view other) {
    BtfBuilder b;
    const TypeId long_id = b.add_int("long", 8);
    const TypeId range = b.add_composite(Kind::struct_, name, 16);
    b.add_member("base", long_id, 0);
    b.add_member("size", long_id, 64);
    b.add_composite(Kind::struct_, user, 24);
    b.add_member("range", range, 0);
    b.add_member("more", long_id, 128);
    b.add_composite(Kind::struct_, other, 16);
    b.add_member("range", long_id, 0);
    b.add_member("more", long_id, 64);
    return b.build();
  };
  CHECK(text_of(compare({build("old", "u", "v")}, {build("new", "u", "v")}).changes) ==
        Lines{"compatible renamed struct new from struct old"});
  const auto apart = text_of(compare({build("old", "u", "v")}, {build("new", "v", "u")}).changes);
  CHECK(std::ranges::find(apart, "layout removed struct old") != apart.end());
  CHECK(std::ranges::find(apart, "compatible added struct new") != apart.end());
}

namespace {

/// `struct PREFIX_i { int mem_i; }`, and for each a user, that of the next one if `shifted`; two digits, so that they
/// are told in this order.
BtfPtr many_small(std::string_view prefix, bool has_users, bool shifted = false) {
  constexpr unsigned count = 40;
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4);
  for (unsigned i = 0; i < count; ++i) {
    b.add_composite(Kind::struct_, fmt::format("{}_{:02}", prefix, i), 4);
    b.add_member(fmt::format("mem_{}", i), int_id, 0);
  }
  for (unsigned i = 0; i < count && has_users; ++i) {
    b.add_composite(Kind::struct_, fmt::format("user_{}", i), 4);
    b.add_member("held", TypeId{raw(int_id) + 1 + (i + shifted) % count}, 0);
  }
  return b.build();
}

Lines many_renamed(std::string_view from, std::string_view to) {
  Lines lines;
  for (unsigned i = 0; i < 40; ++i) {
    lines.push_back(fmt::format("compatible renamed struct {}_{:02} from struct {}_{:02}", to, i, from, i));
  }
  return lines;
}

}  // namespace

TEST_CASE("However many small structs were renamed, all of them are known again") {
  for (const bool has_users : {false, true}) {
    const BtfPtr before = many_small("old", has_users), after = many_small("new", has_users);
    CHECK(text_of(compare({before}, {after}).changes) == many_renamed("old", "new"));
    CHECK(text_of(compare({after}, {before}).changes) == many_renamed("new", "old"));
  }
}

TEST_CASE("However many small structs only look alike, none of them is taken for another") {
  const BtfPtr before = many_small("old", true), after = many_small("new", true, true);
  for (const Diff& diff : {compare({before}, {after}), compare({after}, {before})}) {
    const auto number = [&](ChangeKind kind) { return std::ranges::count(diff.changes, kind, &Change::kind); };
    CHECK(number(ChangeKind::removed) == 40);
    CHECK(number(ChangeKind::added) == 40);
    CHECK(number(ChangeKind::changed) == 40);
    CHECK(number(ChangeKind::renamed) == 0);
  }
}

TEST_CASE("What is as much like one as like another is matched and told in the order of ids") {
  const auto build = [](std::initializer_list<std::string_view> members) {
    BtfBuilder b;
    const TypeId int_id = b.add_int("int", 4);
    for (const std::string_view member : members) {
      b.add_composite(Kind::struct_, "foo", 8);
      b.add_member("same", int_id, 0);
      b.add_member(member, int_id, 32);
    }
    return b.build();
  };
  CHECK(text_of(compare({build({"a", "b", "c"})}, {build({"z", "y", "x"})}).changes) ==
        Lines{"compatible changed struct foo", "  compatible member_renamed z 'a' -> 'z' 32 -> 32",
              "compatible changed struct foo", "  compatible member_renamed y 'b' -> 'y' 32 -> 32",
              "compatible changed struct foo", "  compatible member_renamed x 'c' -> 'x' 32 -> 32"});
  const auto removed = compare({build({"a", "b", "c"})}, {build({"a"})}).changes;
  REQUIRE(removed.size() == 2);
  CHECK(removed[0].before.id == TypeId{3});
  CHECK(removed[1].before.id == TypeId{4});
}

TEST_CASE("What looks alike more than once was not renamed") {
  const auto build = [](std::string_view one, std::string_view two) {
    BtfBuilder b;
    const TypeId int_id = b.add_int("int", 4);
    for (const std::string_view name : {one, two}) {
      b.add_composite(Kind::struct_, name, 8);
      b.add_member("x", int_id, 0);
      b.add_member("y", int_id, 32);
    }
    return b.build();
  };
  CHECK(text_of(compare({build("a", "b")}, {build("c", "d")}).changes) ==
        Lines{"layout removed struct a", "layout removed struct b", "compatible added struct c",
              "compatible added struct d"});
}

TEST_CASE("Integers of one size are other types under another name, except as another compiler spells them") {
  const auto build = [](std::string_view name) {
    BtfBuilder b;
    const TypeId number = b.add_int(name, 8);
    b.add_composite(Kind::struct_, "s", 8);
    b.add_member("a", number, 0);
    return b.build();
  };
  CHECK(text_of(compare({build("long unsigned int")}, {build("long long unsigned int")}).changes) ==
        Lines{"layout removed long unsigned int", "compatible changed struct s",
              "  compatible member_retyped a 'long unsigned int' -> 'long long unsigned int'",
              "compatible added long long unsigned int"});
  CHECK(text_of(compare({build("long unsigned int")}, {build("unsigned long")}).changes) ==
        Lines{"compatible renamed unsigned long from long unsigned int"});
}

TEST_CASE("Values of an anonymous enum that got a name, or lost it, are the same") {
  const auto build = [](std::string_view name, bool has_more) {
    BtfBuilder b;
    b.add(Kind::enum_, name, 4);
    b.add_enumerator("A", 0);
    b.add_enumerator("B", 1);
    if (has_more) b.add_enumerator("C", 2);
    return b.build();
  };
  CHECK(text_of(compare({build("", false)}, {build("named", false)}).changes) ==
        Lines{"compatible renamed enum named from enum {...}"});
  CHECK(text_of(compare({build("named", false)}, {build("", false)}).changes) ==
        Lines{"compatible renamed enum {...} from enum named"});
  CHECK(text_of(compare({build("", false)}, {build("named", true)}).changes) ==
        Lines{"compatible renamed enum named from enum {...}", "  compatible enumerator_added C 0 -> 2"});
}

TEST_CASE("Anonymous structs are not the same for one common name") {
  const auto build = [](bool has_more) {
    BtfBuilder b;
    const TypeId int_id = b.add_int("int", 4);
    b.add_composite(Kind::struct_, "", has_more ? 12 : 4);
    b.add_member("name", int_id, 0);
    if (has_more) b.add_member("value", int_id, 32);
    if (has_more) b.add_member("omit", int_id, 64);
    return b.build();
  };
  CHECK(text_of(compare({build(false)}, {build(true)}).changes) ==
        Lines{"compatible removed struct {...}", "compatible added struct {...}"});
}

TEST_CASE("What so many anonymous types have tells nothing, whichever side they are on") {
  const auto build = [](std::uint32_t count) {
    BtfBuilder b;
    const TypeId int_id = b.add_int("int", 4);
    for (std::uint32_t i = 0; i < count; ++i) {
      b.add_composite(Kind::struct_, "", 8 + 4 * i);
      b.add_member("name", int_id, 0);
      b.add_member("value", int_id, 32);
    }
    return b.build();
  };
  const auto added = [](const std::vector<Change>& changes) {
    return std::ranges::count(changes, ChangeKind::added, &Change::kind);
  };
  const auto removed = [](const std::vector<Change>& changes) {
    return std::ranges::count(changes, ChangeKind::removed, &Change::kind);
  };
  const auto many = [](const BtfPtr& btf) { return DiffSide{btf}; };
  BtfBuilder one;
  const TypeId int_id = one.add_int("int", 4);
  one.add_composite(Kind::struct_, "", 4096);
  one.add_member("name", int_id, 0);
  one.add_member("value", int_id, 32);
  const BtfPtr few = one.build(), crowd = build(65);
  const std::vector<Change> there = compare(many(few), many(crowd)).changes,
                            back = compare(many(crowd), many(few)).changes;
  CHECK(there.size() == 66);
  CHECK(back.size() == 66);
  CHECK(added(there) == 65);
  CHECK(removed(back) == 65);
}

TEST_CASE("Split BTF is compared without its base, and knows what moved to or from it") {
  const auto base = [](bool has_moved) {
    BtfBuilder b = small_base();
    if (has_moved) {
      b.add_composite(Kind::struct_, "wanderer", 8);
      b.add_member("a", TypeId{1}, 0);
    }
    return std::make_shared<const Fingerprints>(b.build());
  };
  const auto split = [](const std::shared_ptr<const Fingerprints>& on, bool has_moved, bool has_copy) {
    BtfBuilder b(on->btf_ptr());
    b.add_composite(Kind::struct_, "own", 8);
    b.add_member("held", TypeId{2}, 0);
    b.add(Kind::fwd, "wanderer", 0);
    if (has_moved) {
      b.add_composite(Kind::struct_, "wanderer", 8);
      b.add_member("a", TypeId{1}, 0);
    }
    if (has_copy) {  // as where duplicates were not recognised
      b.add_composite(Kind::struct_, "base_type", 4);
      b.add_member("a", TypeId{1}, 0);
    }
    return DiffSide{b.build(), on};
  };
  const auto without = base(false), with = base(true);
  CHECK(compare(split(without, false, false), split(without, false, true)).changes.empty());
  CHECK(text_of(compare(split(without, true, false), split(with, false, false)).changes) ==
        Lines{"compatible moved struct wanderer"});
  CHECK(text_of(compare(split(with, false, false), split(without, true, false)).changes) ==
        Lines{"compatible moved struct wanderer"});
  CHECK(text_of(compare(split(without, true, false), split(without, false, false)).changes) ==
        Lines{"layout changed struct wanderer", "  layout undefined"});
}

TEST_CASE("The two vmlinux differ in what they are known to differ in") {
  const auto load = [](std::string_view name) { return load_btf(read_source(data_path(name))); };
  const Diff diff = compare({load("vmlinux-6.12.115.btf.xz")}, {load("vmlinux-6.12.117.btf.xz")}, 2);
  const Lines lines = text_of(diff.changes);
  const auto found = std::ranges::find(lines, "layout changed struct device_type");
  REQUIRE(found != lines.end());
  CHECK(*(found + 1) == "  layout size 48 -> 56");
  CHECK(*(found + 2) == "  compatible member_added need_parent_lock '' -> 'bool' 0 -> 384 end");
  const auto number = [&](Impact impact) { return std::ranges::count(diff.changes, impact, &Change::impact); };
  CHECK(number(Impact::layout) == 7);
  CHECK(number(Impact::signature) == 19);
  CHECK(number(Impact::value) == 0);
  CHECK(number(Impact::compatible) == 18);
}

TEST_CASE("A BTF equals what de-duplication and sorting make of it, twice over") {
  for (const BtfPtr& btf : {kernel_model().build(), load_btf(read_source(data_path("vmlinux-6.12.115.btf.xz")))}) {
    for (const bool strict : {false, true}) {
      TypePool pool;
      Diagnostics diagnostics;
      const TypePool::Part part = pool.prepare(btf);
      pool.append(part, diagnostics);
      pool.append(part, diagnostics);
      deduplicate(pool, {.strict = strict}, diagnostics);
      const BtfPtr once = Btf::parse(pool.flat_btf());
      CHECK(once->own_types() < btf->own_types() * 2);
      CHECK(text_of(compare({btf}, {once}, 2).changes).empty());
    }
    CHECK(compare({btf}, {Btf::parse(sort_types(*btf).btf)}, 2).changes.empty());
  }
}

TEST_CASE("A real vmlinux equals itself in another order") {
  const BtfPtr btf = load_btf(read_source(data_path("vmlinux-6.12.115.btf.xz")));
  std::mt19937 random(3);
  BtfModel model(*btf);
  model.permute(random);
  CHECK(compare({btf}, {model.build(other(native_order))}, 2).changes.empty());
}

TEST_CASE("8-byte enums that hold halves of their values differ in what the halves say only") {
  struct Value {
    const char* name;
    std::uint64_t value;
  };
  const auto kernel = [](Kind kind, const std::vector<Value>& values, bool is_signed = false) {
    BtfBuilder b;
    b.add(kind, "flags", 8, {}, 0, is_signed);
    for (const Value& value : values) b.add_enumerator(value.name, value.value);
    b.add(kind, {}, 8, {}, 0, is_signed);
    for (const Value& value : values) b.add_enumerator(("anon_" + std::string(value.name)).c_str(), value.value);
    b.add_composite(Kind::struct_, "holder", 8);
    b.add_member("anonymous", TypeId{2}, 0);
    return b.build();
  };
  const std::vector<Value> whole{{"LOW", 1}, {"HIGH", std::uint64_t{1} << 40 | 2}, {"ALL", ~std::uint64_t{0}}};
  const BtfPtr halves = kernel(Kind::enum_, whole), wide = kernel(Kind::enum64, whole);
  CHECK(holds_halves(*halves));
  CHECK_FALSE(holds_halves(*wide));
  CHECK(compare({halves}, {wide}).changes.empty());
  CHECK(compare({wide}, {halves}).changes.empty());
  CHECK(compare({halves}, {kernel(Kind::enum64, whole, true)}).changes.empty());  // halves have no sign
  // What the halves show is told, and on two whole sides all is.
  std::vector<Value> other = whole;
  other[1].value = std::uint64_t{1} << 40 | 3;
  CHECK_FALSE(compare({halves}, {kernel(Kind::enum64, other)}).changes.empty());
  other[1].value = std::uint64_t{1} << 41 | 2;
  CHECK(compare({halves}, {kernel(Kind::enum64, other)}).changes.empty());
  CHECK_FALSE(compare({wide}, {kernel(Kind::enum64, other)}).changes.empty());
  CHECK_FALSE(compare({wide}, {kernel(Kind::enum64, whole, true)}).changes.empty());
  // Enums of four bytes are what they were.
  BtfBuilder narrow;
  narrow.add(Kind::enum_, "narrow", 4, {}, 0, true);
  narrow.add_enumerator("MINUS", 0xffffffff);
  BtfBuilder unsigned_narrow;
  unsigned_narrow.add(Kind::enum_, "narrow", 4);
  unsigned_narrow.add_enumerator("MINUS", 0xffffffff);
  CHECK_FALSE(compare({narrow.build()}, {unsigned_narrow.build()}).changes.empty());
}

}  // namespace btfx

// Composites, where one edit is not enough to show what is meant.
#include <functional>

#include "btf/builder.h"
#include "catch.h"
#include "support/diff_text.h"
#include "transform/diff/diff.h"

namespace btfx {

using namespace test;

namespace {

/// Compares two BTFs that begin with `int` (1), `long` (2) and `char` (3).
Lines compare_built(const std::function<void(BtfBuilder&)>& before, const std::function<void(BtfBuilder&)>& after) {
  const auto build = [](const std::function<void(BtfBuilder&)>& add) {
    BtfBuilder b;
    b.add_int("int", 4, 1);
    b.add_int("long", 8, 1);
    b.add_int("char", 1, 1);
    add(b);
    return b.build();
  };
  return text_of(compare({build(before)}, {build(after)}).changes);
}

constexpr TypeId int_id{1}, long_id{2}, char_id{3};

}  // namespace

TEST_CASE("A member in the middle moves what follows") {
  const auto build = [](bool with_new) {
    return [with_new](BtfBuilder& b) {
      b.add_composite(Kind::struct_, "s", with_new ? 16 : 12);
      b.add_member("a", int_id, 0);
      if (with_new) b.add_member("b", int_id, 32);
      b.add_member("c", int_id, with_new ? 64 : 32);
      b.add_member("d", int_id, with_new ? 96 : 64);
    };
  };
  CHECK(compare_built(build(false), build(true)) ==
        Lines{"layout changed struct s", "  layout size 12 -> 16", "  layout member_moved c 32 -> 64",
              "  layout member_moved d 64 -> 96", "  compatible member_added b '' -> 'int' 0 -> 32 between"});
}

TEST_CASE("What holds a type that grew only follows from it, through names and arrays") {
  const auto build = [](std::uint32_t size) {
    return [size](BtfBuilder& b) {
      const TypeId inner = b.add_composite(Kind::struct_, "inner", size);
      b.add_member("a", int_id, 0);
      if (size > 4) b.add_member("b", int_id, 32);
      const TypeId name = b.add(Kind::typedef_, "inner_t", raw(inner));
      const TypeId array = b.add(Kind::array, {}, 0, {raw(name), raw(int_id), 2});
      b.add_composite(Kind::struct_, "outer", 8 + 2 * size);
      b.add_member("first", int_id, 0);
      b.add_member("inners", array, 32);
      b.add_member("last", int_id, 32 + 16 * size);
    };
  };
  CHECK(compare_built(build(4), build(8)) == Lines{"layout changed struct inner", "  layout size 4 -> 8",
                                                   "  compatible member_added b '' -> 'int' 0 -> 32 end",
                                                   "layout changed struct outer <- struct inner",
                                                   "  layout size 16 -> 24", "  layout member_moved last 96 -> 160"});
}

TEST_CASE("A typedef of another size is the cause in what holds it") {
  const auto build = [](TypeId target, std::uint32_t size) {
    return [=](BtfBuilder& b) {
      const TypeId name = b.add(Kind::typedef_, "number_t", raw(target));
      b.add_composite(Kind::struct_, "outer", size);
      b.add_member("number", name, 0);
    };
  };
  CHECK(compare_built(build(int_id, 4), build(long_id, 8)) ==
        Lines{"layout changed typedef number_t", "  layout target 'int' -> 'long'",
              "layout changed struct outer <- typedef number_t", "  layout size 4 -> 8", "  layout alignment 4 -> 8"});
}

TEST_CASE("A move before anything grew is a change of its own") {
  const auto build = [](std::uint32_t size, std::uint32_t first) {
    return [=](BtfBuilder& b) {
      const TypeId inner = b.add_composite(Kind::struct_, "inner", size);
      b.add_member("a", char_id, 0);
      b.add_composite(Kind::struct_, "outer", 16);
      b.add_member("first", char_id, first);
      b.add_member("inner", inner, 64);
    };
  };
  CHECK(compare_built(build(1, 0), build(2, 8)) == Lines{"layout changed struct inner", "  layout size 1 -> 2",
                                                         "layout changed struct outer",
                                                         "  layout member_moved first 0 -> 8"});
}

TEST_CASE("A member that goes into an anonymous union stays where it is") {
  const auto before = [](BtfBuilder& b) {
    b.add_composite(Kind::struct_, "s", 8);
    b.add_member("a", int_id, 0);
    b.add_member("b", int_id, 32);
  };
  const auto after = [](BtfBuilder& b) {
    const TypeId either = b.add_composite(Kind::union_, "", 4);
    b.add_member("b", int_id, 0);
    b.add_member("bytes", char_id, 0);
    b.add_composite(Kind::struct_, "s", 8);
    b.add_member("a", int_id, 0);
    b.add_member("", either, 32);
  };
  CHECK(compare_built(before, after) ==
        Lines{"compatible changed struct s", "  compatible member_added bytes '' -> 'char' 0 -> 32 shared"});
  CHECK(compare_built(after, before) ==
        Lines{"layout changed struct s", "  layout member_removed bytes 'char' -> '' 32 -> 0"});
}

TEST_CASE("Anonymous types behind arrays and pointers are compared inside") {
  const auto build = [](std::string_view name) {
    return [name](BtfBuilder& b) {
      const TypeId element = b.add_composite(Kind::struct_, "", 4);
      b.add_member(name, int_id, 0);
      const TypeId array = b.add(Kind::array, {}, 0, {raw(element), raw(int_id), 3});
      b.add_composite(Kind::struct_, "s", 24);
      b.add_member("slots", array, 0);
      b.add_member("more", b.end_id(), 128);  // the next type
      b.add_ptr(element);
    };
  };
  CHECK(compare_built(build("old"), build("new")) == Lines{"compatible changed struct s",
                                                           "  compatible member_renamed slots[].new 'old' -> 'new'",
                                                           "  compatible member_renamed (*more).new 'old' -> 'new'"});
}

TEST_CASE("A reserved array gives room to members of several sorts") {
  const auto build = [](bool used) {
    return [used](BtfBuilder& b) {
      const TypeId array = b.add(Kind::array, {}, 0, {raw(long_id), raw(int_id), used ? 2U : 4U});
      b.add_composite(Kind::struct_, "s", 40);
      b.add_member("a", long_id, 0);
      if (used) b.add_member("b", long_id, 64);
      if (used) b.add_member("c", int_id, 128);
      b.add_member("reserved", array, used ? 192 : 64);
    };
  };
  CHECK(compare_built(build(false), build(true)) ==
        Lines{"compatible changed struct s", "  compatible member_moved reserved 64 -> 192",
              "  compatible member_retyped reserved 'long[4]' -> 'long[2]' 64 -> 192",
              "  compatible reserved_used b 'reserved' -> 'long' 64 -> 64",
              "  compatible reserved_used c 'reserved' -> 'int' 64 -> 128"});
  // Given up without a member in its place, the struct is not as big as it was.
  CHECK(compare_built(
            [](BtfBuilder& b) {
              b.add_composite(Kind::struct_, "s", 16);
              b.add_member("kabi_reserved1", long_id, 0);
              b.add_member("a", long_id, 64);
            },
            [](BtfBuilder& b) {
              b.add_composite(Kind::struct_, "s", 8);
              b.add_member("a", long_id, 0);
            }) == Lines{"layout changed struct s", "  layout size 16 -> 8", "  layout member_moved a 64 -> 0",
                        "  layout member_removed kabi_reserved1 'long' -> ''"});
}

TEST_CASE("Counters that are merely called reserved are no reserved members") {
  const auto build = [](std::string_view name) {
    return [name](BtfBuilder& b) {
      b.add_composite(Kind::struct_, "s", 8);
      b.add_member(name, long_id, 0);
    };
  };
  CHECK(compare_built(build("bytes_reserved"), build("total")) ==
        Lines{"compatible changed struct s", "  compatible member_renamed total 'bytes_reserved' -> 'total'"});
  CHECK(compare_built(build("__reserved"), build("total")) ==
        Lines{"compatible changed struct s", "  compatible reserved_used total '__reserved' -> 'long'"});
}

TEST_CASE("Reserved members are known by the names that distributions and hardware headers give them") {
  const auto build = [](std::string_view name) {
    return [name](BtfBuilder& b) {
      b.add_composite(Kind::struct_, "s", 8);
      b.add_member(name, long_id, 0);
    };
  };
  for (const std::string_view name : {"ck_reserved1", "android_backport_reserved2", "rh_reserved3", "reserved_0xa0",
                                      "_pad2", "android_kabi_reserved1", "suse_kabi_padding"}) {
    CHECK(
        compare_built(build(name), build("total")) ==
        Lines{"compatible changed struct s", "  compatible reserved_used total '" + std::string(name) + "' -> 'long'"});
  }
  for (const std::string_view name : {"blocks_reserved", "padded", "reserved_by", "x0x12"}) {
    CHECK(compare_built(build(name), build("total")) ==
          Lines{"compatible changed struct s",
                "  compatible member_renamed total '" + std::string(name) + "' -> 'total'"});
  }
}

TEST_CASE("Reserved bits are used also where the whole union is overlaid, and before what moved") {
  const auto build = [](bool used) {
    return [used](BtfBuilder& b) {
      const TypeId bits = b.add_composite(Kind::struct_, "", 4, true);
      b.add_member("on", int_id, 0, 1);
      if (used) b.add_member("fast", int_id, 1, 1);
      b.add_member("reserved", int_id, used ? 2 : 1, used ? 30 : 31);
      const TypeId either = b.add_composite(Kind::union_, "", 4);
      b.add_member("flags", int_id, 0);
      b.add_member("", bits, 0);
      b.add_composite(Kind::struct_, "s", used ? 16 : 8, true);
      b.add_member("", either, 0);
      if (used) b.add_member("new", int_id, 32);
      b.add_member("last", int_id, used ? 64 : 32);
    };
  };
  CHECK(compare_built(build(false), build(true)) ==
        Lines{"layout changed struct s", "  layout size 8 -> 16", "  compatible member_moved reserved 1 -> 2",
              "  compatible member_resized reserved 31 -> 30", "  layout member_moved last 32 -> 64",
              "  compatible reserved_used fast 'reserved' -> 'int' 1 -> 1",
              "  compatible member_added new '' -> 'int' 0 -> 32 between"});
}

TEST_CASE("What stands where something is gone replaces it, and shares nothing") {
  const auto before = [](BtfBuilder& b) {
    const TypeId inner = b.add_composite(Kind::struct_, "", 8);
    b.add_member("x", int_id, 0);
    b.add_member("y", int_id, 32);
    b.add_composite(Kind::struct_, "s", 16);
    b.add_member("both", inner, 0);
    b.add_member("last", long_id, 64);
  };
  const auto after = [](BtfBuilder& b) {
    b.add_composite(Kind::struct_, "s", 16);
    b.add_member("x", int_id, 0);
    b.add_member("y", int_id, 32);
    b.add_member("last", long_id, 64);
  };
  CHECK(compare_built(before, after) == Lines{"layout changed struct s",
                                              "  layout member_removed both 'struct {...}' -> ''",
                                              "  compatible member_added x '' -> 'int' replaced",
                                              "  compatible member_added y '' -> 'int' 0 -> 32 replaced"});
}

TEST_CASE("A type that only got a name says the same") {
  const auto build = [](std::string_view name, int members = 1) {
    return [=](BtfBuilder& b) {
      const TypeId inner = b.add_composite(Kind::struct_, name, 8);
      b.add_member("x", int_id, 0);
      if (members > 1) b.add_member("y", int_id, 32);
      b.add_composite(Kind::struct_, "s", 8);
      b.add_member("in", inner, 0);
    };
  };
  CHECK(compare_built(build(""), build("in")) == Lines{"compatible changed struct s",
                                                       "  compatible member_retyped in 'struct {...}' -> 'struct in'",
                                                       "compatible added struct in"});
  CHECK(compare_built(build(""), build("in", 2)) == Lines{"signature changed struct s",
                                                          "  signature member_retyped in 'struct {...}' -> 'struct in'",
                                                          "compatible added struct in"});
}

TEST_CASE("Tags inside of anonymous types are tags, not other types") {
  const auto build = [](std::string_view tag) {
    return [tag](BtfBuilder& b) {
      const TypeId inner = b.add_composite(Kind::struct_, "", 4);
      b.add_member("x", int_id, 0);
      b.add(Kind::decl_tag, tag, raw(inner), {0});
      b.add_composite(Kind::struct_, "s", 4);
      b.add_member("in", inner, 0);
    };
  };
  CHECK(compare_built(build("one"), build("two")) == Lines{"compatible changed struct s",
                                                           "  compatible tag_removed in.x 'one' -> ''",
                                                           "  compatible tag_added in.x '' -> 'two'"});
}

TEST_CASE("Several members of one name, as only broken BTF has them, are matched in order") {
  const auto build = [](std::uint32_t last) {
    return [last](BtfBuilder& b) {
      b.add_composite(Kind::struct_, "s", 16);
      b.add_member("x", int_id, 0);
      b.add_member("x", int_id, 32);
      b.add_member("x", int_id, last);
    };
  };
  CHECK(compare_built(build(64), build(96)) == Lines{"layout changed struct s", "  layout member_moved x 64 -> 96"});
}

TEST_CASE("Anonymous types that share each other without end are compared in bounds") {
  // Each level holds the one below twice: 2^24 fields, had they all been written out.
  const auto build = [](std::string_view name) {
    return [name](BtfBuilder& b) {
      TypeId level = b.add_composite(Kind::struct_, "", 4);
      b.add_member(name, int_id, 0);
      for (int i = 0; i < 24; ++i) {
        const TypeId next = b.add_composite(Kind::union_, "", 4);
        b.add_member("", level, 0);
        b.add_member("", level, 0);
        level = next;
      }
      b.add_composite(Kind::struct_, "s", 4);
      b.add_member("", level, 0);
    };
  };
  const Lines lines = compare_built(build("old"), build("new"));
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.front().ends_with(" changed struct s"));
  CHECK(lines.size() < 100000);

  // Deeper than anything real: compared as a whole below some depth.
  const auto deep = [](std::string_view name) {
    return [name](BtfBuilder& b) {
      TypeId level = b.add_composite(Kind::struct_, "", 4);
      b.add_member(name, int_id, 0);
      for (int i = 0; i < 20000; ++i) {
        const TypeId next = b.add_composite(Kind::struct_, "", 4);
        b.add_member("in", level, 0);
        level = next;
      }
      b.add(Kind::typedef_, "deep_t", raw(level));
    };
  };
  CHECK(compare_built(deep("old"), deep("new")).front() == "signature changed typedef deep_t");
  CHECK(compare_built(deep("old"), deep("old")).empty());
}

}  // namespace btfx

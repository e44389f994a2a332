// What core_minimal() makes of relocations serves them: the engine itself is asked.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "btf/bpf_object.h"
#include "btf/builder.h"
#include "btf/load.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/co_re_maker.h"
#include "support/raw_text.h"
#include "support/temp_dir.h"
#include "transform/co_re/minimal.h"
#include "transform/co_re/object.h"
#include "transform/co_re/resolve.h"

namespace btfx {
namespace {

using test::CoreMaker;
using test::error_of;
using test::raw_text;

CoreObject load_object(const std::string& name) {
  return read_core_object(read_bpf_object(read_source(test::data_path("bpf/" + name))));
}

/// The minimal BTF, after looking that every relocation comes to the same on it as on the kernel.
BtfPtr serving(const std::vector<CoreObject>& objects, const CoreKernel& kernel) {
  std::vector<CoreAnswer> answers;
  for (const CoreObject& object : objects) answers.push_back(resolve_core(object, kernel));
  const BtfPtr small = Btf::parse(core_minimal(objects, kernel));
  CHECK(!small->is_split());
  const CoreKernel small_kernel("small", small);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const CoreAnswer again = resolve_core(objects[i], small_kernel);
    REQUIRE(again.results.size() == answers[i].results.size());
    for (std::size_t r = 0; r < again.results.size(); ++r) {
      const CoreResult &full = answers[i].results[r], &less = again.results[r];
      INFO(objects[i].relocations[r].spec << ": " << full.message);
      if (objects[i].relocations[r].kind == CoreKind::target_type_id) {  // an id, which is another one
        CHECK(less.new_value.has_value() == full.new_value.has_value());
        CHECK(less.access.has_value() == full.access.has_value());
        continue;
      }
      CHECK(to_string(less.verdict) == to_string(full.verdict));
      CHECK(less.guard == full.guard);
      CHECK(less.new_width == full.new_width);
      CHECK(less.new_value == full.new_value);
    }
  }
  return small;
}

}  // namespace

TEST_CASE("What is kept of Debian's kernels serves two tools, and takes little") {
  const std::vector<CoreObject> objects{load_object("fileage.bpf.o"), load_object("blockage.bpf.o")};
  for (const char* release : {"6.12.115", "6.12.117"}) {
    const CoreKernel kernel(release, load_base(test::data_path(std::string("vmlinux-") + release + ".btf.xz")));
    CHECK((*serving(objects, kernel)).blob().size() < 3000);
  }
}

TEST_CASE("A pointer whose target was not asked for is not taken for a pointer to nothing") {
  BtfBuilder kernel_btf;
  kernel_btf.add_int("int", 4, 1);
  kernel_btf.add_composite(Kind::struct_, "inner", 4);  // 2
  kernel_btf.add_member("x", TypeId{1}, 0);
  kernel_btf.add_ptr(TypeId{2});                        // 3
  kernel_btf.add_composite(Kind::struct_, "outer", 8);  // 4
  kernel_btf.add_member("inner", TypeId{3}, 0);
  const CoreKernel kernel("made", kernel_btf.build());
  CoreMaker maker;
  maker.types.add_ptr(void_id);                          // 1
  maker.types.add_composite(Kind::struct_, "outer", 8);  // 2
  maker.types.add_member("inner", TypeId{1}, 0);
  maker.ask(CoreKind::byte_offset, TypeId{2}, "0:0", 0);
  maker.ask(CoreKind::type_matches, TypeId{2}, "0", 1);
  const std::vector<CoreObject> objects{maker.object()};
  CHECK(raw_text(*serving(objects, kernel)) ==
        "[1] STRUCT 'inner' size=4 vlen=0\n"
        "[2] PTR '(anon)' type_id=1\n"
        "[3] STRUCT 'outer' size=8 vlen=1\n\t'inner' type_id=2 bits_offset=0\n");
}

TEST_CASE("Types that bear one name are told apart as before") {
  BtfBuilder kernel_btf;
  kernel_btf.add_int("int", 4, 1);
  for (const char* second : {"b", "c"}) {
    kernel_btf.add_composite(Kind::struct_, "twin", 8);
    kernel_btf.add_member("a", TypeId{1}, 0);
    kernel_btf.add_member(second, TypeId{1}, 32);
  }
  const CoreKernel kernel("made", kernel_btf.build());
  // The second relocation takes the second twin, and the first, which both twins answer, must not take it away.
  CoreMaker maker;
  maker.types.add_int("int", 4, 1);
  maker.types.add_composite(Kind::struct_, "twin", 8);
  maker.types.add_member("a", TypeId{1}, 0);
  maker.types.add_member("c", TypeId{1}, 32);
  maker.ask(CoreKind::byte_offset, TypeId{2}, "0:0", 0);
  maker.ask(CoreKind::byte_offset, TypeId{2}, "0:1", 4);
  CoreMaker other;
  other.types.add_int("int", 4, 1);
  other.types.add_composite(Kind::struct_, "twin", 8);
  other.types.add_member("b", TypeId{1}, 32);
  other.ask(CoreKind::byte_offset, TypeId{2}, "0:0", 4);
  const std::vector<CoreObject> objects{maker.object(), other.object()};
  CHECK(raw_text(*serving(objects, kernel)) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 'twin' size=8 vlen=2\n\t'a' type_id=1 bits_offset=0\n\t'b' type_id=1 bits_offset=32\n"
        "[3] STRUCT 'twin' size=8 vlen=2\n\t'a' type_id=1 bits_offset=0\n\t'c' type_id=1 bits_offset=32\n");
}

TEST_CASE("What came from modules is served by the one root; what no kernel has is not in it") {
  BtfBuilder base_btf;
  base_btf.add_int("int", 4, 1);
  base_btf.add_composite(Kind::struct_, "here", 4);
  base_btf.add_member("x", TypeId{1}, 0);
  const BtfPtr base = base_btf.build();
  BtfBuilder module_btf(base);
  module_btf.add_composite(Kind::struct_, "there", 12);
  module_btf.add_member("y", TypeId{1}, 64);
  module_btf.add_member("unused", TypeId{1}, 0);
  module_btf.add_composite(Kind::struct_, "here", 12);  // not searched: the base has one
  module_btf.add_member("y", TypeId{1}, 64);
  CoreKernel kernel("made", base);
  kernel.add_module("module", module_btf.build());
  CoreMaker maker;
  maker.types.add_int("int", 4, 1);
  for (const char* name : {"there", "here", "nowhere"}) {
    maker.types.add_composite(Kind::struct_, name, 4);
    maker.types.add_member("y", TypeId{1}, 0);
  }
  for (const std::uint32_t root : {2U, 3U, 4U}) {
    maker.ask(CoreKind::byte_offset, TypeId{root}, "0:0", 0);
    maker.ask(CoreKind::field_exists, TypeId{root}, "0:0", 1);
    maker.ask(CoreKind::type_size, TypeId{root}, "0", 4);
    maker.ask(CoreKind::target_type_id, TypeId{root}, "0", root);
    maker.ask(CoreKind::local_type_id, TypeId{root}, "0", root);
  }
  const std::vector<CoreObject> objects{maker.object()};
  CHECK(raw_text(*serving(objects, kernel)) ==
        "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT 'here' size=4 vlen=0\n"
        "[3] STRUCT 'there' size=12 vlen=1\n\t'y' type_id=1 bits_offset=64\n");
}

TEST_CASE("Kernels of another byte order and of 32 bits are served in theirs") {
  BtfBuilder kernel_btf;
  kernel_btf.add_int("unsigned int", 4);
  kernel_btf.add_int("long unsigned int", 4);
  kernel_btf.add_ptr(TypeId{1});
  kernel_btf.add_composite(Kind::struct_, "thing", 12, true);
  kernel_btf.add_member("unused", TypeId{1}, 0);
  kernel_btf.add_member("pointer", TypeId{3}, 32);
  kernel_btf.add_member("bits", TypeId{1}, 67, 5);
  const CoreKernel kernel("made", kernel_btf.build(ByteOrder::big));
  CoreMaker maker;
  maker.types.add_int("unsigned int", 4);
  maker.types.add_ptr(TypeId{1});
  maker.types.add_composite(Kind::struct_, "thing", 16, true);
  maker.types.add_member("pointer", TypeId{2}, 0);
  maker.types.add_member("bits", TypeId{1}, 64, 5);
  const auto ask = [&](std::string_view access, const std::array<std::uint64_t, 5>& old) {
    maker.ask(CoreKind::byte_offset, TypeId{3}, access, old[0]);
    maker.ask(CoreKind::byte_size, TypeId{3}, access, old[1]);
    maker.ask(CoreKind::left_shift, TypeId{3}, access, old[2]);
    maker.ask(CoreKind::right_shift, TypeId{3}, access, old[3]);
    maker.ask(CoreKind::signedness, TypeId{3}, access, old[4]);
  };
  ask("0:0", {0, 8, 0, 0, 0});
  ask("0:1", {8, 4, 59, 59, 0});
  const std::vector<CoreObject> objects{maker.object()};
  const BtfPtr small = serving(objects, kernel);
  CHECK(small->byte_order() == ByteOrder::big);
  CHECK(small->pointer_size() == 4);
  CHECK(resolve_core(objects[0], kernel).results[1].new_value == 4);  // the size of the pointer

  BtfBuilder without_long;
  without_long.add_ptr(void_id);
  without_long.add_composite(Kind::struct_, "thing", 4);
  without_long.add_member("pointer", TypeId{1}, 0);
  const CoreKernel bare("bare", Btf::parse(without_long.finish(), nullptr, 4));
  const auto unserved = error_of([&] { core_minimal(objects, bare); });
  CHECK(unserved.code == ErrorCode::unsupported);
  CHECK(
      unserved.sentence ==
      "<rshift_u64> [3] struct thing.pointer (0:0 @ offset 0) of test.bpf.o is ok on bare, but same on any part of it");
}

TEST_CASE("What is ambiguous is refused: a smaller BTF would settle it") {
  BtfBuilder kernel_btf;
  kernel_btf.add_int("int", 4, 1);
  for (const std::uint32_t place : {0U, 32U}) {
    kernel_btf.add_composite(Kind::struct_, "twin", 8);
    kernel_btf.add_member("a", TypeId{1}, place);
  }
  const CoreKernel kernel("6.12", kernel_btf.build());
  CoreMaker maker;
  maker.types.add_int("int", 4, 1);
  maker.types.add_composite(Kind::struct_, "twin", 8);
  maker.types.add_member("a", TypeId{1}, 0);
  maker.ask(CoreKind::byte_offset, TypeId{2}, "0:0", 0);
  const std::vector<CoreObject> objects{maker.object()};
  const auto refused = error_of([&] { core_minimal(objects, kernel); });
  CHECK(refused.code == ErrorCode::refused);
  CHECK(refused.message ==
        "test.bpf.o: sec: prog, instruction 0: twin.a is ambiguous on 6.12, so that no BTF can serve it");
}

}  // namespace btfx

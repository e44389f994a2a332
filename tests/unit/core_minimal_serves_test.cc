// What core_minimal() makes of relocations serves them: the engine itself is asked.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "btf/bpf_object.h"
#include "btf/builder.h"
#include "btf/load.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"
#include "support/temp_dir.h"
#include "transform/core.h"
#include "transform/core_minimal.h"

namespace btfx {
namespace {

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

/// An object with one function, which has a `mov` for each relocation.
class ObjectMaker {
 public:
  BtfBuilder btf;

  void ask(CoreKind kind, std::uint32_t root, std::string_view access) {
    const auto insn = static_cast<std::uint32_t>(records_.size() / 4) * 8;
    records_.insert(records_.end(), {insn, root, raw(btf.name(access)), static_cast<std::uint32_t>(kind)});
  }

  CoreObject make() {
    const auto count = static_cast<std::uint32_t>(records_.size() / 4);
    std::vector<std::uint32_t> ext{0x0001eb9f, 32, 0, 0, 0, 0, 0, 12 + 16 * count, 16, raw(btf.name("code")), count};
    ext.insert(ext.end(), records_.begin(), records_.end());
    BpfObject object;
    object.name = "made.bpf.o";
    object.btf = btf.build();
    object.ext = BtfExt::parse(std::as_bytes(std::span(ext)), *object.btf);
    std::vector<std::byte> code(count * BpfInsn::size);
    for (std::size_t i = 0; i < count; ++i) code[i * BpfInsn::size] = std::byte{0xb7};
    const auto read = [&] {
      object.programs = {{"code", "run", 0, Bytes::copy_of(ByteView(code))}};
      return read_core_object(object);
    };
    // The instructions hold what the object's own types give.
    const CoreObject first = read();
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = static_cast<std::uint32_t>(first.relocations[i].old_value.value_or(0));
      std::memcpy(&code[i * BpfInsn::size + 4], &value, sizeof value);
    }
    return read();
  }

 private:
  std::vector<std::uint32_t> records_;
};

}  // namespace

TEST_CASE("What is kept of Debian's kernels serves two tools, and takes little") {
  const std::vector<CoreObject> objects{load_object("fileage.bpf.o"), load_object("blockage.bpf.o")};
  for (const char* release : {"6.12.115", "6.12.117"}) {
    const CoreKernel kernel(release, load_base(test::data_path(std::string("vmlinux-") + release + ".btf.xz")));
    CHECK(serving(objects, kernel)->blob().size() < 3000);
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
  ObjectMaker maker;
  maker.btf.add_ptr(void_id);                          // 1
  maker.btf.add_composite(Kind::struct_, "outer", 8);  // 2
  maker.btf.add_member("inner", TypeId{1}, 0);
  maker.ask(CoreKind::byte_offset, 2, "0:0");
  maker.ask(CoreKind::type_matches, 2, "0");
  const std::vector<CoreObject> objects{maker.make()};
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
  ObjectMaker maker;
  maker.btf.add_int("int", 4, 1);
  maker.btf.add_composite(Kind::struct_, "twin", 8);
  maker.btf.add_member("a", TypeId{1}, 0);
  maker.btf.add_member("c", TypeId{1}, 32);
  maker.ask(CoreKind::byte_offset, 2, "0:0");
  maker.ask(CoreKind::byte_offset, 2, "0:1");
  ObjectMaker other;
  other.btf.add_int("int", 4, 1);
  other.btf.add_composite(Kind::struct_, "twin", 8);
  other.btf.add_member("b", TypeId{1}, 32);
  other.ask(CoreKind::byte_offset, 2, "0:0");
  const std::vector<CoreObject> objects{maker.make(), other.make()};
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
  ObjectMaker maker;
  maker.btf.add_int("int", 4, 1);
  for (const char* name : {"there", "here", "nowhere"}) {
    maker.btf.add_composite(Kind::struct_, name, 4);
    maker.btf.add_member("y", TypeId{1}, 0);
  }
  for (const std::uint32_t root : {2, 3, 4}) {
    maker.ask(CoreKind::byte_offset, root, "0:0");
    maker.ask(CoreKind::field_exists, root, "0:0");
    maker.ask(CoreKind::type_size, root, "0");
    maker.ask(CoreKind::target_type_id, root, "0");
    maker.ask(CoreKind::local_type_id, root, "0");
  }
  const std::vector<CoreObject> objects{maker.make()};
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
  ObjectMaker maker;
  maker.btf.add_int("unsigned int", 4);
  maker.btf.add_ptr(TypeId{1});
  maker.btf.add_composite(Kind::struct_, "thing", 16, true);
  maker.btf.add_member("pointer", TypeId{2}, 0);
  maker.btf.add_member("bits", TypeId{1}, 64, 5);
  for (const char* member : {"0:0", "0:1"}) {
    for (const CoreKind kind : {CoreKind::byte_offset, CoreKind::byte_size, CoreKind::left_shift, CoreKind::right_shift,
                                CoreKind::signedness}) {
      maker.ask(kind, 3, member);
    }
  }
  const std::vector<CoreObject> objects{maker.make()};
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
      "<rshift_u64> [3] struct thing.pointer (0:0 @ offset 0) of made.bpf.o is ok on bare, but same on any part of it");
}

TEST_CASE("What is ambiguous is refused: a smaller BTF would settle it") {
  BtfBuilder kernel_btf;
  kernel_btf.add_int("int", 4, 1);
  for (const std::uint32_t place : {0, 32}) {
    kernel_btf.add_composite(Kind::struct_, "twin", 8);
    kernel_btf.add_member("a", TypeId{1}, place);
  }
  const CoreKernel kernel("6.12", kernel_btf.build());
  ObjectMaker maker;
  maker.btf.add_int("int", 4, 1);
  maker.btf.add_composite(Kind::struct_, "twin", 8);
  maker.btf.add_member("a", TypeId{1}, 0);
  maker.ask(CoreKind::byte_offset, 2, "0:0");
  const std::vector<CoreObject> objects{maker.make()};
  const auto refused = error_of([&] { core_minimal(objects, kernel); });
  CHECK(refused.code == ErrorCode::refused);
  CHECK(refused.message ==
        "made.bpf.o: code: run, instruction 0: twin.a is ambiguous on 6.12, so that no BTF can serve it");
}

}  // namespace btfx

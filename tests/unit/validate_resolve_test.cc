#include <algorithm>
#include <cerrno>
#include <string>

#include "btf/builder.h"
#include "btf/kernel_rules/validate.h"
#include "catch.h"

using namespace btfx;

namespace {

/// Adds types behind `int` (1) and gives the kernel's text on the first finding.
template <typename Add>
std::string fault_of(Add&& add) {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  add(b);
  const Bytes blob = b.finish(native_order, BtfHeader::old_length);
  const BtfVerdict verdict = validate_btf(blob.view(), {});
  return verdict.findings.empty() ? std::string() : verdict.findings[0].line;
}

/// What is said of a struct of `size` bytes with one member; `add` puts its type at 2.
template <typename Add>
std::string member_fault(Add&& add, std::uint32_t size, std::uint32_t bit_offset, int bitfield_size = -1) {
  return fault_of([&](BtfBuilder& b) {
    add(b);
    b.add_composite(Kind::struct_, "s", size, bitfield_size >= 0);
    b.add_member("m", TypeId{2}, bit_offset, static_cast<std::uint32_t>(std::max(bitfield_size, 0)));
  });
}

/// The text of a finding on a member, behind what names it.
std::string reason(const std::string& line) {
  const auto at = line.find("bits_offset=");
  return at == std::string::npos ? line : line.substr(line.find(' ', at) + 1);
}

}  // namespace

TEST_CASE("a struct may point to itself but not contain itself") {
  CHECK(fault_of([](BtfBuilder& b) {
          b.add_composite(Kind::struct_, "s", 8);
          b.add_member("self", TypeId{3}, 0);
          b.add_ptr(TypeId{2});
        }).empty());
  CHECK(fault_of([](BtfBuilder& b) {
          b.add_composite(Kind::struct_, "s", 8);
          b.add_member("self", TypeId{3}, 0);
          b.add(Kind::typedef_, "t", 2);
        }) == "[2] STRUCT s size=8 vlen=1 Loop detected");
  // A struct ends at the pointer, which is resolved by itself later: there the loop shows.
  CHECK(fault_of([](BtfBuilder& b) {
          b.add_composite(Kind::struct_, "s", 8);
          b.add_member("p", TypeId{3}, 0);
          b.add(Kind::const_, {}, 4);
          b.add_ptr(TypeId{3});
        }) == "[4] PTR (anon) type_id=3 Loop detected");
}

TEST_CASE("a chain may be 32 types long") {
  const auto chain = [](std::uint32_t length) {
    return fault_of([&](BtfBuilder& b) {
      for (std::uint32_t i = 1; i < length; ++i) b.add_ptr(TypeId{i + 2});
      b.add_ptr(void_id);
    });
  };
  CHECK(chain(32).empty());
  CHECK(chain(33) == "[2] PTR (anon) type_id=3 Exceeded max resolving depth:32");
}

TEST_CASE("references to what is not there or makes no sense") {
  const auto refers = [](Kind kind, std::uint32_t target) {
    return fault_of([&](BtfBuilder& b) {
      b.add(kind, kind == Kind::typedef_ || kind == Kind::var ? "name" : "", target,
            kind == Kind::var ? std::initializer_list<std::uint32_t>{1} : std::initializer_list<std::uint32_t>{});
      b.add(Kind::var, "v", 1, {1});        // 3
      b.add(Kind::fwd, "f", 0);             // 4
      b.add(Kind::func_proto, {}, 0);       // 5
      b.add(Kind::func, "function", 5);     // 6
      b.add(Kind::typedef_, "nothing", 0);  // 7
    });
  };
  CHECK(refers(Kind::const_, 9) == "[2] CONST (anon) type_id=9 Invalid type_id");
  CHECK(refers(Kind::ptr, 3) == "[2] PTR (anon) type_id=3 Invalid type_id");
  CHECK(refers(Kind::ptr, 4).empty());
  CHECK(refers(Kind::typedef_, 5).empty());
  CHECK(refers(Kind::typedef_, 6).empty());  // a FUNC stands for its prototype once it is resolved
  CHECK(refers(Kind::ptr, 6) == "[2] PTR (anon) type_id=6 Invalid type_id");
  CHECK(refers(Kind::var, 4) == "[2] VAR name type_id=4 linkage=1 Invalid type_id");
  CHECK(refers(Kind::var, 7) == "[2] VAR name type_id=7 linkage=1 Invalid type_id");
  CHECK(refers(Kind::func_proto, 4) == "[2] FUNC_PROTO (anon) return=4 args=(void) Invalid return type");
}

TEST_CASE("arrays have a regular index, sized elements and an end") {
  const auto array = [](std::uint32_t element, std::uint32_t index, std::uint32_t count) {
    return reason(fault_of([&](BtfBuilder& b) {
      b.add(Kind::array, {}, 0, {element, index, count});
      b.add(Kind::int_, "odd", 4, {31});  // 3
      b.add(Kind::fwd, "f", 0);           // 4
      b.add(Kind::typedef_, "t", 4);      // 5
      b.add(Kind::enum_, "e", 4);         // 6
    }));
  };
  CHECK(array(1, 1, 0x3fffffff).empty());
  CHECK(array(1, 1, 0x40000000) ==
        "[2] ARRAY (anon) type_id=1 index_type_id=1 nr_elems=1073741824 Array size overflows U32_MAX");
  CHECK(array(1, 3, 1) == "[2] ARRAY (anon) type_id=1 index_type_id=3 nr_elems=1 Invalid index");
  CHECK(array(1, 6, 1) == "[2] ARRAY (anon) type_id=1 index_type_id=6 nr_elems=1 Invalid index");
  CHECK(array(3, 1, 1) == "[2] ARRAY (anon) type_id=3 index_type_id=1 nr_elems=1 Invalid array of int");
  CHECK(array(4, 1, 1) == "[2] ARRAY (anon) type_id=4 index_type_id=1 nr_elems=1 Invalid elem");
  CHECK(array(5, 1, 1) == "[2] ARRAY (anon) type_id=5 index_type_id=1 nr_elems=1 Invalid elem");
}

TEST_CASE("members of which the log names struct and resolved type") {
  CHECK(fault_of([](BtfBuilder& b) {
          b.add(Kind::const_, {}, 1);
          b.add_composite(Kind::struct_, "s", 2);
          b.add_member("m", TypeId{2}, 0);
        }) == "[3] STRUCT s size=2 vlen=1\n\tm type_id=1 bits_offset=0 Member exceeds struct_size");
  CHECK(reason(member_fault([](BtfBuilder& b) { b.add(Kind::fwd, "f", 0); }, 4, 0)) == "Invalid member");
  CHECK(reason(member_fault([](BtfBuilder& b) { b.add(Kind::typedef_, "t", 0); }, 4, 0)) == "Invalid member");
}

TEST_CASE("members against their struct") {
  const auto fault = [](auto add, std::uint32_t size, std::uint32_t offset) {
    return reason(member_fault(add, size, offset));
  };
  const auto odd_int = [](BtfBuilder& b) { b.add(Kind::int_, "odd", 16, {8U << 16 | 120}); };
  CHECK(fault(odd_int, 16, 0).empty());
  CHECK(fault(odd_int, 16, 8) == "Member exceeds struct_size");
  CHECK(fault(odd_int, 0x20000000, 0xfffffff8) == "bits_offset exceeds U32_MAX");
  CHECK(fault([](BtfBuilder& b) { b.add(Kind::int_, "i", 16, {128}); }, 32, 1) == "nr_copy_bits exceeds 128");
  const auto pointer = [](BtfBuilder& b) { b.add_ptr(void_id); };
  CHECK(fault(pointer, 9, 8).empty());
  CHECK(fault(pointer, 9, 4) == "Member is not byte aligned");
  CHECK(fault(pointer, 8, 8) == "Member exceeds struct_size");
  const auto number = [](BtfBuilder& b) { b.add(Kind::float_, "long double", 16); };
  CHECK(fault(number, 24, 64).empty());
  CHECK(fault(number, 24, 32) == "Member is not properly aligned");
  CHECK(fault(number, 16, 64) == "Member exceeds struct_size");
}

TEST_CASE("pointers are as wide as the kernel's") {
  BtfBuilder b;
  b.add_ptr(void_id);
  b.add_composite(Kind::struct_, "s", 4);
  b.add_member("m", TypeId{1}, 0);
  const Bytes blob = b.finish(native_order, BtfHeader::old_length);
  CHECK(validate_btf(blob.view(), {}).error == EINVAL);
  CHECK(validate_btf(blob.view(), {.kernel = {.pointer_size = 4}}).ok());
}

TEST_CASE("bitfields") {
  const auto fault = [](auto add, std::uint32_t size, std::uint32_t offset, int width) {
    return reason(member_fault(add, size, offset, width));
  };
  const auto regular = [](BtfBuilder& b) { b.add_int("i", 4); };
  CHECK(fault(regular, 4, 1, 31).empty());
  CHECK(fault([](BtfBuilder& b) { b.add(Kind::int_, "odd", 4, {31}); }, 4, 0, 3) == "Invalid member base type");
  CHECK(fault(regular, 8, 1, 0) == "Invalid member offset");
  CHECK(fault(regular, 8, 0, 33) == "Invalid member bitfield_size");
  CHECK(fault(regular, 4, 2, 31) == "Member exceeds struct_size");
  const auto large = [](BtfBuilder& b) { b.add_int("i", 16); };
  CHECK(fault(large, 32, 1, 128) == "nr_copy_bits exceeds 128");
  const auto small_enum = [](BtfBuilder& b) { b.add(Kind::enum_, "e", 1); };
  CHECK(fault(small_enum, 1, 0, 8).empty());
  CHECK(fault(small_enum, 1, 0, 0) == "Member exceeds struct_size");  // counted as 32 bits
  CHECK(fault(small_enum, 8, 1, 0) == "Member is not byte aligned");
  CHECK(fault(small_enum, 8, 0, 33) == "Invalid member bitfield_size");
  const auto pointer = [](BtfBuilder& b) { b.add_ptr(void_id); };
  CHECK(fault(pointer, 8, 0, 0).empty());
  CHECK(fault(pointer, 8, 0, 1) == "Invalid member bitfield_size");
}

TEST_CASE("sections hold variables that fit") {
  const auto section = [](std::uint32_t entry, std::uint32_t size) {
    return fault_of([&](BtfBuilder& b) {
      b.add(Kind::var, "v", 1, {1});  // 2
      b.add(Kind::datasec, ".data", 64);
      b.add_entry(TypeId{entry}, 0, size);
    });
  };
  CHECK(section(2, 4).empty());
  CHECK(section(1, 4) == "[3] DATASEC .data size=64 vlen=1\n\t type_id=1 offset=0 size=4 Not a VAR kind member");
  CHECK(section(2, 3) == "[3] DATASEC .data size=64 vlen=1\n\t type_id=2 offset=0 size=3 Invalid size");
}

TEST_CASE("functions and their arguments") {
  const auto proto = [](std::string_view name, std::uint32_t type, bool with_func) {
    return fault_of([&](BtfBuilder& b) {
      b.add(Kind::func_proto, {}, 0);  // 2
      b.add_param("a", TypeId{1});
      b.add_param(name, TypeId{type});
      b.add(Kind::fwd, "f", 0);  // 3
      if (with_func) b.add(Kind::func, "function", 2);
    });
  };
  CHECK(proto("b", 1, true).empty());
  CHECK(proto("", 0, true).empty());
  CHECK(proto("", 1, false).empty());
  CHECK(proto("", 1, true) == "[4] FUNC function type_id=2 Invalid arg#2");
  CHECK(proto("more", 0, false) == "[2] FUNC_PROTO (anon) return=0 args=(1 a, vararg) Invalid arg#2");
  CHECK(proto("9", 1, false) == "[2] FUNC_PROTO (anon) return=0 args=(1 a, 1 9) Invalid arg#2");
  CHECK(proto("b", 3, false) == "[2] FUNC_PROTO (anon) return=0 args=(1 a, 3 b) Invalid arg#2");
  CHECK(fault_of([](BtfBuilder& b) { b.add(Kind::func, "f", 1); }) == "[2] FUNC f type_id=1 Invalid type_id");
}

TEST_CASE("declaration tags and what they are on") {
  const auto tag = [](std::uint32_t target, std::uint32_t component) {
    return fault_of([&](BtfBuilder& b) {
      b.add_composite(Kind::struct_, "s", 4);  // 2
      b.add_member("m", TypeId{1}, 0);
      b.add(Kind::typedef_, "t", 2);     // 3
      b.add(Kind::func_proto, {}, 0);    // 4
      b.add(Kind::func, "function", 4);  // 5
      b.add(Kind::decl_tag, "tag", target, {component});
    });
  };
  CHECK(tag(2, 0).empty());
  CHECK(tag(3, 0xffffffff).empty());
  CHECK(tag(1, 0xffffffff) == "[6] DECL_TAG tag type=1 component_idx=-1 Invalid type_id");
  CHECK(tag(2, 1) == "[6] DECL_TAG tag type=2 component_idx=1 Invalid component_idx");
  CHECK(tag(3, 0) == "[6] DECL_TAG tag type=3 component_idx=0 Invalid component_idx");
  CHECK(tag(5, 0) == "[6] DECL_TAG tag type=5 component_idx=0 Invalid component_idx");
}

TEST_CASE("many functions may share a large prototype") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add(Kind::func_proto, {}, 0);
  for (int i = 0; i < 20000; ++i) b.add_param("p", TypeId{1});
  for (int i = 0; i < 20000; ++i) b.add(Kind::func, "f", 2);
  const Bytes blob = b.finish(native_order, BtfHeader::old_length);
  CHECK(validate_btf(blob.view(), {}).ok());
}

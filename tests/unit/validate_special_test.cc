#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "btf/builder.h"
#include "btf/kernel_rules/validate.h"
#include "catch.h"

namespace btfx {
namespace {

/// The types that the kernel knows, with the sizes that it wants, and `int` as type 1.
class Types : public BtfBuilder {
 public:
  Types() { add_int("int", 4, 1); }
  TypeId known(std::string_view name, std::uint32_t size) { return add_composite(Kind::struct_, name, size); }
  TypeId list_head = {}, lock = {}, node = {};

  /// A list of `element`s, whose member `node` is in it.
  void add_list() {
    lock = known("bpf_spin_lock", 4);
    list_head = known("bpf_list_head", 16);
    node = known("bpf_list_node", 24);
    add_composite(Kind::struct_, "element", 24);
    add_member("node", node, 0);
  }
};

std::string judged(const BtfBuilder& builder, std::string_view release = "6.18") {
  const Bytes blob = builder.finish(native_order, BtfHeader::old_length);
  const BtfVerdict verdict = validate_btf(
      blob.view(), {.kernel = KernelRules::of_release(release), .path = LoadPath::user, .all_findings = false});
  std::string text = verdict.error == 0 ? "ok" : std::string(error_name(verdict.error));
  for (const BtfFinding& finding : verdict.findings) {
    CHECK(finding.line.empty());
    CHECK_FALSE(unlogged_reason(finding.rule).empty());
    text += " " + std::string(to_string(finding.rule));
    if (finding.type) text += " " + std::to_string(raw(*finding.type));
  }
  return text;
}

TEST_CASE("special fields: a list with all it needs, and with each of that missing") {
  const auto list = [](std::string_view tag, bool has_lock, std::uint32_t head_offset = 64) {
    Types b;
    b.add_list();
    const TypeId id = b.add_composite(Kind::struct_, "list", 32);
    b.add_member("lock", has_lock ? b.lock : TypeId{1}, 0);
    b.add_member("head", b.list_head, head_offset);
    if (!tag.empty()) b.add(Kind::decl_tag, tag, raw(id), {1});
    return judged(b);
  };
  CHECK(list("contains:element:node", true) == "ok");
  CHECK(list("contains:element:node", false) == "EINVAL special-lock 6");
  CHECK(list("", true) == "EINVAL special-root 6");
  CHECK(list("contains:element", true) == "EINVAL special-root 6");
  CHECK(list("contains:element:", true) == "EINVAL special-root 6");
  CHECK(list("contains:other:node", true) == "ENOENT special-element 6");
  CHECK(list("contains:element:other", true) == "ENOENT special-element 6");
  CHECK(list("contains:list:head", true) == "EINVAL special-node 6");
  CHECK(list("contains:element:node", true, 72) == "ok");  // not aligned: not a list head
  CHECK(list("contains:element:node", true, 0) == "EEXIST special-overlap 6");
}

TEST_CASE("special fields: locks, counts and bit fields") {
  Types b;
  const TypeId lock = b.known("bpf_spin_lock", 4), other = b.known("bpf_res_spin_lock", 4);
  CHECK(judged(b) == "ok");
  const TypeId good = b.add_composite(Kind::struct_, "good", 8);
  b.add_member("lock", lock, 0);
  b.add_member("number", TypeId{1}, 32);
  CHECK(judged(b) == "ok");
  SECTION("twice") {
    b.add_composite(Kind::struct_, "twice", 8);
    b.add_member("a", lock, 0);
    b.add_member("b", lock, 32);
    CHECK(judged(b) == "E2BIG special-twice 5");
  }
  SECTION("both") {
    b.add_composite(Kind::struct_, "both", 8);
    b.add_member("a", lock, 0);
    b.add_member("b", other, 32);
    CHECK(judged(b) == "EINVAL special-locks 5");
    CHECK(judged(b, "6.14") == "ok");
  }
  SECTION("bit fields") {
    b.add_composite(Kind::struct_, "bits", 8, true);
    b.add_member("lock", lock, 0);
    b.add_member("bit", TypeId{1}, 33, 3);
    CHECK(judged(b) == "EINVAL special-bit-offset 5");
    CHECK(judged(b, "6.10") == "ok");
  }
  SECTION("in an array") {
    const TypeId array = b.add(Kind::array, {}, 0, {raw(good), 1, 2});
    b.add_composite(Kind::struct_, "many", 24);
    b.add_member("own", lock, 0);
    b.add_member("array", array, 32);
    CHECK(judged(b) == "EINVAL special-repeat 6");
    CHECK(judged(b, "6.10") == "ok");
  }
  SECTION("of another size") {
    Types wrong;
    wrong.known("bpf_spin_lock", 8);
    wrong.add_composite(Kind::struct_, "s", 8);
    wrong.add_member("lock", TypeId{2}, 0);
    CHECK(judged(wrong) == "EFAULT special-none 3");
    CHECK(judged(wrong, "6.1") == "ok");
  }
}

TEST_CASE("special fields: nodes, and who contains whom") {
  Types b;
  b.add_list();
  const TypeId tree_node = b.known("bpf_rb_node", 32), count = b.known("bpf_refcount", 4);
  SECTION("nodes of both kinds need a count") {
    b.add_composite(Kind::struct_, "both", 56);
    b.add_member("list", b.node, 0);
    b.add_member("tree", tree_node, 192);
    CHECK(judged(b) == "EINVAL special-refcount 8");
    b.add_composite(Kind::struct_, "counted", 64);
    b.add_member("list", b.node, 0);
    b.add_member("tree", tree_node, 192);
    b.add_member("count", count, 448);
    CHECK(judged(b) == "EINVAL special-refcount 8");
  }
  SECTION("a circle") {
    const TypeId ring = b.add_composite(Kind::struct_, "ring", 48);
    b.add_member("lock", b.lock, 0);
    b.add_member("head", b.list_head, 64);
    b.add_member("node", b.node, 192);
    b.add(Kind::decl_tag, "contains:ring:node", raw(ring), {1});
    CHECK(judged(b) == "ELOOP special-cycle 8");
  }
  SECTION("contents that are not looked at") {
    const TypeId second = b.known("bpf_list_node", 24);
    b.add_composite(Kind::struct_, "plain", 24);
    b.add_member("node", second, 0);
    const TypeId list = b.add_composite(Kind::struct_, "list", 24);
    b.add_member("lock", b.lock, 0);
    b.add_member("head", b.list_head, 64);
    b.add(Kind::decl_tag, "contains:plain:node", raw(list), {1});
    CHECK(judged(b) == "EFAULT special-owner 10");
  }
}

TEST_CASE("special fields: tagged pointers") {
  const auto holder = [](std::string_view tag, std::string_view second = {}, bool to_struct = true) {
    Types b;
    const TypeId value = b.add_composite(Kind::struct_, "value", 4);
    TypeId target = to_struct ? value : TypeId{1};
    if (!second.empty()) target = b.add(Kind::type_tag, second, raw(target));
    const TypeId ptr = b.add_ptr(b.add(Kind::type_tag, tag, raw(target)));
    const TypeId sound = b.add_ptr(b.add(Kind::type_tag, "kptr_untrusted", raw(value)));
    b.add_composite(Kind::struct_, "holder", 16);
    b.add_member("sound", sound, 0);
    b.add_member("pointer", ptr, 64);
    return b;
  };
  CHECK(judged(holder("percpu_kptr")) == "ok");
  CHECK(judged(holder("kptr")) == "ok special-fields 2");  // the kernel may have a `value` of its own
  CHECK(judged(holder("user")) == "EINVAL special-pointer 7");
  CHECK(judged(holder("user"), "6.11") == "ok");
  CHECK(judged(holder("uptr")) == "ok");
  CHECK(judged(holder("uptr"), "6.12") == "EINVAL special-pointer 7");
  CHECK(judged(holder("kptr_untrusted", {}, false)) == "EINVAL special-pointer 7");
  CHECK(judged(holder("kptr_untrusted", "more")) == "EINVAL special-pointer 8");
}

TEST_CASE("special fields: one lock in a struct and all that is in it, where the kernel counts so") {
  Types b;
  const TypeId lock = b.known("bpf_spin_lock", 4), count = b.known("bpf_refcount", 4);
  const TypeId inner = b.add_composite(Kind::struct_, "inner", 4);
  b.add_member("lock", lock, 0);
  b.add_composite(Kind::struct_, "apart", 12);  // each only once
  b.add_member("count", count, 0);
  b.add_member("inner", inner, 32);
  CHECK(judged(b, "6.12.117") == "ok");
  b.add_composite(Kind::struct_, "outer", 8);
  b.add_member("lock", lock, 0);
  b.add_member("inner", inner, 32);
  CHECK(judged(b) == "ok");
  CHECK(judged(b, "6.12.107+deb12-amd64") == "ok");
  CHECK(judged(b, "6.12.111+deb12-amd64") == "E2BIG special-twice 6");

  Types twice;
  const TypeId again = twice.known("bpf_spin_lock", 4), other = twice.known("bpf_refcount", 4);
  const TypeId held = twice.add_composite(Kind::struct_, "held", 4);
  twice.add_member("lock", again, 0);
  twice.add_composite(Kind::struct_, "s", 12);
  twice.add_member("count", other, 0);
  twice.add_member("a", held, 32);
  twice.add_member("b", held, 64);
  CHECK(judged(twice, "6.12.107") == "ok");
  CHECK(judged(twice, "6.12.117") == "E2BIG special-twice 5");
}

TEST_CASE("special fields: how deeply structs own each other") {
  // Each struct holds a pointer to the one before it; the first owns nothing, or the last.
  const auto chain = [](std::uint32_t length, bool is_ring = false, std::string_view tag = "percpu_kptr") {
    Types b;
    const TypeId count = b.known("bpf_refcount", 4);
    constexpr std::uint32_t first = 3, types_each = 3;
    for (std::uint32_t i = 0; i < length; ++i) {
      const bool has_pointer = i != 0 || is_ring;
      const std::uint32_t target = first + (i == 0 ? length - 1 : i - 1) * types_each;
      const TypeId link = b.add_composite(Kind::struct_, "link", 16);
      b.add_member("count", count, 0);
      if (has_pointer) b.add_member("next", link + 1, 64);
      b.add_ptr(link + 2);
      b.add(Kind::type_tag, tag, target);
    }
    return b;
  };
  CHECK(judged(chain(8), "6.12.117") == "ok");
  CHECK(judged(chain(9), "6.12.117") == "ELOOP special-cycle 27");
  CHECK(judged(chain(9), "6.12.111") == "ok");
  CHECK(judged(chain(9)) == "ok");
  CHECK(judged(chain(1, true), "6.12.117") == "ELOOP special-cycle 3");
  CHECK(judged(chain(3, true), "6.12.117") == "ELOOP special-cycle 3");
  CHECK(judged(chain(3, true, "kptr_untrusted"), "6.12.117") == "ok");

  // Lists may hold elements with lists of their own.
  Types b;
  b.add_list();
  TypeId target_id = {};
  for (const std::string_view contents : {"contains:element:node", "contains:middle:node"}) {
    target_id = b.add_composite(Kind::struct_, target_id == TypeId{} ? "middle" : "outer", 48);
    b.add_member("lock", b.lock, 0);
    b.add_member("head", b.list_head, 64);
    b.add_member("node", b.node, 192);
    b.add(Kind::decl_tag, contents, raw(target_id), {1});
  }
  CHECK(judged(b) == "ELOOP special-cycle 8");
  CHECK(judged(b, "6.12.117") == "ok");
}

TEST_CASE("special fields: many, and deep") {
  Types b;
  const TypeId node = b.known("bpf_list_node", 24);
  for (const std::uint32_t count : {11U, 12U}) {
    b.add_composite(Kind::struct_, "many", 24 * count);
    for (std::uint32_t i = 0; i < count; ++i) b.add_member("m", node, 24 * 8 * i);
  }
  CHECK(judged(b) == "E2BIG special-count 4");
  CHECK(judged(b, "6.5") == "EFAULT special-none 3");  // where nodes are shorter

  // What is nested twice at each level would take 2^30 steps, were each looked at.
  Types deep;
  TypeId inner = deep.known("bpf_refcount", 4), count = inner;
  inner = deep.add_composite(Kind::struct_, "s", 0);
  for (int i = 0; i < 29; ++i) {
    const TypeId held = inner;
    inner = deep.add_composite(Kind::struct_, "s", 0);
    deep.add_member("a", held, 0);
    deep.add_member("b", held, 0);
  }
  deep.add_composite(Kind::struct_, "outer", 4);
  deep.add_member("count", count, 0);
  deep.add_member("nested", inner, 32);
  CHECK(judged(deep) == "ok");

  // Were each struct looked at for each that holds it, and each chain followed for each pointer, these would take
  // hours.
  Types wide;
  TypeId chain = wide.add_composite(Kind::struct_, "held", 4);
  for (int i = 0; i < 100000; ++i) chain = wide.add(Kind::const_, {}, raw(chain));
  const TypeId tag = wide.add(Kind::type_tag, "kptr", raw(chain));
  TypeId pointer = {};
  for (int i = 0; i < 100000; ++i) pointer = wide.add(Kind::ptr, {}, raw(tag));
  const TypeId big = wide.add_composite(Kind::struct_, "big", 8 * 60000);
  wide.add_member("p", pointer, 0);
  for (std::uint32_t i = 1; i < 60000; ++i) wide.add_member("m", TypeId{1}, 64 * i);
  for (int i = 0; i < 100000; ++i) {
    wide.add_composite(Kind::struct_, {}, 8 + 8 * 60000);
    wide.add_member("p", pointer, 0);
    wide.add_member("big", big, 64);
  }
  CHECK(judged(wide) == "ok special-fields 2");  // what is held itself is a note
}

}  // namespace
}  // namespace btfx

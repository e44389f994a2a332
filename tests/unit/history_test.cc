// The life of types through several kernels.
#include "transform/diff/history.h"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/diff_text.h"

namespace btfx {

using namespace test;

namespace {

constexpr TypeId int_id{1}, long_id{2};

BtfPtr build(const std::function<void(BtfBuilder&)>& add) {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add_int("long", 8, 1);
  add(b);
  return b.build();
}

struct Member {
  std::string name;
  TypeId type = int_id;
  std::uint32_t byte = 0;
};

void add_struct(BtfBuilder& b, const std::string& name, std::uint32_t size, const std::vector<Member>& members) {
  b.add_composite(Kind::struct_, name, size);
  for (const Member& member : members) b.add_member(member.name, member.type, member.byte * 8);
}

/// A line for each type with its stages, `first-last:layout`, then its changes, and a line for each element.
Lines told(const std::vector<BtfPtr>& kernels, const std::vector<std::string>& names) {
  Lines lines;
  for (const TypeHistory& type : trace_history(kernels, {.names = names, .jobs = 2})) {
    std::string text(type.subject().view().name());
    if (type.is_about_elements) text += " (elements)";
    for (std::size_t i = 0; i < type.stages.size(); ++i) {
      const TypeStage& stage = type.stages[i];
      if (i != 0) {
        text += fmt::format(" {}/{}", to_string(type.changes[i - 1].kind), to_string(type.changes[i - 1].impact));
      }
      text += fmt::format(" {}-{}:{}", stage.kernels.first, stage.kernels.last, stage.layout);
      CHECK(stage.type.exists() == (stage.layout != 0));
    }
    lines.push_back(text);
    REQUIRE(type.changes.size() + 1 == type.stages.size());
    for (const ElementHistory& element : type.elements) {
      text = " ";
      for (const ElementStage& stage : element.stages) {
        text += fmt::format(" {}-{}", stage.kernels.first, stage.kernels.last);
        if (!stage.state) continue;
        const ElementState& state = *stage.state;
        text += fmt::format(":{}:{}:{}", state.name, state.type,
                            state.is_signed ? fmt::format("{}", static_cast<std::int64_t>(state.number))
                                            : fmt::format("{}", state.number));
        if (state.bits != 0) text += fmt::format(":{} bits", state.bits);
      }
      lines.push_back(text);
    }
  }
  return lines;
}

/// cfs_rq as it went from 6.12 to 6.18, in short.
std::vector<BtfPtr> renaming_kernels() {
  const auto kernel = [](const std::string& name) {
    return build([&](BtfBuilder& b) {
      add_struct(b, "cfs_rq", 16, {{"load", long_id, 0}, {name, int_id, 8}, {"h_nr", int_id, 12}});
      add_struct(b, "other", 4, {{"a", int_id, 0}});
    });
  };
  return {kernel("nr_running"), kernel("nr_running"), kernel("nr_queued"), kernel("nr_queued")};
}

}  // namespace

TEST_CASE("A renamed member is one member, asked for by either name") {
  const std::vector<BtfPtr> kernels = renaming_kernels();
  const Lines expected{"cfs_rq (elements) 0-1:1 changed/compatible 2-3:2",
                       "  0-1:nr_running:int:64 2-3:nr_queued:int:64"};
  CHECK(told(kernels, {"cfs_rq.nr_running"}) == expected);
  CHECK(told(kernels, {"cfs_rq.nr_queued"}) == expected);
  CHECK(told(kernels, {"cfs*.nr_*"}) == expected);
}

TEST_CASE("A type asked for as a whole has the elements that changed") {
  const std::vector<BtfPtr> kernels = renaming_kernels();
  const Lines whole{"cfs_rq 0-1:1 changed/compatible 2-3:2", "  0-1:nr_running:int:64 2-3:nr_queued:int:64"};
  CHECK(told(kernels, {"cfs_rq"}) == whole);
  CHECK(told(kernels, {"cfs_rq", "cfs_rq.load"}) == whole);
  CHECK(told(kernels, {}) == whole);
  CHECK(told(kernels, {"other"}) == Lines{"other 0-3:1"});
  CHECK(told(kernels, {"other.a"}) == Lines{"other (elements) 0-3:1", "  0-3:a:int:0"});
  CHECK(told(kernels, {"other.b"}).empty());
  CHECK(told(kernels, {"cfs"}).empty());
}

TEST_CASE("A type that comes back is one history, and a layout that comes back has its old number") {
  const auto kernel = [](std::uint32_t size) {
    return build([size](BtfBuilder& b) {
      if (size == 4) add_struct(b, "s", 4, {{"a", int_id, 0}});
      if (size == 8) add_struct(b, "s", 8, {{"a", int_id, 0}, {"b", int_id, 4}});
    });
  };
  CHECK(told({kernel(4), kernel(8), kernel(4)}, {"s"}) ==
        Lines{"s 0-0:1 changed/layout 1-1:2 changed/layout 2-2:1", "  0-0 1-1:b:int:32 2-2"});
  CHECK(told({kernel(0), kernel(4), kernel(0), kernel(0), kernel(4)}, {"s"}) ==
        Lines{"s 0-0:0 added/compatible 1-1:1 removed/layout 2-3:0 added/compatible 4-4:1"});
  CHECK(told({kernel(0), kernel(0)}, {"s"}).empty());
}

TEST_CASE("A renamed type is one history under all its names") {
  const auto kernel = [](const std::string& name) {
    return build([&](BtfBuilder& b) {
      add_struct(b, name, 16, {{"first", int_id, 0}, {"second", int_id, 4}, {"third", long_id, 8}});
    });
  };
  const std::vector<BtfPtr> kernels{kernel("old"), kernel("fresh"), kernel("fresh")};
  const Lines expected{"fresh 0-0:1 renamed/compatible 1-2:2"};
  CHECK(told(kernels, {"old"}) == expected);
  CHECK(told(kernels, {"fresh"}) == expected);
  CHECK(told(kernels, {"old", "fresh"}) == expected);
}

TEST_CASE("Types of one name and several kinds are several histories") {
  const auto kernel = [](std::uint32_t size) {
    return build([size](BtfBuilder& b) {
      add_struct(b, "x", size, {{"a", int_id, 0}});
      b.add(Kind::typedef_, "x", raw(int_id));
    });
  };
  CHECK(told({kernel(4), kernel(8)}, {"x"}) == Lines{"x 0-0:1 changed/layout 1-1:2", "x 0-1:1"});
}

TEST_CASE("Members inside of anonymous types, bitfields and moves") {
  const auto kernel = [](std::uint32_t place, std::uint32_t bits) {
    return build([=](BtfBuilder& b) {
      b.add_composite(Kind::union_, {}, 4);
      b.add_member("in_union", int_id, 0);
      b.add_composite(Kind::struct_, {}, 8);
      b.add_member("hits", int_id, 0);
      b.add_member("misses", int_id, 32);
      b.add_composite(Kind::struct_, "s", place + 16, true);
      b.add_member("flag", int_id, 0, bits);
      b.add_member({}, TypeId{3}, place * 8);
      b.add_member("stats", TypeId{4}, place * 8 + 32);
    });
  };
  const std::vector<BtfPtr> kernels{kernel(4, 1), kernel(8, 1), kernel(8, 2)};
  CHECK(told(kernels, {"s.in_union", "s.stats.misses", "s.flag"}) ==
        Lines{"s (elements) 0-0:1 changed/layout 1-1:2 changed/layout 2-2:3",
              "  0-1:flag:int:0:1 bits 2-2:flag:int:0:2 bits", "  0-0:in_union:int:32 1-2:in_union:int:64",
              "  0-0:stats.misses:int:96 1-2:stats.misses:int:128"});
  CHECK(told(kernels, {"s.stats"}) == Lines{"s (elements) 0-0:1 changed/layout 1-1:2 changed/layout 2-2:3",
                                            "  0-0:stats:struct {...}:64 1-2:stats:struct {...}:96"});
}

TEST_CASE("Enumerators and parameters have histories, too") {
  const auto with_enum = [](const std::string& name, std::int64_t last) {
    return build([&](BtfBuilder& b) {
      b.add(Kind::enum_, "color", 4, {}, 0, true);
      b.add_enumerator("RED", static_cast<std::uint64_t>(-1));
      b.add_enumerator(name, 3);
      b.add_enumerator("LAST", static_cast<std::uint64_t>(last));
    });
  };
  CHECK(told({with_enum("BLUE", 4), with_enum("GREEN", 4), with_enum("GREEN", 5)}, {"color"}) ==
        Lines{"color 0-0:1 changed/value 1-1:2 changed/value 2-2:3", "  0-0:BLUE::3 1-2:GREEN::3",
              "  0-1:LAST::4 2-2:LAST::5"});
  CHECK(told({with_enum("BLUE", 4), with_enum("GREEN", 4)}, {"color.RED"}) ==
        Lines{"color (elements) 0-0:1 changed/value 1-1:2", "  0-1:RED::-1"});

  const auto with_func = [](const std::string& name, bool more) {
    return build([&](BtfBuilder& b) {
      const TypeId prototype = b.add(Kind::func_proto, {}, raw(int_id));
      b.add_param("count", long_id);
      b.add_param(name, int_id);
      if (more) b.add_param("more", int_id);
      b.add(Kind::func, "read", raw(prototype));
    });
  };
  CHECK(told({with_func("flag", false), with_func("flags", false), with_func("flags", true)}, {"read"}) ==
        Lines{"read 0-0:1 changed/compatible 1-1:2 changed/signature 2-2:3", "  0-0:flag:int:1 1-2:flags:int:1",
              "  0-1 2-2:more:int:2"});
}

TEST_CASE("A declaration without members, and a definition later") {
  const auto kernel = [](bool defined) {
    return build([defined](BtfBuilder& b) {
      if (defined) {
        add_struct(b, "s", 4, {{"a", int_id, 0}});
      } else {
        b.add(Kind::fwd, "s", 0);
      }
    });
  };
  CHECK(told({kernel(false), kernel(true)}, {"s"}) == Lines{"s 0-0:1 changed/compatible 1-1:2", "  0-0 1-1:a:int:0"});
}

TEST_CASE("The result is the same with one thread and with several") {
  const std::vector<BtfPtr> kernels = renaming_kernels();
  CHECK(trace_history(kernels, {.names = {"*"}, .jobs = 1}).size() == 4);
  CHECK(trace_history(kernels, {.names = {"*"}, .jobs = 8}).size() == 4);
}

TEST_CASE("Kernels that only file names tell apart get short names") {
  using Names = std::vector<std::string>;
  CHECK(short_kernel_names({"k/vmlinux-debian-6.12.115-amd64.btf.xz", "k/vmlinux-debian-7.3-rc7-amd64.btf.xz"}) ==
        Names{"6.12.115", "7.3-rc7"});
  CHECK(short_kernel_names({"6.12.115+deb12-amd64", "6.18.15+deb13-amd64"}) ==
        Names{"6.12.115+deb12", "6.18.15+deb13"});
  CHECK(short_kernel_names({"6.12.1.btf", "6.13.1.btf"}) == Names{"6.12.1", "6.13.1"});
  CHECK(short_kernel_names({"6.12-rc1", "6.13-rc1"}) == Names{"6.12-rc1", "6.13-rc1"});
  CHECK(short_kernel_names({"6.12-a", "6.12-b"}) == Names{"6.12-a", "6.12-b"});
  CHECK(short_kernel_names({"/boot/6.1/vmlinux", "/boot/6.2/vmlinux"}) == Names{"6.1", "6.2"});
  CHECK(short_kernel_names({"a", "b/a"}) == Names{"a", "b/a"});
  CHECK(short_kernel_names({"same", "same"}) == Names{"same", "same"});
  CHECK(short_kernel_names({"x-", "x-y"}) == Names{"x-", "x-y"});
  CHECK(short_kernel_names({"", "x"}) == Names{"", "x"});
  CHECK(short_kernel_names({}).empty());
}

}  // namespace btfx

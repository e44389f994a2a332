#include "transform/relocate/affects.h"

#include <fmt/format.h>

#include "btf/builder.h"
#include "btf/load.h"
#include "catch.h"
#include "image/modules.h"
#include "support/btf_samples.h"
#include "support/diff_text.h"
#include "support/temp_dir.h"
#include "transform/relocate/distill.h"

namespace btfx {

using namespace test;

namespace {

/// int 1, struct foo 2 of that many ints, pointer to it 3, enum e 4, typedef name 5, function f.
BtfPtr kernel(std::uint32_t ints, std::uint32_t enumerator, TypeId named) {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId foo = b.add_composite(Kind::struct_, "foo", 4 * ints);
  for (std::uint32_t i = 0; i < ints; ++i) b.add_member(fmt::format("m{}", i), int_id, 32 * i);
  b.add_ptr(foo);
  b.add(Kind::enum_, "e", 4);
  b.add_enumerator("E", enumerator);
  b.add(Kind::typedef_, "name", raw(named));
  const TypeId proto = b.add(Kind::func_proto, {}, 0);
  b.add_param("foo", ints == 1 ? TypeId{3} : int_id);
  b.add(Kind::func, "f", raw(proto));
  return b.build();
}

struct Case {
  BtfPtr before = kernel(1, 1, TypeId{1}), after = kernel(2, 2, TypeId{3});
  Diff diff = compare({before}, {after});
  Affects affects{diff};

  /// The verdict on a module that holds a type in a struct, or takes it as a parameter.
  [[nodiscard]] Lines judge(TypeId type, bool as_parameter, std::vector<std::string_view> imports = {},
                            bool distilled = false) const {
    BtfBuilder b(before);
    if (as_parameter) {
      const TypeId proto = b.add(Kind::func_proto, {}, 0);
      b.add_param("p", type);
      b.add(Kind::func, "own", raw(proto));
    } else {
      b.add_composite(Kind::struct_, "own", 8);
      b.add_member("m", type, 0);
    }
    BtfPtr module = b.build();
    if (distilled) {
      const Distilled parts = Distiller().run(*module);
      module = Btf::parse(parts.split, Btf::parse(parts.base));
    }
    const ModuleVerdict verdict = affects.judge("mod", module, distilled, imports);
    Lines lines{verdict.needs_rebuild ? "needs rebuild" : "safe"};
    if (!verdict.message.empty()) lines.push_back("log: " + verdict.message);
    for (const Effect& effect : verdict.effects) {
      lines.push_back(fmt::format("{} {} {}{}{}", before->type(effect.before).name(), to_string(effect.dependence),
                                  to_string(effect.impact), effect.refused ? " refused " : "", effect.reason));
    }
    for (const std::string& other : verdict.others) lines.push_back("other: " + other);
    return lines;
  }
};

}  // namespace

TEST_CASE("A module that holds by value what grew must be rebuilt; one that points to it is safe") {
  const Case c;
  const std::string log = "log: distilled base BTF type 'foo' [1] is not mapped to base BTF id";
  for (const bool distilled : {false, true}) {
    Lines embedded = c.judge(TypeId{2}, false, {}, distilled);
    REQUIRE(embedded.size() == 3);
    CHECK(embedded[0] == "needs rebuild");
    CHECK(embedded[1].starts_with(log));
    CHECK(embedded[2] == "foo embedded layout refused member-size");
    CHECK(c.judge(TypeId{3}, false, {}, distilled) == Lines{"safe", "foo pointer layout"});
  }
}

TEST_CASE("What the kernel overlooks when it loads a module is still a reason to rebuild it") {
  const Case c;
  CHECK(c.judge(TypeId{2}, true) == Lines{"needs rebuild", "foo passed layout refused byvalue-size"});
}

TEST_CASE("Enums, names and calls are told as what they are") {
  const Case c;
  CHECK(c.judge(TypeId{4}, false) == Lines{"safe", "e named value"});
  CHECK(c.judge(TypeId{5}, false) == Lines{"safe", "name named layout"});
  CHECK(c.judge(TypeId{1}, false, {"f", "g"}) == Lines{"safe", "f called signature"});
  CHECK(c.judge(TypeId{1}, false, {"g"}) == Lines{"safe"});
}

TEST_CASE("A function or variable that is imported and gone is a reason to rebuild") {
  // Functions stays, moves to a module, and gone; variables kept and lost.
  const auto kernel_with = [](const std::vector<std::string>& functions, const std::vector<std::string>& variables) {
    BtfBuilder b;
    const TypeId int_id = b.add_int("int", 4, 1);
    const TypeId proto = b.add(Kind::func_proto, {}, 0);
    for (const std::string& name : functions) b.add(Kind::func, name, raw(proto));
    for (const std::string& name : variables) b.add(Kind::var, name, raw(int_id), {1});
    return b.build();
  };
  const BtfPtr before = kernel_with({"stays", "gone"}, {"kept", "lost"});
  const Diff diff = compare({before}, {kernel_with({"stays"}, {"kept"})});
  const Affects affects(diff);
  BtfBuilder split(before);
  split.add_composite(Kind::struct_, "own", 0);
  const BtfPtr module = split.build();
  const auto judge = [&](std::vector<std::string_view> imports) {
    const ModuleVerdict verdict = affects.judge("mod", module, false, imports);
    Lines lines{verdict.needs_rebuild ? "needs rebuild" : "safe"};
    for (const Effect& effect : verdict.effects) {
      lines.push_back(fmt::format("{} {} {}{}", effect.symbol, to_string(effect.dependence),
                                  effect.refused ? "refused " : "", effect.reason));
    }
    // Those that no vmlinux has: a module may export them.
    for (const std::string& unknown : verdict.unknown_imports) lines.push_back("unknown: " + unknown);
    return lines;
  };
  CHECK(judge({"stays", "kept"}) == Lines{"safe"});
  CHECK(judge({"gone", "stays"}) == Lines{"needs rebuild", "gone called refused symbol-missing"});
  CHECK(judge({"lost"}) == Lines{"needs rebuild", "lost called refused symbol-missing"});
  CHECK(judge({"elsewhere", "stays"}) == Lines{"safe", "unknown: elsewhere"});
  // A type of that name is no symbol.
  CHECK(judge({"int"}) == Lines{"safe", "unknown: int"});
}

TEST_CASE("A type that is gone is the reason") {
  const BtfPtr before = kernel(1, 1, TypeId{1});
  BtfBuilder b;
  b.add_int("int", 4, 1);
  const Diff diff = compare({before}, {b.build()});
  const Affects affects(diff);
  BtfBuilder split(before);
  split.add_composite(Kind::struct_, "own", 8);
  split.add_member("m", TypeId{3}, 0);
  const ModuleVerdict verdict = affects.judge("mod", split.build(), false, {});
  CHECK(verdict.needs_rebuild);
  REQUIRE(verdict.effects.size() == 1);
  CHECK(verdict.effects[0].reason == "missing");
}

TEST_CASE("Of the real modules exactly the one that does not relocate must be rebuilt") {
  const BtfPtr before = load_btf(read_source(data_path("vmlinux-6.12.115.btf.xz")));
  const BtfPtr after = load_btf(read_source(data_path("vmlinux-6.12.117.btf.xz")));
  const Diff diff = compare({before}, {after}, 2);
  const Affects affects(diff);
  ModuleStream stream({data_path("modules")});
  Lines rebuilt;
  while (const auto item = stream.next()) {
    const ModuleVerdict verdict =
        affects.judge(module_name(item->name), load_btf(open_module(*item), before), false, {});
    if (verdict.needs_rebuild) rebuilt.push_back(verdict.module);
  }
  CHECK(rebuilt == Lines{"extcon-core"});
}

}  // namespace btfx

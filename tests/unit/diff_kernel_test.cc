#include "transform/diff/kernel.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/diff_text.h"

namespace btfx {

using namespace test;

namespace {

using Add = std::function<void(BtfBuilder&)>;

/// A struct of one int, or of two.
Add structure(std::string_view name, int members = 1) {
  return [=](BtfBuilder& b) {
    b.add_composite(Kind::struct_, name, 4U * static_cast<unsigned>(members));
    for (int i = 0; i < members; ++i) b.add_member(i == 0 ? "a" : "b", TypeId{1}, 32U * static_cast<unsigned>(i));
  };
}

Add function(std::string_view name) {
  return [=](BtfBuilder& b) {
    b.add(Kind::func_proto, {}, 0);
    b.add(Kind::func, name, raw(b.end_id()) - 1);
  };
}

Add both(const Add& one, const Add& two) {
  return [=](BtfBuilder& b) {
    one(b);
    two(b);
  };
}

Add nothing() {
  return [](BtfBuilder&) {};
}

/// Two kernels under construction.
class Kernels {
 public:
  Kernels(const Add& before, const Add& after)
      : before_(vmlinux(before)), after_(vmlinux(after)), kernels_(before_, after_, 1) {}

  void module(const std::string& name, const std::optional<Add>& before, const std::optional<Add>& after) {
    const auto build = [](const BtfPtr& base, const std::optional<Add>& add) -> BtfPtr {
      if (!add) return nullptr;
      BtfBuilder b(base);
      (*add)(b);
      return b.build();
    };
    kernels_.add(kernels_.compare_module(name, build(before_, before), build(after_, after)));
  }

  /// Changes with their parts, then modules.
  Lines finish() {
    const KernelChanges result = kernels_.finish();
    Lines lines;
    for (const Change& change : result.changes) {
      lines.push_back(fmt::format("{}: {} -> {}", text_of(std::vector{change}).front(),
                                  fmt::join(change.parts_before, " "), fmt::join(change.parts_after, " ")));
    }
    for (const std::string& module : result.modules_removed) lines.push_back("- " + module);
    for (const std::string& module : result.modules_added) lines.push_back("+ " + module);
    return lines;
  }

 private:
  static BtfPtr vmlinux(const Add& add) {
    BtfBuilder b;
    b.add_int("int", 4, 1);
    add(b);
    return b.build();
  }

  BtfPtr before_, after_;
  KernelDiff kernels_;
};

}  // namespace

TEST_CASE("A change that several modules share is told once") {
  Kernels kernels(nothing(), nothing());
  for (const char* name : {"a", "b", "c"}) kernels.module(name, structure("foo"), structure("foo", 2));
  kernels.module("d", structure("foo", 2), structure("foo"));  // the other way round
  CHECK(kernels.finish() == Lines{"layout changed struct foo: a b c -> a b c", "layout changed struct foo: d -> d"});
}

TEST_CASE("What one part lost and another gained has moved") {
  SECTION("from modules to vmlinux") {
    Kernels kernels(nothing(), structure("foo"));
    kernels.module("a", structure("foo"), nothing());
    kernels.module("b", structure("foo"), nothing());
    CHECK(kernels.finish() == Lines{"compatible moved struct foo: a b -> vmlinux"});
  }
  SECTION("from vmlinux to a module") {
    Kernels kernels(structure("foo"), nothing());
    kernels.module("a", nothing(), structure("foo"));
    CHECK(kernels.finish() == Lines{"compatible moved struct foo: vmlinux -> a"});
  }
  SECTION("from module to module, functions too") {
    Kernels kernels(nothing(), nothing());
    kernels.module("a", both(structure("foo"), function("f")), nothing());
    kernels.module("b", nothing(), both(structure("foo"), function("f")));
    CHECK(kernels.finish() == Lines{"compatible moved struct foo: a -> b", "compatible moved func f: a -> b"});
  }
  SECTION("to a module that is new") {
    Kernels kernels(function("f"), nothing());
    kernels.module("a", std::nullopt, both(function("f"), function("g")));
    CHECK(kernels.finish() == Lines{"compatible moved func f: vmlinux -> a", "+ a"});
  }
  SECTION("from a module that is gone") {
    Kernels kernels(nothing(), function("f"));
    kernels.module("a", both(function("f"), structure("foo")), std::nullopt);
    CHECK(kernels.finish() == Lines{"compatible moved func f: a -> vmlinux", "- a"});
  }
  SECTION("and changed on the way") {
    Kernels kernels(nothing(), structure("foo", 2));
    kernels.module("a", structure("foo"), nothing());
    CHECK(kernels.finish() == Lines{"layout moved struct foo: a -> vmlinux"});
  }
}

TEST_CASE("A type that a module no longer mentions is still there while another does") {
  Kernels kernels(nothing(), nothing());
  kernels.module("a", structure("foo"), nothing());
  kernels.module("b", structure("foo"), structure("foo"));
  kernels.module("c", nothing(), structure("foo"));
  // It went from a to c as far as anybody can tell; b has it all the time.
  CHECK(kernels.finish() == Lines{"compatible moved struct foo: a -> c"});

  Kernels fewer(nothing(), nothing());
  fewer.module("a", structure("foo"), nothing());
  fewer.module("b", structure("foo"), structure("foo"));
  CHECK(fewer.finish().empty());

  // Functions of one name in two modules are two functions.
  Kernels functions(nothing(), nothing());
  functions.module("a", function("f"), nothing());
  functions.module("b", function("f"), function("f"));
  CHECK(functions.finish() == Lines{"signature removed func f: a -> "});
}

TEST_CASE("Functions of one name in two parts have not moved unless they are alike") {
  const Add other = [](BtfBuilder& b) {
    b.add(Kind::func_proto, {}, 1);
    b.add(Kind::func, "f", raw(b.end_id()) - 1);
  };
  Kernels kernels(function("f"), nothing());
  kernels.module("a", nothing(), other);
  CHECK(kernels.finish() == Lines{"signature removed func f: vmlinux -> ", "compatible added func f:  -> a"});
}

TEST_CASE("A copy that a module had of what changed is told where it changed") {
  Kernels kernels(structure("foo"), structure("foo", 2));
  kernels.module("gone", structure("foo"), nothing());
  kernels.module("new", nothing(), structure("foo", 2));
  CHECK(kernels.finish() == Lines{"layout changed struct foo: vmlinux -> vmlinux"});
}

TEST_CASE("Whether a module sees a definition or a declaration is no change of what is defined elsewhere") {
  const Add forward = [](BtfBuilder& b) { b.add(Kind::fwd, "foo", 0); };
  Kernels kernels(nothing(), nothing());
  kernels.module("owner", structure("foo"), structure("foo", 2));
  kernels.module("loses", structure("foo"), forward);
  kernels.module("gains", forward, structure("foo", 2));
  kernels.module("forgets", forward, nothing());
  kernels.module("mentions", nothing(), forward);
  CHECK(kernels.finish() == Lines{"layout changed struct foo: owner -> owner"});

  Kernels last(nothing(), nothing());
  last.module("owner", structure("foo"), forward);
  CHECK(last.finish() == Lines{"layout changed struct foo: owner -> owner"});

  // vmlinux only declares what another module defines now.
  Kernels moved(nothing(), forward);
  moved.module("a", structure("foo"), nothing());
  moved.module("b", nothing(), structure("foo"));
  CHECK(moved.finish() == Lines{"compatible moved struct foo: a -> b"});
}

TEST_CASE("A definition that became a declaration, or the other way round, is told whatever another module calls so") {
  const Add forward = [](BtfBuilder& b) { b.add(Kind::fwd, "priv", 0); };
  const auto told = [](const Add& base, const Add& before, const Add& after) {
    Kernels kernels(base, base);
    kernels.module("a", before, after);
    kernels.module("b", structure("priv", 2), structure("priv", 2));
    return kernels.finish();
  };
  CHECK(told(nothing(), structure("priv"), forward) == Lines{"layout changed struct priv: a -> a"});
  CHECK(told(nothing(), forward, structure("priv")) == Lines{"compatible changed struct priv: a -> a"});
  // The very definition that b has, and what vmlinux has, are known all the same; and a mere declaration is nothing.
  CHECK(told(nothing(), structure("priv", 2), forward).empty());
  CHECK(told(nothing(), forward, structure("priv", 2)).empty());
  CHECK(told(nothing(), forward, nothing()).empty());
  CHECK(told(nothing(), nothing(), forward).empty());
}

TEST_CASE("A module's struct grows with that of vmlinux that it holds") {
  const auto holder = [](std::uint32_t size) {
    return [size](BtfBuilder& b) {
      b.add_composite(Kind::struct_, "holder", size);
      b.add_member("foo", TypeId{2}, 0);
    };
  };
  Kernels kernels(structure("foo"), structure("foo", 2));
  kernels.module("a", holder(4), holder(8));
  CHECK(kernels.finish() ==
        Lines{"layout changed struct foo: vmlinux -> vmlinux", "layout changed struct holder <- struct foo: a -> a"});
}

TEST_CASE("A type that was renamed in vmlinux is no change of the modules that use it") {
  const auto user = [](BtfBuilder& b) {
    b.add_ptr(TypeId{2});
    b.add_composite(Kind::struct_, "user", 8);
    b.add_member("foo", TypeId{raw(b.end_id()) - 2}, 0);
  };
  Kernels kernels(structure("foo", 2), structure("bar", 2));
  kernels.module("a", user, user);
  CHECK(kernels.finish() == Lines{"compatible renamed struct bar from struct foo: vmlinux -> vmlinux"});
}

}  // namespace btfx

#include "base/once.h"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/attempt.h"
#include "base/enum_table.h"
#include "catch.h"

namespace {

using namespace btfx;

TEST_CASE("A value is made once, when it is first needed") {
  Once<std::string> once;
  int made = 0;
  const auto make = [&] {
    ++made;
    return std::string("value");
  };
  CHECK(made == 0);
  const std::string& first = once.get(make);
  CHECK(first == "value");
  CHECK(&once.get(make) == &first);
  CHECK(made == 1);
}

TEST_CASE("A value that is known is not made") {
  Once<std::unique_ptr<int>> once(std::make_unique<int>(7));
  CHECK(*once.get([]() -> std::unique_ptr<int> { throw std::logic_error("made"); }) == 7);
}

TEST_CASE("A failure to make a value is kept, and everybody gets it") {
  Once<int> once;
  int tries = 0;
  const auto fail = [&]() -> int {
    ++tries;
    throw Error(ErrorCode::io, fmt::format("try {}", tries));
  };
  for (int i = 0; i < 3; ++i) CHECK_THROWS_WITH(once.get(fail), "try 1");
  CHECK_THROWS_WITH(once.get([] { return 1; }), "try 1");
  CHECK(tries == 1);
}

TEST_CASE("Each key has a value of its own, and a failure of its own") {
  OncePerKey<std::string, int> values;
  const auto failing = []() -> int { throw std::runtime_error("no"); };
  CHECK(values.get("a", [] { return 1; }) == 1);
  CHECK_THROWS_WITH(values.get("b", failing), "no");
  CHECK(values.get("c", [] { return 3; }) == 3);
  CHECK(values.get("a", failing) == 1);
  CHECK_THROWS_WITH(values.get("b", [] { return 2; }), "no");
}

TEST_CASE("Threads that need a value at the same time share one", "[threads]") {
  OncePerKey<int, int> values;
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int key = 0; key < 50; ++key) {
          const int value = values.get(key, [&] {
            ++made;
            return key * key;
          });
          if (value != key * key) std::terminate();
        }
      });
    }
  }
  CHECK(made == 50);
}

TEST_CASE("An error gets the place where it happened, where it did not have one") {
  const auto fail = [](Place place) { throw Error(ErrorCode::malformed, "is bad", std::move(place)); };
  CHECK_THROWS_WITH(in_place("f", ".BTF", [&] { fail({}); }), "f: .BTF: is bad");
  CHECK_THROWS_WITH(in_place("f", ".BTF", [&] { fail({.file = "g", .offset = 8}); }), "g: .BTF: offset 0x8: is bad");
  CHECK_THROWS_WITH(in_place("f", "", [&] { fail({.section = "s"}); }), "f: s: is bad");
  CHECK(in_place("f", "", [] { return 5; }) == 5);
  int value = 1;
  CHECK(&in_place("f", "", [&]() -> int& { return value; }) == &value);
}

TEST_CASE("An error where another way can be tried is nothing, and other exceptions pass") {
  CHECK(optional_on_error([] { return 5; }) == 5);
  CHECK(optional_on_error([]() -> int { throw Error(ErrorCode::io, "no"); }) == std::nullopt);
  CHECK_THROWS_AS(optional_on_error([]() -> int { throw std::bad_alloc(); }), std::bad_alloc);
}

enum class Colour { red, green, blue };
struct Row {
  Colour colour;
  int value;
};
constexpr Row good[] = {{Colour::red, 1}, {Colour::green, 2}, {Colour::blue, 3}};
constexpr Row swapped[] = {{Colour::red, 1}, {Colour::blue, 3}, {Colour::green, 2}};
constexpr Row missing[] = {{Colour::red, 1}, {Colour::blue, 3}};
static_assert(in_order(good, &Row::colour));
static_assert(in_order(good, [](const Row& row) { return row.colour; }));
static_assert(!in_order(swapped, &Row::colour));
static_assert(!in_order(missing, &Row::colour));

}  // namespace

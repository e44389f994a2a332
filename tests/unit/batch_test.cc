#include "base/batch.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"

namespace btfx {

namespace {

std::vector<int> numbers(int count) {
  std::vector<int> items(static_cast<std::size_t>(count));
  std::iota(items.begin(), items.end(), 0);
  return items;
}

/// Work whose cost differs from item to item, so that threads overtake each other.
int uneven(int item) {
  int sum = item;
  for (int i = 0; i < (item * 7919) % 2000; ++i) sum = (sum * 31 + i) % 1000003;
  return sum;
}

}  // namespace

TEST_CASE("Results come in the order of the items, whatever the number of threads", "[threads]") {
  const std::vector<int> items = numbers(300);
  std::vector<int> expected(items.size());
  std::transform(items.begin(), items.end(), expected.begin(), uneven);
  for (const unsigned jobs : {0U, 1U, 2U, 7U}) {
    for (const std::size_t window : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
      std::vector<int> delivered;
      run_batch(
          items, jobs, uneven, [&](int result) { delivered.push_back(result); }, window);
      CHECK(delivered == expected);
    }
  }
}

TEST_CASE("A batch of nothing delivers nothing", "[threads]") {
  run_batch(std::vector<int>{}, 4, uneven, [](int) { FAIL("nothing to deliver"); });
}

TEST_CASE("Results that can only be moved are moved", "[threads]") {
  for (const unsigned jobs : {1U, 2U}) {
    int sum = 0;
    run_batch(
        numbers(20), jobs, [](int item) { return std::make_unique<int>(item); },
        [&](std::unique_ptr<int> result) { sum += *result; });
    CHECK(sum == 190);
  }
}

TEST_CASE("No more items are begun and not delivered than the window holds", "[threads]") {
  for (const std::size_t window : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
    std::atomic<int> begun = 0;
    std::atomic<int> finished = 0;
    int most = 0;
    int position = 0;
    const auto next = [&]() -> std::optional<int> {
      if (position == 200) return std::nullopt;
      most = std::max(most, ++begun - finished);
      return position++;
    };
    run_stream(
        next, 4, uneven, [&](int) { ++finished; }, window);
    CHECK(finished == 200);
    CHECK(most <= static_cast<int>(window));
  }
}

TEST_CASE("next() is never called by two threads at once, nor again after the end", "[threads]") {
  std::atomic<int> inside = 0;
  bool ended = false;
  int position = 0;
  const auto next = [&]() -> std::optional<int> {
    if (inside.fetch_add(1) != 0) throw std::logic_error("two callers");
    if (ended) throw std::logic_error("called after the end");
    const std::optional<int> item = position < 100 ? std::optional(position++) : std::nullopt;
    ended = !item.has_value();
    --inside;
    return item;
  };
  int count = 0;
  run_stream(next, 4, uneven, [&](int) { ++count; });
  CHECK(count == 100);
}

TEST_CASE("The first exception in the order of the items is rethrown, after all before it were delivered",
          "[threads]") {
  for (const unsigned jobs : {1U, 2U, 5U}) {
    for (int round = 0; round < 20; ++round) {
      std::vector<int> delivered;
      const auto work = [](int item) {
        if (item >= 10) throw std::runtime_error("item " + std::to_string(item));
        return item + (uneven(item) & 0);
      };
      try {
        run_batch(numbers(50), jobs, work, [&](int result) { delivered.push_back(result); });
        FAIL("no exception");
      } catch (const std::runtime_error& error) {
        CHECK(error.what() == std::string("item 10"));
      }
      CHECK(delivered == numbers(10));
    }
  }
}

TEST_CASE("An exception while an item is being drawn ends all threads", "[threads]") {
  // The others wait for the slow next(), which gives nothing for them to do any more.
  int position = 0;
  const auto next = [&]() -> std::optional<int> {
    if (position == 1) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return position++;
  };
  const auto work = [](int item) -> int { throw std::runtime_error("item " + std::to_string(item)); };
  CHECK_THROWS_WITH(run_stream(next, 6, work, [](int) {}), "item 0");
}

TEST_CASE("An exception in next() comes after all items before it were delivered", "[threads]") {
  for (const unsigned jobs : {1U, 3U}) {
    int position = 0;
    std::vector<int> delivered;
    const auto next = [&]() -> std::optional<int> {
      if (position == 12) throw std::runtime_error("the stream broke");
      return position++;
    };
    CHECK_THROWS_WITH(run_stream(
                          next, jobs, [](int item) { return item; }, [&](int item) { delivered.push_back(item); }),
                      "the stream broke");
    CHECK(delivered == numbers(12));
  }
}

TEST_CASE("An exception in deliver() stops the batch", "[threads]") {
  for (const unsigned jobs : {1U, 3U}) {
    std::atomic<int> worked = 0;
    const auto work = [&](int item) {
      ++worked;
      return item;
    };
    const auto deliver = [](int result) {
      if (result == 5) throw std::runtime_error("the reader has gone");
    };
    CHECK_THROWS_WITH(run_batch(numbers(1000), jobs, work, deliver, 4), "the reader has gone");
    CHECK(worked < 1000);
  }
}

TEST_CASE("What goes on beside some work ends with it", "[threads]") {
  std::atomic<int> rounds = 0;
  run_while(
      2,
      [&] {
        while (rounds < 10) std::this_thread::yield();
      },
      [&](const auto& done) {
        while (!done()) ++rounds;
      });
  CHECK(rounds >= 10);
  const auto failing = [] { throw std::runtime_error("no such base"); };
  CHECK_THROWS_WITH(run_while(2, failing,
                              [](const auto& done) {
                                while (!done()) std::this_thread::yield();
                              }),
                    "no such base");
  bool is_run = false;
  run_while(
      1, [&] { is_run = true; }, [](const auto&) { FAIL("one job has no time for it"); });
  CHECK(is_run);
}

TEST_CASE("One job runs everything on the calling thread") {
  const std::thread::id self = std::this_thread::get_id();
  run_batch(
      numbers(3), 1, [&](int) { return std::this_thread::get_id() == self; }, [](bool same) { CHECK(same); });
}

TEST_CASE("What pieces of a range gave is gathered in their order", "[threads]") {
  for (const unsigned jobs : {1U, 2U, 5U}) {
    for (const std::size_t end : {std::size_t{3}, std::size_t{4}, std::size_t{10}, std::size_t{103}}) {
      std::vector<std::pair<std::size_t, std::size_t>> pieces;
      gather_ranges(
          3, end, jobs, [](std::size_t from, std::size_t to) { return std::pair(from, to); },
          [&](const std::pair<std::size_t, std::size_t>& piece) { pieces.push_back(piece); }, 7);
      std::vector<std::pair<std::size_t, std::size_t>> expected;
      for (std::size_t at = 3; at < end; at += 7) expected.emplace_back(at, std::min(at + 7, end));
      CHECK(pieces == expected);
    }
  }
}

TEST_CASE("What has to be prepared is done once, before an item needs it", "[threads]") {
  for (const unsigned jobs : {1U, 2U, 5U}) {
    std::atomic<int> to_draw = 0, to_work = 0;
    const Preparations preparations{
        .to_draw = {[&] { ++to_draw; }, [&] { std::this_thread::yield(), ++to_draw; }},
        .to_work = {[&] { std::this_thread::yield(), ++to_work; }, [&] { ++to_work; }, [&] { ++to_work; }}};
    int left = 100;
    std::vector<int> delivered;
    const auto next = [&]() -> std::optional<int> {
      CHECK(to_draw == 2);
      return left != 0 ? std::optional(left--) : std::nullopt;
    };
    run_stream(
        next, jobs, [&](int item) { return to_work == 3 ? item : -1; }, [&](int item) { delivered.push_back(item); }, 0,
        preparations);
    std::vector<int> expected;
    for (int i = 100; i > 0; --i) expected.push_back(i);
    CHECK(delivered == expected);
    CHECK(to_draw + to_work == 5);
  }
}

TEST_CASE("Where a preparation fails nothing is delivered", "[threads]") {
  for (const unsigned jobs : {1U, 2U, 5U}) {
    for (const bool is_to_draw : {true, false}) {
      Preparations preparations;
      (is_to_draw ? preparations.to_draw : preparations.to_work).emplace_back([] {
        throw std::runtime_error("nothing works");
      });
      int left = 10;
      const auto next = [&] { return left != 0 ? std::optional(left--) : std::nullopt; };
      CHECK_THROWS_WITH(run_stream(
                            next, jobs, [](int item) { return item; }, [](int) { FAIL("there is nothing to deliver"); },
                            0, preparations),
                        "nothing works");
    }
  }
}

TEST_CASE("There is at least one job by default") {
  CHECK(default_jobs() >= 1);
}

}  // namespace btfx

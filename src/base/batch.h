// The only place with threads: work on many items, results in input order.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace btfx {

/// The number of workers used when nobody says otherwise: the processors this process may run on, at least 1.
unsigned default_jobs();

/// Runs `work(item)` for every item that `next()` yields, on up to `jobs` threads, the calling one among them, and
/// hands each result to `deliver(result)`, in the order the items came.
///
/// - `next()` returns std::optional<Item>; it is called under a lock, one call at a time, so that it may read a stream.
/// - `work(Item&&)` touches only its item and shared constants. An exception in it, or in `next()`, stops the batch:
///   what came before it is delivered, then the first one in the order of the items is rethrown here. Whoever wants one
///   bad item not to stop the others catches inside `work`.
/// - `deliver` is called by whichever thread has the next result, one call at a time: handing results to one thread
///   would cost two changes of threads for each. An exception in it stops the batch at once.
/// - At most `window` items are begun and not delivered, which bounds memory (0: four for each job).
/// - With one job everything runs on the calling thread, item by item.
template <typename Next, typename Work, typename Deliver>
void run_stream(Next&& next, unsigned jobs, Work&& work, Deliver&& deliver, std::size_t window = 0) {
  using Item = typename std::invoke_result_t<Next&>::value_type;
  using Result = std::invoke_result_t<Work&, Item&&>;
  if (jobs <= 1) {
    while (std::optional<Item> item = next()) deliver(work(std::move(*item)));
    return;
  }
  if (window == 0) window = std::size_t{jobs} * 4;

  struct {
    std::mutex mutex;  // held around next(), and guards the two below
    std::size_t drawn = 0;
    bool exhausted = false;
  } source;
  struct {
    std::mutex mutex;  // guards everything below
    std::condition_variable changed;
    std::map<std::size_t, Result> done;
    std::size_t begun = 0, delivered = 0;
    unsigned waiting = 0;
    bool delivering = false, stop = false;
    std::exception_ptr delivery_failure;
    std::exception_ptr failure;  // the first in the order of the items
    std::size_t failed = 0;      // whose it is
  } state;

  // Both are called with the state's lock held, and release it while they run what is not ours.
  const auto deliver_ready = [&](std::unique_lock<std::mutex>& lock) {
    state.delivering = true;
    for (auto found = state.done.begin(); found != state.done.end() && found->first == state.delivered;
         found = state.done.begin()) {
      auto node = state.done.extract(found);
      lock.unlock();
      try {
        deliver(std::move(node.mapped()));
      } catch (...) {
        lock.lock();
        state.delivery_failure = std::current_exception();
        state.stop = true;
        state.changed.notify_all();
        return;  // still delivering: nobody else may
      }
      lock.lock();
      ++state.delivered;
      if (state.waiting != 0) state.changed.notify_one();
    }
    state.delivering = false;
  };
  const auto work_on_one = [&](std::unique_lock<std::mutex>& lock) {
    ++state.begun;
    lock.unlock();
    std::size_t place = 0;
    std::map<std::size_t, Result> result;  // one at most; its node goes to the others, so that nothing fails below
    std::exception_ptr failure;
    try {
      std::optional<Item> item;
      {
        const std::lock_guard drawing(source.mutex);
        place = source.drawn;
        if (!std::exchange(source.exhausted, true)) {  // and it stays so if next() throws
          item = next();
          source.exhausted = !item;
        }
        if (item) ++source.drawn;
      }
      if (item) result.emplace(place, work(std::move(*item)));
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (!result.empty()) {
      state.done.merge(result);
      return;
    }
    if (failure && (!state.failure || place < state.failed)) {
      state.failure = failure;
      state.failed = place;
    }
    state.stop = true;
    state.changed.notify_all();
  };
  const auto take_part = [&] {
    std::unique_lock lock(state.mutex);
    for (;;) {
      if (!state.delivering && !state.done.empty() && state.done.begin()->first == state.delivered) {
        deliver_ready(lock);
      } else if (state.stop) {
        return;  // what is still being worked on is delivered by whoever works on it
      } else if (state.begun - state.delivered < window) {
        work_on_one(lock);
      } else {
        ++state.waiting;
        state.changed.wait(lock);
        --state.waiting;
      }
    }
  };

  {
    std::vector<std::jthread> threads;
    threads.reserve(jobs);
    try {
      while (threads.size() + 1 < jobs) threads.emplace_back(take_part);
    } catch (const std::system_error&) {  // fewer threads than asked for will do
    }
    take_part();
  }
  if (state.delivery_failure) std::rethrow_exception(state.delivery_failure);
  if (state.failure) std::rethrow_exception(state.failure);
}

/// The same for items that are all there: `work(const Item&)`.
template <typename Item, typename Work, typename Deliver>
void run_batch(const std::vector<Item>& items, unsigned jobs, Work&& work, Deliver&& deliver, std::size_t window = 0) {
  std::size_t position = 0;
  const auto next = [&]() -> std::optional<const Item*> {
    return position < items.size() ? std::optional(&items[position++]) : std::nullopt;
  };
  jobs = static_cast<unsigned>(std::clamp<std::size_t>(items.size(), 1, std::max(jobs, 1U)));
  run_stream(
      next, jobs, [&](const Item* item) { return work(*item); }, std::forward<Deliver>(deliver), window);
}

/// Splits [begin, end) into pieces and calls `work(piece_begin, piece_end)` for each, on up to `jobs` threads.
template <typename Work>
void run_ranges(std::size_t begin, std::size_t end, unsigned jobs, Work&& work, std::size_t piece = 16384) {
  std::vector<std::pair<std::size_t, std::size_t>> pieces;
  for (std::size_t at = begin; at < end; at += std::min(piece, end - at)) {
    pieces.emplace_back(at, at + std::min(piece, end - at));
  }
  run_batch(
      pieces, jobs,
      [&](const std::pair<std::size_t, std::size_t>& range) {
        work(range.first, range.second);
        return true;
      },
      [](bool) {});
}

}  // namespace btfx

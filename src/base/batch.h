// The only place with threads: work on many items, results in input order.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace btfx {

/// The number of workers used when nobody says otherwise: the processors this process may run on, at least 1.
unsigned default_jobs();

/// Runs `work(item)` for every item that `next()` yields, on up to `jobs` threads, and hands each result to
/// `deliver(result)` on the calling thread, in the order the items came.
///
/// - `next()` returns std::optional<Item>; it is called under a lock, one call at a time, so that it may read a stream.
/// - `work(Item&&)` touches only its item and shared constants. An exception in it, or in `next()`, stops the batch:
///   what came before it is delivered, then the first one in the order of the items is rethrown here. Whoever wants one
///   bad item not to stop the others catches inside `work`. An exception in `deliver` stops the batch at once.
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

  struct State {
    std::mutex source;  // held around next(), and while a place in the order is drawn
    std::mutex mutex;   // guards everything below
    std::condition_variable room, ready;
    std::map<std::size_t, Result> done;
    std::size_t started = 0, delivered = 0;
    unsigned running = 0;
    bool stop = false;
    std::map<std::size_t, std::exception_ptr> failures;
  } state;

  const auto worker = [&] {
    std::size_t place = 0;
    try {
      for (;;) {
        std::optional<Item> item;
        {
          const std::lock_guard source(state.source);
          {
            std::unique_lock lock(state.mutex);
            state.room.wait(lock, [&] { return state.stop || state.started - state.delivered < window; });
            if (state.stop) break;
            place = state.started;
          }
          item = next();
          const std::lock_guard lock(state.mutex);
          if (!item) {
            state.stop = true;
            state.room.notify_all();
            break;
          }
          ++state.started;
        }
        Result result = work(std::move(*item));
        const std::lock_guard lock(state.mutex);
        state.done.emplace(place, std::move(result));
        if (place == state.delivered) state.ready.notify_one();
      }
    } catch (...) {
      const std::lock_guard lock(state.mutex);
      state.failures.emplace(place, std::current_exception());
      state.stop = true;
      state.room.notify_all();
    }
    const std::lock_guard lock(state.mutex);
    --state.running;
    state.ready.notify_one();
  };

  std::vector<std::jthread> threads;
  threads.reserve(jobs);
  std::unique_lock lock(state.mutex);
  try {
    for (; state.running < jobs; ++state.running) threads.emplace_back(worker);
  } catch (...) {
    if (threads.empty()) throw;  // fewer threads than asked for will do, none will not
  }
  try {
    for (;;) {
      state.ready.wait(lock, [&] { return state.running == 0 || state.done.contains(state.delivered); });
      const auto found = state.done.find(state.delivered);
      if (found == state.done.end()) break;  // nobody is running any more
      auto node = state.done.extract(found);
      lock.unlock();
      deliver(std::move(node.mapped()));
      lock.lock();
      ++state.delivered;
      state.room.notify_all();
    }
  } catch (...) {  // from deliver, with the lock released
    if (!lock.owns_lock()) lock.lock();
    state.stop = true;
    state.room.notify_all();
    lock.unlock();
    throw;  // the threads are joined on the way out
  }
  lock.unlock();
  threads.clear();
  if (!state.failures.empty()) std::rethrow_exception(state.failures.begin()->second);
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

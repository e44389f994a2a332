// The only place with threads: work on many items, results in input order.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace btfx {

/// The number of workers used by default: the processors this process may run on, at least 1.
unsigned default_jobs();

/// What has to be done once, in any order or at the same time, before the items of a batch.
struct Preparations {
  std::vector<std::function<void()>> to_draw = {};  ///< before the first item is drawn
  std::vector<std::function<void()>> to_work = {};  ///< before the first is worked on
};

namespace detail {

/// One item of a batch on its way: drawn, then worked on, then delivered.
class BatchTask {
 public:
  BatchTask() = default;
  BatchTask(const BatchTask&) = delete;
  BatchTask& operator=(const BatchTask&) = delete;
  virtual ~BatchTask() = default;
  virtual void work() = 0;
  virtual void deliver() = 0;
};

/// Where the tasks of a batch come from.
class BatchSource {
 public:
  BatchSource() = default;
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;
  virtual ~BatchSource() = default;
  /// The task of the next item; null at the end. Called one call at a time.
  virtual std::unique_ptr<BatchTask> next() = 0;
};

/// run_stream() for two threads or more.
void run_threads(BatchSource& source, unsigned jobs, std::size_t window, const Preparations& preparations);

}  // namespace detail

/// Runs `work(item)` for every item that `next()` yields, on up to `jobs` threads, the calling one among them, and
/// hands each result to `deliver(result)`, in the order the items came.
///
/// - `next()` returns std::optional<Item>; it is called one call at a time, by any thread, so that it may read a
/// stream,
///   and a few items before they are worked on.
/// - `work(Item&&)` touches only its item and shared constants. An exception in it, or in `next()`, stops the batch:
///   what came before it is delivered, then the first one in the order of the items is rethrown here. To go on after a
///   bad item, catch inside `work`.
/// - `deliver` is called by the thread that has the next result, one call at a time: handing results over to one thread
///   would cost two context switches for each. An exception in it stops the batch at once.
/// - At most `window` items are drawn and not delivered, which bounds memory (0: 24 for each job).
/// - The threads share the `preparations` first, those to draw an item before those to work on one. The first that
///   throws, in their order, is rethrown here.
/// - With one job everything runs on the calling thread, item by item.
template <typename Next, typename Work, typename Deliver>
void run_stream(Next&& next, unsigned jobs, Work&& work, Deliver&& deliver, std::size_t window = 0,
                const Preparations& preparations = {}) {
  using Item = typename std::invoke_result_t<Next&>::value_type;
  using Result = std::invoke_result_t<Work&, Item&&>;
  if (jobs <= 1) {
    for (const auto& prepare : preparations.to_draw) prepare();
    for (const auto& prepare : preparations.to_work) prepare();
    while (std::optional<Item> item = next()) deliver(work(std::move(*item)));
    return;
  }
  class Task : public detail::BatchTask {
   public:
    Task(Item&& item, Work& work, Deliver& deliver) : item_(std::move(item)), work_(work), deliver_(deliver) {}
    void work() override {
      result_.emplace(work_(std::move(*item_)));
      item_.reset();
    }
    void deliver() override { deliver_(std::move(*result_)); }

   private:
    std::optional<Item> item_;
    std::optional<Result> result_;
    std::remove_reference_t<Work>& work_;
    std::remove_reference_t<Deliver>& deliver_;
  };
  class Source : public detail::BatchSource {
   public:
    Source(Next& next, Work& work, Deliver& deliver) : next_(next), work_(work), deliver_(deliver) {}
    std::unique_ptr<detail::BatchTask> next() override {
      std::optional<Item> item = next_();
      return item ? std::make_unique<Task>(std::move(*item), work_, deliver_) : nullptr;
    }

   private:
    std::remove_reference_t<Next>& next_;
    std::remove_reference_t<Work>& work_;
    std::remove_reference_t<Deliver>& deliver_;
  };
  Source source(next, work, deliver);
  detail::run_threads(source, jobs, window != 0 ? window : std::size_t{jobs} * 24, preparations);
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

/// Runs `work()`, and meanwhile, with two jobs or more, `other(done)` on another thread: what it can do until `done()`
/// says that the work is. What either throws is thrown here, of both what the work does.
template <typename Work, typename Other>
void run_while(unsigned jobs, Work&& work, Other&& other) {
  std::atomic<bool> is_done = false;
  const auto run = [&](int which) {
    if (which != 0) {
      other([&is_done] { return is_done.load(); });
      return true;
    }
    try {
      work();
    } catch (...) {
      is_done = true;
      throw;
    }
    is_done = true;
    return true;
  };
  run_batch(jobs > 1 ? std::vector{0, 1} : std::vector{0}, jobs, run, [](bool) {});
}

/// Splits [begin, end) into pieces, calls `work(piece_begin, piece_end)` for each, on up to `jobs` threads, and hands
/// the results to `gather(result)` in the order of the pieces.
template <typename Work, typename Gather>
void gather_ranges(std::size_t begin, std::size_t end, unsigned jobs, Work&& work, Gather&& gather,
                   std::size_t piece = 16384) {
  std::vector<std::pair<std::size_t, std::size_t>> pieces;
  for (std::size_t at = begin; at < end; at += std::min(piece, end - at)) {
    pieces.emplace_back(at, at + std::min(piece, end - at));
  }
  run_batch(
      pieces, jobs, [&](const std::pair<std::size_t, std::size_t>& range) { return work(range.first, range.second); },
      std::forward<Gather>(gather));
}

/// The same for work that has no results.
template <typename Work>
void run_ranges(std::size_t begin, std::size_t end, unsigned jobs, Work&& work, std::size_t piece = 16384) {
  gather_ranges(
      begin, end, jobs,
      [&](std::size_t piece_begin, std::size_t piece_end) {
        work(piece_begin, piece_end);
        return true;
      },
      [](bool) {}, piece);
}

}  // namespace btfx

#include "base/batch.h"

#include <sched.h>

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

namespace btfx {

unsigned default_jobs() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    const int count = CPU_COUNT(&allowed);
    if (count > 0) return static_cast<unsigned>(count);
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

namespace detail {

namespace {

using TaskPtr = std::unique_ptr<BatchTask>;

/// What the threads of one batch share.
class Batch {
 public:
  Batch(BatchSource& source, std::size_t window) : source_(source), window_(window) {}

  /// What each thread runs: delivers where it can, else works on the next item, else waits.
  void take_part();
  /// Once no thread takes part any more: throws what has to be rethrown.
  void finish() const {
    if (delivery_failure_) std::rethrow_exception(delivery_failure_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  // Both are called with the lock held, and release it while they run code that is not ours.
  void deliver_ready(std::unique_lock<std::mutex>& lock);
  void work_on_one(std::unique_lock<std::mutex>& lock);
  TaskPtr draw(std::size_t& place);

  BatchSource& source_;
  const std::size_t window_;

  std::mutex source_mutex_;  // held around next(), and guards the two below
  std::size_t drawn_ = 0;
  bool is_exhausted_ = false;

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::map<std::size_t, TaskPtr> done_;
  std::size_t begun_ = 0, delivered_ = 0;
  unsigned waiting_ = 0;
  bool is_delivering_ = false, must_stop_ = false;
  std::exception_ptr delivery_failure_;
  std::exception_ptr failure_;  // the first in the order of the items
  std::size_t failed_ = 0;      // whose it is
};

void Batch::deliver_ready(std::unique_lock<std::mutex>& lock) {
  is_delivering_ = true;
  for (auto found = done_.begin(); found != done_.end() && found->first == delivered_; found = done_.begin()) {
    auto node = done_.extract(found);
    lock.unlock();
    try {
      node.mapped()->deliver();
      node.mapped().reset();
    } catch (...) {
      lock.lock();
      delivery_failure_ = std::current_exception();
      must_stop_ = true;
      changed_.notify_all();
      return;  // one thread delivers at a time
    }
    lock.lock();
    ++delivered_;
    if (waiting_ != 0) changed_.notify_one();
  }
  is_delivering_ = false;
}

/// The next task and its place in the order; null when there is none any more.
TaskPtr Batch::draw(std::size_t& place) {
  const std::lock_guard drawing(source_mutex_);
  place = drawn_;
  if (std::exchange(is_exhausted_, true)) return nullptr;  // and it stays so if next() throws
  TaskPtr task = source_.next();
  is_exhausted_ = task == nullptr;
  if (task) ++drawn_;
  return task;
}

void Batch::work_on_one(std::unique_lock<std::mutex>& lock) {
  ++begun_;
  lock.unlock();
  std::size_t place = 0;
  std::map<std::size_t, TaskPtr> result;  // one at most; its node goes to the others, so that nothing fails below
  std::exception_ptr failure;
  try {
    if (TaskPtr task = draw(place)) {
      task->work();
      result.emplace(place, std::move(task));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  if (!result.empty()) {
    done_.merge(result);
    return;
  }
  if (failure && (!failure_ || place < failed_)) {
    failure_ = failure;
    failed_ = place;
  }
  must_stop_ = true;
  changed_.notify_all();
}

void Batch::take_part() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!is_delivering_ && !done_.empty() && done_.begin()->first == delivered_) {
      deliver_ready(lock);
    } else if (must_stop_) {
      return;  // results still being made are delivered by the threads that make them
    } else if (begun_ - delivered_ < window_) {
      work_on_one(lock);
    } else {
      ++waiting_;
      changed_.wait(lock);
      --waiting_;
    }
  }
}

}  // namespace

void run_threads(BatchSource& source, unsigned jobs, std::size_t window) {
  Batch batch(source, window);
  {
    std::vector<std::jthread> threads;
    threads.reserve(jobs);
    try {
      while (threads.size() + 1 < jobs) threads.emplace_back([&batch] { batch.take_part(); });
    } catch (const std::system_error&) {  // fewer threads than asked for will do
    }
    batch.take_part();
  }
  batch.finish();
}

}  // namespace detail

}  // namespace btfx

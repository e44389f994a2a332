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
  Batch(BatchSource& source, unsigned jobs, std::size_t window, const Preparations& preparations)
      : source_(source),
        preparations_(preparations),
        ahead_(std::size_t{jobs} * 8),
        window_(window),
        to_draw_(preparations.to_draw.size()),
        to_work_(preparations.to_work.size()) {}

  /// What each thread runs: prepares or delivers where it can, else draws an item where few are waiting to be worked
  /// on, else works on one, else waits.
  void take_part();
  /// Once no thread takes part any more: throws what has to be rethrown.
  void finish() const {
    if (delivery_failure_) std::rethrow_exception(delivery_failure_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  // These are called with the lock held, and release it while they run code that is not ours.
  void prepare_one(std::unique_lock<std::mutex>& lock);
  void deliver_ready(std::unique_lock<std::mutex>& lock);
  void draw_one(std::unique_lock<std::mutex>& lock);
  void work_on_one(std::unique_lock<std::mutex>& lock);
  // These expect the lock to be held.
  [[nodiscard]] bool can_prepare() const;
  [[nodiscard]] bool can_draw() const;
  void fail(std::size_t place, const std::exception_ptr& failure);

  BatchSource& source_;
  const Preparations& preparations_;
  // How many items are to be drawn before a thread is free for them. A source that has to unpack what it reads takes
  // long for each: with nothing drawn ahead, a thread would wait for the one that reads.
  const std::size_t ahead_;
  const std::size_t window_;

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::size_t begun_ = 0;          // of all preparations
  std::size_t to_draw_, to_work_;  // how many of them are not done yet
  std::size_t failed_preparation_ = SIZE_MAX;
  std::map<std::size_t, TaskPtr> waiting_, done_;
  std::size_t drawn_ = 0, delivered_ = 0;
  unsigned idle_ = 0;
  bool is_drawing_ = false, is_exhausted_ = false, is_delivering_ = false;
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
      changed_.notify_all();
      return;  // one thread delivers at a time
    }
    lock.lock();
    ++delivered_;
    if (idle_ != 0) changed_.notify_one();
  }
  is_delivering_ = false;
}

bool Batch::can_prepare() const {
  return begun_ < preparations_.to_draw.size() + preparations_.to_work.size();
}

void Batch::prepare_one(std::unique_lock<std::mutex>& lock) {
  const std::size_t place = begun_++, for_drawing = preparations_.to_draw.size();
  const bool is_to_draw = place < for_drawing;
  lock.unlock();
  std::exception_ptr failure;
  try {
    is_to_draw ? preparations_.to_draw[place]() : preparations_.to_work[place - for_drawing]();
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  if (failure && place <= failed_preparation_) {  // of several, the first: all before it have been begun
    failed_preparation_ = place;
    delivery_failure_ = failure;  // nothing will be delivered
  }
  if (--(is_to_draw ? to_draw_ : to_work_) == 0 || failure) changed_.notify_all();
}

bool Batch::can_draw() const {
  return to_draw_ == 0 && !is_drawing_ && !is_exhausted_ && drawn_ - delivered_ < window_;
}

/// Notes the failure of the item in a place: those before it are still worked on, and no others.
void Batch::fail(std::size_t place, const std::exception_ptr& failure) {
  is_exhausted_ = true;
  changed_.notify_all();
  if (failure_ && failed_ <= place) return;
  failure_ = failure;
  failed_ = place;
  waiting_.erase(waiting_.upper_bound(place), waiting_.end());
}

void Batch::draw_one(std::unique_lock<std::mutex>& lock) {
  is_drawing_ = true;
  const std::size_t place = drawn_;
  std::map<std::size_t, TaskPtr> item;  // one at most; its node goes to the others, so that nothing fails below
  std::exception_ptr failure;
  lock.unlock();
  try {
    if (TaskPtr task = source_.next()) item.emplace(place, std::move(task));
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  is_drawing_ = false;
  if (failure) return fail(place, failure);
  if (item.empty()) {
    is_exhausted_ = true;
    changed_.notify_all();
    return;
  }
  ++drawn_;
  if (!failure_) waiting_.merge(item);
  if (is_exhausted_) {  // by a failure meanwhile: all that waited for the end of this call have to see it
    changed_.notify_all();
  } else if (idle_ != 0) {
    changed_.notify_one();
  }
}

void Batch::work_on_one(std::unique_lock<std::mutex>& lock) {
  auto item = waiting_.extract(waiting_.begin());
  std::exception_ptr failure;
  lock.unlock();
  try {
    item.mapped()->work();
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  if (failure) return fail(item.key(), failure);
  done_.insert(std::move(item));
}

void Batch::take_part() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (delivery_failure_) return;
    if (!is_delivering_ && !done_.empty() && done_.begin()->first == delivered_) {
      deliver_ready(lock);
    } else if (can_prepare()) {
      prepare_one(lock);
    } else if (waiting_.size() < ahead_ && can_draw()) {
      draw_one(lock);
    } else if (!waiting_.empty() && to_draw_ == 0 && to_work_ == 0) {
      work_on_one(lock);
    } else if (waiting_.empty() && is_exhausted_ && !is_drawing_) {
      return;  // results still being made are delivered by the threads that make them
    } else {
      ++idle_;
      changed_.wait(lock);
      --idle_;
    }
  }
}

}  // namespace

void run_threads(BatchSource& source, unsigned jobs, std::size_t window, const Preparations& preparations) {
  Batch batch(source, jobs, window, preparations);
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

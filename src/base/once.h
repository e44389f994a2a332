// Values that are made on first use, by one thread, while the others that need them wait.
#pragma once

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace btfx {

/// A value that is made when it is first needed. A failure to make it is kept like a value, so that it is not tried
/// again for each of many items: everybody who asks gets the same exception. Safe to use from many threads; a class
/// that makes something lazily in a const member function holds a `mutable Once<T>`.
template <typename T>
class Once {
 public:
  Once() = default;
  /// Holds a value that is known already.
  explicit Once(T value) {
    get([&] { return std::move(value); });
  }
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;
  ~Once() = default;

  /// The value, made by `make()` if this is the first call. `make` must not ask for the same value again. Throws what
  /// the first call's `make()` threw, if it did. The reference is valid as long as this object.
  template <typename Make>
  const T& get(Make&& make) {
    if (!is_made_.load(std::memory_order_acquire)) make_once(std::forward<Make>(make));
    if (failure_) std::rethrow_exception(failure_);
    return *value_;
  }

 private:
  // Not std::call_once(), which costs a system call even where nobody waits.
  template <typename Make>
  void make_once(Make&& make) {
    const std::lock_guard lock(mutex_);
    if (is_made_.load(std::memory_order_relaxed)) return;
    try {
      value_.emplace(std::forward<Make>(make)());
    } catch (...) {
      failure_ = std::current_exception();
    }
    is_made_.store(true, std::memory_order_release);
  }

  std::mutex mutex_;
  std::atomic<bool> is_made_ = false;
  std::optional<T> value_;
  std::exception_ptr failure_;
};

/// One such value for each key. Values of different keys are made at the same time where different threads need them.
template <typename Key, typename T>
class OncePerKey {
 public:
  /// The value of `key`, made by `make()` if it was never asked for before. Throws what that `make()` threw, if it did.
  /// The reference is valid as long as this object.
  template <typename Make>
  const T& get(const Key& key, Make&& make) {
    return slot(key).get(std::forward<Make>(make));
  }

 private:
  Once<T>& slot(const Key& key) {
    const std::lock_guard lock(mutex_);
    return slots_[key];
  }

  std::mutex mutex_;              // guards the map, not its values
  std::map<Key, Once<T>> slots_;  // whose nodes stay where they are
};

}  // namespace btfx

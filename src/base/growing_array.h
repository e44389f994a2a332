// An array for what becomes large: growing does not copy it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace btfx {

/// Like std::vector, for values that are copied as bytes. It grows with realloc(), which moves the pages of a large
/// array instead of its bytes, so that neither time nor memory is spent on a second copy.
template <typename Value>
requires std::is_trivially_copyable_v<Value>
class GrowingArray {
 public:
  GrowingArray() = default;
  GrowingArray(GrowingArray&& other) noexcept
      : values_(std::exchange(other.values_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        room_(std::exchange(other.room_, 0)) {}
  GrowingArray& operator=(GrowingArray&& other) noexcept {
    std::swap(values_, other.values_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
    return *this;
  }
  GrowingArray(const GrowingArray& other) { append(std::span(other.values_, other.size_)); }
  GrowingArray& operator=(const GrowingArray& other) {
    if (this != &other) *this = GrowingArray(other);
    return *this;
  }
  ~GrowingArray() { std::free(values_); }  // NOLINT(cppcoreguidelines-no-malloc): what realloc() gave

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] Value* data() { return values_; }
  [[nodiscard]] const Value* data() const { return values_; }
  [[nodiscard]] Value* begin() { return values_; }
  [[nodiscard]] const Value* begin() const { return values_; }
  [[nodiscard]] Value* end() { return values_ + size_; }
  [[nodiscard]] const Value* end() const { return values_ + size_; }
  [[nodiscard]] Value& operator[](std::size_t at) { return values_[at]; }
  [[nodiscard]] const Value& operator[](std::size_t at) const { return values_[at]; }

  /// Keeps the memory.
  void clear() { size_ = 0; }
  /// Gives back memory beyond its size.
  void fit() {
    if (size_ == room_ || size_ == 0) return;
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): what make_room() got
    void* const moved = std::realloc(static_cast<void*>(values_), size_ * sizeof(Value));
    if (moved == nullptr) return;
    values_ = static_cast<Value*>(moved);
    room_ = size_;
  }
  /// To no more than it has.
  void shrink(std::size_t size) { size_ = std::min(size_, size); }

  /// Adds so many values, which are not set yet, and returns the first. Throws std::bad_alloc.
  Value* grow(std::size_t more) {
    if (more > room_ - size_) make_room(more);
    return values_ + std::exchange(size_, size_ + more);
  }
  void push_back(const Value& value) {
    const Value copy = value;  // it may be one of this array, which moves
    *grow(1) = copy;
  }
  /// Appends copies of values of another array.
  void append(std::span<const Value> values) {
    if (!values.empty()) std::memcpy(grow(values.size()), values.data(), values.size_bytes());
  }
  /// The same in front of all others.
  void prepend(std::span<const Value> values) {
    append(values);
    std::rotate(begin(), end() - values.size(), end());
  }

 private:
  void make_room(std::size_t more) {
    constexpr std::size_t most = PTRDIFF_MAX / sizeof(Value);
    if (more > most - size_) throw std::bad_alloc();
    const std::size_t wanted = std::max({size_ + more, std::min(room_ + room_ / 2, most), std::size_t{16}});
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): nothing else moves pages
    void* const moved = std::realloc(static_cast<void*>(values_), wanted * sizeof(Value));
    if (moved == nullptr) throw std::bad_alloc();
    values_ = static_cast<Value*>(moved);
    room_ = wanted;
  }

  Value* values_ = nullptr;
  std::size_t size_ = 0, room_ = 0;
};

}  // namespace btfx

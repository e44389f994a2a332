// Memory that grows while something of unknown size is unpacked into it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "base/bytes.h"

namespace btfx {

/// Collects bytes and gives them away as Bytes. Not a vector, because that would zero memory that is overwritten at
/// once and copy where realloc() can move whole pages.
class GrowingBuffer {
 public:
  /// `expected`: how many bytes will probably come; a wrong guess costs only time.
  explicit GrowingBuffer(std::size_t expected) { resize_storage(expected < 4096 ? 4096 : expected); }

  void append(const void* from, std::size_t length) {
    if (length == 0) return;
    if (length > capacity_ - size_) resize_storage(std::max(capacity_ * 2, size_ + length));
    std::memcpy(data_.get() + size_, from, length);
    size_ += length;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  /// What was collected; unused memory is given back.
  Bytes take() && {
    if (size_ == 0) return {};
    resize_storage(size_);
    const ByteView view(data_.get(), size_);
    return {std::shared_ptr<const void>(std::move(data_)), view};
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }  // NOLINT(*-no-malloc)
  };

  void resize_storage(std::size_t capacity) {
    void* moved = std::realloc(data_.get(), capacity);  // NOLINT(*-no-malloc): moves pages, does not copy
    if (moved == nullptr) throw std::bad_alloc();
    (void)data_.release();  // realloc() has freed or kept it
    data_.reset(static_cast<std::byte*>(moved));
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace btfx

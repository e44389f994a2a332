#include "emit/text_buffer.h"

#include <algorithm>
#include <utility>

namespace btfx {

void TextBuffer::flush() {
  if (size() != 0) out_->write(text());
  truncate(0);
}

void TextBuffer::make_room(std::size_t wanted) {
  constexpr std::size_t smallest = std::size_t{64} << 10;
  if (out_ != nullptr) flush();
  const std::size_t used = size();
  const auto capacity = static_cast<std::size_t>(end_ - begin_.get());
  if (capacity - used >= wanted) return;
  if (out_ == nullptr && wanted > limit_ - used) throw Full{};
  std::size_t larger = std::max({smallest, 2 * capacity, used + wanted});
  if (out_ == nullptr) larger = std::min(larger, limit_);
  auto grown = std::make_unique_for_overwrite<char[]>(larger);
  if (used != 0) std::memcpy(grown.get(), begin_.get(), used);
  begin_ = std::move(grown);
  at_ = begin_.get() + used;
  end_ = begin_.get() + larger;
}

}  // namespace btfx

#include "emit/dump/text_buffer.h"

#include <algorithm>
#include <utility>

namespace btfx {

namespace {
constexpr std::size_t large = std::size_t{64} << 10;
}

void TextBuffer::flush() {
  ++moves_;
  if (size() != 0) out_->write(text());
  truncate(0);
}

void TextBuffer::make_room(std::size_t wanted) {
  if (out_ != nullptr) flush();
  const std::size_t used = size();
  const auto capacity = static_cast<std::size_t>(end_ - begin_.get());
  if (capacity - used >= wanted) return;
  if (out_ == nullptr && wanted > limit_ - used) throw Full{};
  ++moves_;
  std::size_t larger = std::max({large, 2 * capacity, used + wanted});
  if (out_ == nullptr) larger = std::min(larger, limit_);
  auto grown = std::make_unique_for_overwrite<char[]>(larger);
  if (used != 0) std::memcpy(grown.get(), begin_.get(), used);
  begin_ = std::move(grown);
  at_ = begin_.get() + used;
  end_ = begin_.get() + larger;
}

void TextBuffer::put(std::string_view text) {
  if (text.empty()) return;
  if (out_ != nullptr && text.size() >= large) {  // no second copy of something that long
    flush();
    out_->write(text);
    return;
  }
  if (static_cast<std::size_t>(end_ - at_) < text.size()) make_room(text.size());
  std::memcpy(at_, text.data(), text.size());
  at_ += text.size();
}

}  // namespace btfx

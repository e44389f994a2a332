// An array of something small for each of very many things, of which few may be looked at.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace btfx {

/// So many values, each made of zero bytes, which has to be a value of that type. What is large comes from the system
/// as pages that cost nothing until they are touched, where std::vector would write every value first.
template <typename Value>
requires std::is_trivially_copyable_v<Value> && std::is_trivially_destructible_v<Value>
class ZeroedArray {
 public:
  /// Throws std::bad_alloc.
  explicit ZeroedArray(std::size_t size)
      // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): nothing else has pages that are zero already
      : values_(static_cast<Value*>(std::calloc(size != 0 ? size : 1, sizeof(Value)))) {
    if (values_ == nullptr) throw std::bad_alloc();
  }

  [[nodiscard]] Value& operator[](std::size_t at) { return values_.get()[at]; }
  [[nodiscard]] const Value& operator[](std::size_t at) const { return values_.get()[at]; }

 private:
  struct Free {
    void operator()(Value* values) const { std::free(values); }  // NOLINT(cppcoreguidelines-no-malloc): see above
  };
  std::unique_ptr<Value, Free> values_;
};

}  // namespace btfx

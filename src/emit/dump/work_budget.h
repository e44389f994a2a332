// A bound on the work that a small input can ask for.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "btf/btf.h"

namespace btfx {

/// Types can refer to each other in so many ways that following all of them, or writing them out, takes exponential
/// time. Real ones cost a few steps per word of their BTF; this allows a thousand times as many.
class WorkBudget {
 public:
  explicit WorkBudget(const Btf& btf) : left_(least) {
    for (const Btf* part = &btf; part != nullptr; part = part->base().get()) left_ += 256 * part->own_words().size();
  }

  explicit WorkBudget(std::uint64_t steps) : left_(steps) {}

  /// Pays for a step. Throws Error(malformed) when nothing is left, then and each time after that; `id` is where that
  /// happened.
  void spend(TypeId id) {
    if (left_ == 0) {
      throw Error(ErrorCode::malformed, "the types refer to each other in too many ways to write them out",
                  {.type_id = raw(id)});
    }
    --left_;
  }

  /// How many steps are left.
  [[nodiscard]] std::uint64_t left() const { return left_; }
  /// Pays for several steps, if as many are left.
  [[nodiscard]] bool spend_if_enough(std::uint64_t steps) {
    if (left_ < steps) return false;
    left_ -= steps;
    return true;
  }

  /// Calls nested deeper than this are refused too, before the stack overflows.
  static constexpr unsigned max_depth = 4096;
  static void check_depth(unsigned depth, TypeId id) {
    if (depth > max_depth) throw Error(ErrorCode::malformed, "types are nested too deeply", {.type_id = raw(id)});
  }

 private:
  static constexpr std::uint64_t least = std::uint64_t{1} << 24;
  std::uint64_t left_;
};

}  // namespace btfx

// Making sure, when a module is built, that what was distilled can be loaded.
#pragma once

#include <memory>
#include <mutex>

#include "base/error.h"
#include "btf/btf.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/relocate.h"

namespace btfx {

/// Checks results of distilling against the base they came from. Safe to use from many threads.
class DistillChecker {
 public:
  explicit DistillChecker(BtfPtr base) : base_(std::move(base)) {}

  /// Reads both results again, and makes sure that they would be relocated onto their own base, every distilled type to
  /// the type it was made from. Where not, the base is ambiguous: errors with code `self-relocation`, which say what
  /// would happen. Throws Error when the results cannot be read, which would be a mistake in btfx.
  [[nodiscard]] Diagnostics check(const Distilled& distilled) const;

  /// The base as something to relocate onto; made on first need.
  [[nodiscard]] const RelocationTarget& target() const;

 private:
  [[nodiscard]] bool is_plain(const Distilled& distilled) const;

  BtfPtr base_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<const RelocationTarget> target_;
};

}  // namespace btfx

// Why a composite has another size in another kernel: the members that made it grow or shrink.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "btf/btf.h"
#include "transform/diff/fingerprints.h"

namespace btfx {

/// Compares composites of two bases, the one that modules were built against and the one they are to run on. Prepared
/// on first use, since most modules fit; safe to use from many threads.
class GrowthFinder {
 public:
  /// `jobs`: threads to prepare with.
  GrowthFinder(BtfPtr origin, BtfPtr target, unsigned jobs = 1)
      : origin_(std::move(origin)), target_(std::move(target)), jobs_(jobs) {}

  [[nodiscard]] const Btf& origin() const { return *origin_; }

  /// The changes of one composite as sentences, those of members that it embeds included, each with its path: "member
  /// `power.wakeup` added at byte 8: struct foo *". Members that got another type of the same size, or another name,
  /// are reported only when nothing else was found. Empty when nothing is known to have changed.
  [[nodiscard]] std::vector<std::string> explain(TypeId before, TypeId after) const;

 private:
  void explain(TypeId before, TypeId after, const std::string& path, unsigned depth, bool all,
               std::vector<std::string>& sentences) const;

  BtfPtr origin_, target_;
  unsigned jobs_;
  mutable std::mutex mutex_;  // guards everything below
  mutable std::unique_ptr<const Fingerprints> before_, after_;
  mutable std::map<std::pair<TypeId, TypeId>, std::vector<std::string>> known_;
};

/// The named composite that a member of a type holds by value, under modifiers, typedefs and arrays; void for anything
/// else.
TypeId embedded_composite(const Btf& btf, TypeId id);

/// The type of that name, kind and size that a module was built against; void when there is none.
TypeId find_composite(const Btf& btf, Kind kind, std::string_view name, std::uint32_t size);

}  // namespace btfx

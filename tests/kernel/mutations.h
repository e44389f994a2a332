// BTFs that are almost right: made up or real ones, spoiled by a seeded generator.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "base/bytes.h"

namespace btfx::test {

/// The same numbers everywhere for one seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// A number below `end`.
  std::uint32_t below(std::uint64_t end) { return static_cast<std::uint32_t>(engine_() % end); }
  /// True once in `n` times.
  bool once_in(std::uint32_t n) { return below(n) == 0; }
  template <typename Container>
  const auto& one_of(const Container& items) {
    return *(std::begin(items) + below(std::size(items)));
  }

 private:
  std::mt19937_64 engine_;
};

/// A BTF of every kind that the kernel accepts.
Bytes sound_btf();
/// A BTF of random types that refer to each other; now and then the kernel accepts one.
Bytes random_btf(Dice& dice);
/// The blob with one to three faults: words, bytes, records, header fields, lengths.
Bytes spoil(const Bytes& blob, Dice& dice);
/// One of the above: what a run of tests looks at.
Bytes next_subject(Dice& dice);

}  // namespace btfx::test

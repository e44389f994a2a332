// Where a compiler puts the members of a struct as a header writes it: what the header is checked with.
#pragma once

#include <algorithm>
#include <cstdint>

namespace btfx {

/// Lays out one struct or union, member by member, as the System V ABI of x86-64 and BPF want it, which gcc and clang
/// follow in C and C++. All places are in bits from its start, sizes and alignments in bytes.
class CompilerLayout {
 public:
  CompilerLayout(bool is_union, bool is_packed) : is_union_(is_union), is_packed_(is_packed) {}

  /// Puts an ordinary member and returns its place.
  std::int64_t member(std::int64_t size, unsigned alignment) {
    align(alignment);
    const std::int64_t place = round_up(next(), is_packed_ ? 1 : alignment);
    pass(place + 8 * size);
    return place;
  }
  /// Puts an ordinary member whose place is known to be right behind the one before.
  void following_member(std::int64_t size) { pass(next() + 8 * size); }
  /// Aligns the whole as its members are known to need it.
  void align(unsigned alignment) {
    if (!is_packed_) alignment_ = std::max(alignment_, alignment);
  }
  /// Puts a bitfield of `bits`, of a type of that size and alignment, and returns its place. It does not cross a border
  /// of its type, unless the struct is packed.
  std::int64_t bitfield(std::int64_t bits, std::int64_t size, unsigned alignment) {
    align(alignment);
    return put_bits(bits, size, alignment);
  }
  /// Puts a bitfield without a name, which leaves the alignment of the whole alone; one of 0 bits goes on to the next
  /// border of its type.
  void padding(std::int64_t bits, unsigned unit) {
    if (bits == 0) {
      pass(round_up(next(), unit));
    } else {
      put_bits(bits, unit, unit);
    }
  }

  /// Where the members so far end; in a union where each begins.
  [[nodiscard]] std::int64_t next() const { return is_union_ ? 0 : end_; }
  [[nodiscard]] unsigned alignment() const { return alignment_; }
  [[nodiscard]] std::int64_t size() const { return round_up(end_, alignment_) / 8; }

 private:
  static std::int64_t round_up(std::int64_t bits, unsigned bytes) {
    const std::int64_t to = std::int64_t{8} * bytes;
    return (bits + to - 1) / to * to;
  }
  void pass(std::int64_t end) { end_ = std::max(end_, end); }
  std::int64_t put_bits(std::int64_t bits, std::int64_t size, unsigned alignment) {
    std::int64_t place = next();
    const std::int64_t border = std::int64_t{8} * alignment;
    if (!is_packed_ && place % border + bits > 8 * size) place = round_up(place, alignment);
    pass(place + bits);
    return place;
  }

  bool is_union_, is_packed_;
  unsigned alignment_ = 1;
  std::int64_t end_ = 0;
};

}  // namespace btfx

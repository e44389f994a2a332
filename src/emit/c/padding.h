// How C is made to lay out a struct as the BTF says: nameless bitfields in its holes, or `packed`.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace btfx {

/// One nameless bitfield `UNIT: bits;`.
struct Padding {
  std::string_view unit;  ///< long, int, short, char
  std::int64_t bits;      ///< 0: only aligns
  unsigned bytes;         ///< of the unit
};

/// Calls `put(Padding)` for what must stand between bit `current` and bit `next` of a struct, so that a compiler goes
/// from one to the other. `next_alignment` is that of the member at `next`, in bytes; `in_bitfield` says that bitfields
/// stand on both sides; `pointer_size` is the size of long.
template <typename Put>
void fill_hole(std::int64_t current, std::int64_t next, std::int64_t next_alignment, bool in_bitfield,
               unsigned pointer_size, Put&& put) {
  if (current >= next) return;
  struct Unit {
    std::string_view name;
    std::int64_t bits = 0;
  };
  const std::array<Unit, 4> units{{{"long", std::int64_t{8} * pointer_size}, {"int", 32}, {"short", 16}, {"char", 8}}};
  const auto round_up = [](std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; };

  // The longest unit whose next boundary is not past the end.
  std::size_t unit = 0;
  std::int64_t boundary = round_up(current, units[0].bits);
  while (boundary > next && unit + 1 < units.size()) boundary = round_up(current, units[++unit].bits);

  if (boundary > current && boundary <= next) {
    // Is it reached without being told to? Not if the next member would stop before it, or if the rest of the hole
    // would find room before it.
    const bool must_say = boundary == next
                              ? round_up(current, 8 * std::max<std::int64_t>(next_alignment, 1)) != boundary
                              : next - boundary <= boundary - current;
    if (in_bitfield || must_say)
      put(Padding{units[unit].name, in_bitfield ? boundary - current : 0, static_cast<unsigned>(units[unit].bits / 8)});
    current = boundary;
  }
  while (current != next) {
    const std::int64_t bits = std::min(next - current, units[unit].bits);
    if (bits < units[unit].bits) {  // the last piece: the smallest unit that holds it
      unit = units.size() - 1;
      while (units[unit].bits < bits) --unit;
    }
    put(Padding{units[unit].name, bits, static_cast<unsigned>(units[unit].bits / 8)});
    current += bits;
  }
}

}  // namespace btfx

// What is known about the values in registers and on the stack of a BPF program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/endian.h"

namespace btfx {

/// What is known about a value, from nothing that the program's questions could have an influence on to a number.
enum class Knowledge : std::uint8_t {
  outside,   ///< comes from the kernel or its user: the verifier does not know it either
  constant,  ///< a number
  frame,     ///< the address of a byte of the function's own stack
  own,       ///< may point to anywhere on the function's own stack
  data,      ///< points to data that does not change, but that its user may have set
  /// May depend on constants in a way that is not followed: differs by the way, or was in other memory. Points to the
  /// function's own stack only after an address of that was put into memory.
  mixed,
};

struct BpfValue {
  Knowledge knowledge = Knowledge::outside;
  std::uint64_t number = 0;  ///< of a constant; of an address the distance from the end of the stack, below 0

  [[nodiscard]] bool is_constant() const { return knowledge == Knowledge::constant; }
  [[nodiscard]] bool is_frame() const { return knowledge == Knowledge::frame; }
  [[nodiscard]] bool is_on_stack() const { return is_frame() || knowledge == Knowledge::own; }
  bool operator==(const BpfValue&) const = default;
};

/// The stack of a function, as far as the verifier follows it: it keeps whole registers, zeros of any size, and other
/// numbers at addresses that are a multiple of eight. Places are distances from its end, -512 to 0; what lies elsewhere
/// is not known.
class BpfStack {
 public:
  /// What a load of `size` bytes gives.
  [[nodiscard]] BpfValue load(std::int64_t place, std::uint32_t size, ByteOrder order) const;
  /// Puts a value of `size` bytes there.
  void store(std::int64_t place, std::uint32_t size, BpfValue value);
  /// The kernel puts something there.
  void fill(std::int64_t place, std::int64_t end) { put(place, end, {}); }
  /// What lies there may be anything that the program puts somewhere.
  void mix(std::int64_t place, std::int64_t end);
  /// The same for all of it.
  void mix_all();
  /// Whether an address of it may be in memory, so that whoever reads that can write here.
  [[nodiscard]] bool is_shared() const { return is_shared_; }
  void share() { is_shared_ = true; }
  /// Keeps what is the same in both, and mixes the rest. Gives whether anything changed.
  bool join(const BpfStack& other);
  /// How much is remembered.
  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  bool operator==(const BpfStack&) const = default;

 private:
  struct Slot {
    std::int16_t begin, end;
    BpfValue value;
    bool operator==(const Slot&) const = default;
  };
  void put(std::int64_t begin, std::int64_t end, BpfValue value);
  [[nodiscard]] BpfValue value_of(std::int64_t begin, std::int64_t end) const;

  std::vector<Slot> slots_;  // ascending, without overlaps
  BpfValue rest_;            // what lies between them
  bool is_shared_ = false;
};

}  // namespace btfx

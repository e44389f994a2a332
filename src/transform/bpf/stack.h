// What is known about the values in registers and on the stack of a BPF program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace btfx {

/// What is known about a value.
enum class Knowledge : std::uint8_t {
  outside,   ///< comes from the kernel or its user: the verifier does not know it either
  constant,  ///< a number
  frame,     ///< the address of a byte of the function's own stack
  own,       ///< may point to anywhere on the function's own stack
  data,      ///< points to data that does not change, but that its user may have set
  /// The address of what the program is run with: `number` is the index of the program in the upper half, the distance
  /// in the lower. Otherwise as `outside`, which it becomes where it is mixed with anything.
  context,
  external,  ///< points to an extern that does not change: `number` is its index and the distance, as above
  address,   ///< a number that is not 0
  /// May depend on constants in a way that is not followed: it differs between two paths, or was in other memory. It
  /// points to the function's own stack only if an address of the stack was put into memory before.
  mixed,
};

/// A value in a register or on the stack, as far as it is known.
struct BpfValue {
  Knowledge knowledge = Knowledge::outside;
  std::uint64_t number = 0;  ///< of a constant; of an address the distance from the end of the stack, below 0

  [[nodiscard]] bool is_constant() const { return knowledge == Knowledge::constant; }
  [[nodiscard]] bool is_context() const { return knowledge == Knowledge::context; }
  /// The same without knowing whose context it is.
  [[nodiscard]] BpfValue without_context() const { return is_context() ? BpfValue{} : *this; }
  [[nodiscard]] bool is_frame() const { return knowledge == Knowledge::frame; }
  [[nodiscard]] bool is_on_stack() const { return is_frame() || knowledge == Knowledge::own; }
  bool operator==(const BpfValue&) const = default;
};

/// The stack of a function. Models what every verifier since Linux 5.10 tracks: 64 slots of 8 bytes, each holding a
/// spilled register or zeros, known only to a load of the same offset and size as the store. Later verifiers know more:
/// parts of a value since 6.9, small numbers since 5.16. Places are distances from the end of the stack, -512 to 0;
/// what lies elsewhere is not known. They are within 2^31 of that end.
class BpfStack {
 public:
  /// What a load of `size` bytes, up to 8, gives.
  [[nodiscard]] BpfValue load(std::int64_t place, std::uint32_t size) const;
  /// Puts a value of `size` bytes there, up to 8.
  void store(std::int64_t place, std::uint32_t size, BpfValue value);
  /// The kernel puts something there.
  void fill(std::int64_t place, std::int64_t end) { put(place, end, {}); }
  /// What lies there may be anything that the program puts somewhere.
  void mix(std::int64_t place, std::int64_t end);
  /// The same for all of it.
  void mix_all();
  /// Whether an address of it may be in memory, so that code which loads that address can write here.
  [[nodiscard]] bool is_shared() const { return is_shared_; }
  void share() { is_shared_ = true; }
  /// Keeps what is the same in both, and mixes the rest. Gives whether anything changed.
  bool join(const BpfStack& other);
  /// How many cells are remembered.
  [[nodiscard]] std::size_t size() const { return cells_.size(); }
  bool operator==(const BpfStack&) const = default;

 private:
  /// Eight bytes, each of which belongs to the value, is mixed, or comes from outside.
  struct Cell {
    std::uint8_t index = 0;
    std::uint8_t kept = 0, mixed = 0;  ///< sets of bytes, by bit
    BpfValue value = {};               ///< what the kept ones are, together

    bool operator==(const Cell&) const = default;
  };
  [[nodiscard]] Cell blank(std::uint8_t index) const;
  [[nodiscard]] Cell cell(std::uint8_t index) const;
  static void put(Cell& cell, std::uint8_t bytes, BpfValue value);
  static Cell joined(const Cell& one, const Cell& other);
  void put(std::int64_t begin, std::int64_t end, BpfValue value);

  std::vector<Cell> cells_;     // by index; those that are not as the rest
  bool is_rest_mixed_ = false;  // what lies in all others
  bool is_shared_ = false;
};

}  // namespace btfx

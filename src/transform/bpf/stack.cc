#include "transform/bpf/stack.h"

#include <algorithm>
#include <utility>

namespace btfx {

namespace {

constexpr std::int64_t lowest = -512, cell_size = 8;
constexpr BpfValue outside{}, mixed{.knowledge = Knowledge::mixed};

/// A part of a range of places that lies in one cell.
struct Piece {
  std::uint8_t index = 0;
  std::uint8_t bytes = 0;  // of the cell, by bit
  std::int64_t end = 0;
};

/// The first piece of a range of places on the stack.
Piece first_piece(std::int64_t begin, std::int64_t end) {
  const std::int64_t index = (begin - lowest) / cell_size, start = lowest + index * cell_size;
  const std::int64_t piece_end = std::min(end, start + cell_size);
  const auto below = [&](std::int64_t place) { return (1U << (place - start)) - 1; };
  return {static_cast<std::uint8_t>(index), static_cast<std::uint8_t>(below(piece_end) & ~below(begin)), piece_end};
}

/// What a load of a part of a value gives. Verifiers before 6.9 know nothing then.
BpfValue part_of(BpfValue value) {
  return value.is_constant() || value.is_context() || value == outside ? outside : mixed;
}

/// What is left of a value that is stored in `size` bytes.
BpfValue as_stored(BpfValue value, std::uint32_t size) {
  // A zero in a whole register is kept; one that comes of cutting is not.
  return size == cell_size || value == BpfValue{Knowledge::constant, 0} ? value : part_of(value);
}

}  // namespace

BpfStack::Cell BpfStack::blank(std::uint8_t index) const {
  return {.index = index, .mixed = static_cast<std::uint8_t>(is_rest_mixed_ ? 0xff : 0)};
}

BpfStack::Cell BpfStack::cell(std::uint8_t index) const {
  const auto found = std::ranges::lower_bound(cells_, index, {}, &Cell::index);
  return found != cells_.end() && found->index == index ? *found : blank(index);
}

BpfValue BpfStack::load(std::int64_t place, std::uint32_t size) const {
  const std::int64_t end = place + size;
  if (place < lowest || end > 0) return outside;
  for (std::int64_t at = place; at < end;) {
    const Piece piece = first_piece(at, end);
    const Cell here = cell(piece.index);
    if (at == place && piece.end == end && here.kept == piece.bytes) return here.value;
    if ((piece.bytes & here.mixed) != 0) return mixed;
    if ((piece.bytes & here.kept) != 0 && part_of(here.value) == mixed) return mixed;
    at = piece.end;
  }
  return outside;
}

/// Whatever is put into a part of a cell, the verifier forgets a number in the rest of it.
void BpfStack::put(Cell& cell, std::uint8_t bytes, BpfValue value) {
  if (part_of(cell.value) == mixed) cell.mixed |= cell.kept;
  cell.mixed &= static_cast<std::uint8_t>(~bytes);
  cell.kept = value == outside || value == mixed ? 0 : bytes;
  cell.value = cell.kept == 0 ? outside : value;
  if (value == mixed) cell.mixed |= bytes;
}

void BpfStack::put(std::int64_t begin, std::int64_t end, BpfValue value) {
  begin = std::max(begin, lowest);
  end = std::min<std::int64_t>(end, 0);
  while (begin < end) {
    const Piece piece = first_piece(begin, end);
    const auto at = std::ranges::lower_bound(cells_, piece.index, {}, &Cell::index);
    const bool is_known = at != cells_.end() && at->index == piece.index;
    Cell changed = is_known ? *at : blank(piece.index);
    put(changed, piece.bytes, value);
    if (changed == blank(piece.index)) {
      if (is_known) cells_.erase(at);
    } else if (is_known) {
      *at = changed;
    } else {
      cells_.insert(at, changed);
    }
    begin = piece.end;
  }
}

void BpfStack::store(std::int64_t place, std::uint32_t size, BpfValue value) {
  if (value.is_on_stack()) share();
  const std::int64_t end = place + size;
  const bool is_in_cell = place >= lowest && end <= 0 && first_piece(place, end).end == end;
  put(place, end, is_in_cell ? as_stored(value, size) : part_of(value));
}

void BpfStack::mix(std::int64_t place, std::int64_t end) {
  put(place, end, mixed);
}

void BpfStack::mix_all() {
  cells_.clear();
  is_rest_mixed_ = true;
}

BpfStack::Cell BpfStack::joined(const Cell& one, const Cell& other) {
  Cell both{.index = one.index, .mixed = static_cast<std::uint8_t>(one.mixed | other.mixed)};
  if (one.kept == other.kept && one.value == other.value) {
    both.kept = one.kept;
    both.value = one.value;
  } else {
    if (!one.value.is_context()) both.mixed |= one.kept;
    if (!other.value.is_context()) both.mixed |= other.kept;
  }
  return both;
}

bool BpfStack::join(const BpfStack& other) {
  if (*this == other) return false;
  BpfStack both;
  both.is_shared_ = is_shared_ || other.is_shared_;
  both.is_rest_mixed_ = is_rest_mixed_ || other.is_rest_mixed_;
  auto one_at = cells_.begin();
  auto other_at = other.cells_.begin();
  while (one_at != cells_.end() || other_at != other.cells_.end()) {
    const std::uint8_t index = std::min(one_at == cells_.end() ? std::uint8_t{UINT8_MAX} : one_at->index,
                                        other_at == other.cells_.end() ? std::uint8_t{UINT8_MAX} : other_at->index);
    const bool in_one = one_at != cells_.end() && one_at->index == index;
    const bool in_other = other_at != other.cells_.end() && other_at->index == index;
    const Cell cell = joined(in_one ? *one_at++ : blank(index), in_other ? *other_at++ : other.blank(index));
    if (cell != both.blank(index)) both.cells_.push_back(cell);
  }
  if (both == *this) return false;
  *this = std::move(both);
  return true;
}

}  // namespace btfx

// Hashes of records, by which de-duplication finds what may be the same type.
#pragma once

#include <cstdint>

#include "btf/kinds.h"

namespace btfx {

/// Hashes records so that records that may be the same type have equal hashes. `Records` has `record(TypeId)`.
template <typename Records>
class RecordHasher {
 public:
  explicit RecordHasher(const Records& records) : records_(&records) {}

  /// Of a record as a candidate. The type ids of references count as they are: they are final when such a record is
  /// looked up. Those of composites and typedefs are not: there the shape of what is referred to counts.
  [[nodiscard]] std::uint32_t operator()(const std::uint32_t* words) const {
    const Kind kind = InfoWord(words[1]).kind();
    State hash;
    hash.add(words[0]);
    hash.add(words[1]);
    if (kind == Kind::typedef_) {
      add_shape(hash, words[2], shape_depth);
      return hash.value();
    }
    hash.add(words[2]);
    const std::uint32_t* end = words + record_words(InfoWord(words[1]));
    if (is_composite(kind)) {
      for (const std::uint32_t* member = words + header_words; member != end; member += 3) {
        hash.add(member[0]);
        hash.add(member[2]);
        add_shape(hash, member[1], shape_depth);
      }
    } else {
      for (const std::uint32_t* word = words + header_words; word != end; ++word) hash.add(*word);
    }
    return hash.value();
  }

 private:
  class State {
   public:
    void add(std::uint32_t word) {
      state_ = (state_ ^ word) * 0x9e3779b97f4a7c15;
      state_ ^= state_ >> 32;
    }
    [[nodiscard]] std::uint32_t value() const { return static_cast<std::uint32_t>(state_ ^ (state_ >> 29)); }

   private:
    std::uint64_t state_ = 0;
  };

  /// How many pointers, modifiers and the like are looked through.
  static constexpr int shape_depth = 4;
  static constexpr std::uint32_t composite_shape = 1, enum_shape = 2;

  /// Adds what equivalent types have in common, whatever else they reach, and whatever stands for them: a forward
  /// declaration has no more than the name of its definition, and the elements of arrays are not always compared.
  void add_shape(State& hash, std::uint32_t id, int depth) const {
    for (; depth > 0; --depth) {
      const std::uint32_t* words = records_->record(TypeId{id});
      const Kind kind = InfoWord(words[1]).kind();
      hash.add(words[0]);
      if (is_composite(kind) || kind == Kind::fwd) return hash.add(composite_shape);
      if (is_enum(kind)) return hash.add(enum_shape);
      hash.add(words[1]);
      if (kind == Kind::array) return hash.add(words[header_words + 2]);
      if (kind == Kind::int_) return hash.add(words[header_words]);
      if (kind == Kind::func_proto || kind_info(kind).size_or_type != SizeOrType::type) return;
      id = words[2];
    }
  }

  const Records* records_;
};

}  // namespace btfx

// A BTF taken apart, so that a test can change anything about it: for properties of "the same, but for one edit".
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace btfx::test {

/// A member, enumerator, parameter or section entry: its words as in the record; the one for the name is not used.
struct ModelElement {
  std::string name;
  std::vector<std::uint32_t> words;
};

/// One record.
struct ModelType {
  Kind kind = Kind::int_;
  std::string name;
  bool kind_flag = false;
  std::uint32_t size_or_type = 0;    ///< size or type
  std::uint32_t linkage = 0;         ///< of a FUNC
  std::vector<std::uint32_t> fixed;  ///< words between header and elements
  std::vector<ModelElement> elements;

  /// The element of that name; throws when there is none.
  ModelElement& element(std::string_view element_name);
};

/// All records of a root; the type with id n is types[n - 1].
struct BtfModel {
  std::vector<ModelType> types;

  explicit BtfModel(const Btf& btf);
  [[nodiscard]] BtfPtr build(ByteOrder order = native_order) const;

  /// The first type of that name and kind; throws when there is none.
  ModelType& type(Kind kind, std::string_view name);
  std::uint32_t id(Kind kind, std::string_view name);
  /// Appends a type and returns its id.
  std::uint32_t add(ModelType type);
  /// Takes a type out that nothing refers to; ids close up.
  void remove(std::uint32_t id);

  /// The same types in another order.
  void permute(std::mt19937& random);
  /// Every type once more, a whole second graph; in the end twice as many types, which say the same.
  void duplicate();
  /// Ordered by name, anonymous types first.
  void sort();

 private:
  /// Puts the type at `order[i]` at place i, and renumbers.
  void reorder(const std::vector<std::uint32_t>& order);
  template <typename Visit>
  static void visit_ids(ModelType& type, Visit&& visit);
};

}  // namespace btfx::test

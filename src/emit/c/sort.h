// The default order of roots of a C dump: enums, numbers, composites, and typedefs beside what they name.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// Sorts the types of a BTF and its bases as bpftool does. The types that have a place of their own in a header come
/// first; those that do not are left for later, when most of them are known not to matter.
class CSort {
 public:
  explicit CSort(const Btf& btf);
  CSort(const CSort&) = delete;
  CSort& operator=(const CSort&) = delete;
  ~CSort();

  /// The types that have a rank, without the very first: bpftool skips that, whatever it is.
  std::vector<TypeId> ranked();
  /// Those of the types that have none.
  std::vector<TypeId> others(const std::vector<TypeId>& ids);

 private:
  struct Key;
  static constexpr unsigned no_rank = 5;

  /// Where a chain of references ends.
  struct End {
    TypeId id;
    bool after_array;  // the last step led from an array to its element
  };
  struct LongChain {
    End end;
    int steps;  // to its end
  };
  End end_of(TypeId id);
  [[nodiscard]] unsigned rank(TypeId id);
  [[nodiscard]] const char* sort_name(TypeId id);
  std::uint64_t hash(TypeId id, bool with_members);
  static std::size_t shelf_of(const Key& key);
  void add_key(TypeId id, unsigned rank);
  [[nodiscard]] const char* own_name(TypeId id) const;
  void set_prefix(Key& key) const;
  bool less(const Key& a, const Key& b);
  std::vector<TypeId> take_sorted();

  const Btf& btf_;
  std::vector<Key> keys_;  // of what is to be sorted
  std::unordered_map<std::uint64_t, std::uint64_t> hashes_;
  std::unordered_map<std::uint32_t, LongChain> long_chains_;  // by the type they begin at
};

}  // namespace btfx

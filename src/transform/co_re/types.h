// Comparing types of a BPF object with types of a kernel, as CO-RE does. The rules are libbpf's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "btf/btf.h"

namespace btfx {

/// Whether kinds count as the same: ENUM and ENUM64 do.
bool same_core_kind(TypeView one, TypeView other);

/// Whether a member of the one type may be read as one of the other: composites in any mix, pointers, floats, integers
/// of any size, enums and forward declarations of the same essential name, arrays of such.
bool fields_compatible(const Btf& local_btf, TypeId local, const Btf& target_btf, TypeId target);

/// Compares two types, and tells the first difference.
class TypeComparison {
 public:
  enum class Answer : std::uint8_t { no, yes, too_deep };

  TypeComparison(const Btf& local, const Btf& target) : local_(local), target_(target) {}

  /// For type_exists, type_size and type ids: the kinds agree, through pointers, arrays and prototypes; names and sizes
  /// do not matter.
  Answer compatible(TypeId local, TypeId target) { return compatible(local, target, max_levels); }
  /// For type_matches: names agree at every level, integers and enums in their size, and whatever the object's
  /// composites and enums have, the kernel's have, too.
  Answer matches(TypeId local, TypeId target) { return matches(local, target, false, max_levels); }

  /// How many types, members and enumerators were looked at so far.
  [[nodiscard]] std::uint64_t work() const { return work_; }
  /// After `no`: where they differ, as a sentence.
  [[nodiscard]] const std::string& difference() const { return difference_; }

 private:
  static constexpr int max_levels = 32;               // of prototypes and composites within each other
  static constexpr std::uint64_t max_work = 1 << 20;  // types that share parts take exponential time

  Answer compatible(TypeId local, TypeId target, int level);
  Answer matches(TypeId local, TypeId target, bool behind_pointer, int level);
  Answer parameters(TypeView local, TypeView target, bool strict, bool behind_pointer, int level);
  Answer composites_match(TypeId local, TypeId target, bool behind_pointer, int level);
  Answer enums_match(TypeId local, TypeId target);
  Answer forwards_match(TypeView local, TypeView target, bool behind_pointer);
  Answer differ(TypeId local, TypeId target);
  Answer differ(std::string why);
  Answer differ_in(TypeId target, std::string_view member);

  const Btf& local_;
  const Btf& target_;
  std::string difference_;
  bool placed_ = false;  // whether it names a composite and member
  std::uint64_t work_ = 0;
};

}  // namespace btfx

// What holds or needs the types of a distilled base, in words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "btf/btf.h"
#include "btf/referrers.h"
#include "transform/relocate/relocate.h"

namespace btfx {

/// Tells of one split BTF. For one thread at a time.
class ModuleUses {
 public:
  /// `split` is on its distilled base.
  explicit ModuleUses(const Btf& split);

  /// How the split BTF holds a distilled type by value: "member `type` of struct extcon_dev", "parameter 2 of function
  /// `f`"; "pointers only"; empty for kinds where it does not matter.
  std::string describe(const TypeFit& fit);
  /// ", as does member `b` of struct bar", or ", as do ... and 3 others", for further composites that hold a distilled
  /// type by value; empty when there are none.
  std::string describe_others(const TypeFit& fit);
  /// Something with a name that leads to a distilled type, by whatever pointers, modifiers and arrays: "member `bus` of
  /// struct foo"; else a type name, or what kind of type refers to it; empty when nothing does.
  std::string describe_need(TypeId wanted);

 private:
  const Referrers& referrers();
  [[nodiscard]] std::string member_name(TypeView composite, std::uint32_t element) const;
  std::string describe_member(TypeId composite, std::uint32_t element);
  std::string describe_parameter(TypeId prototype, std::uint32_t element);

  const Btf& split_;
  std::optional<Referrers> referrers_;  // made when it is asked for: most modules have nothing to explain
  // What describe_others() and describe_need() may still walk and write, in references and characters. Never used up by
  // real modules; bounds the work for crafted ones, which then get no explanation.
  std::uint64_t steps_left_;
};

}  // namespace btfx

#include "results/change.h"

#include <array>

namespace btfx {

Kind declared_kind(TypeView type) {
  if (type.kind() == Kind::enum64) return Kind::enum_;
  if (type.kind() == Kind::fwd) return type.kind_flag() ? Kind::union_ : Kind::struct_;
  return type.kind();
}

bool is_forward(TypeView type) {
  return type.kind() == Kind::fwd || (is_enum(type.kind()) && type.vlen() == 0 && !type.name().empty());
}

std::string_view to_string(ChangeKind kind) {
  constexpr std::array<std::string_view, 5> words{"added", "removed", "renamed", "moved", "changed"};
  return words[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Impact impact) {
  constexpr std::array<std::string_view, 4> words{"compatible", "value", "signature", "layout"};
  return words[static_cast<std::size_t>(impact)];
}

std::string_view to_string(MemberPlacement placement) {
  constexpr std::array<std::string_view, 6> words{"", "end", "hole", "shared", "replaced", "between"};
  return words[static_cast<std::size_t>(placement)];
}

std::string_view to_string(Dependence dependence) {
  constexpr std::array<std::string_view, 5> words{"embedded", "passed", "pointer", "named", "called"};
  return words[static_cast<std::size_t>(dependence)];
}

}  // namespace btfx

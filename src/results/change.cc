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
  constexpr std::array words{EnumWord{ChangeKind::added, "added"}, EnumWord{ChangeKind::removed, "removed"},
                             EnumWord{ChangeKind::renamed, "renamed"}, EnumWord{ChangeKind::moved, "moved"},
                             EnumWord{ChangeKind::changed, "changed"}};
  static_assert(in_order(words, &EnumWord<ChangeKind>::value));
  return words[static_cast<std::size_t>(kind)].word;
}

std::string_view to_string(Impact impact) {
  constexpr std::array words{EnumWord{Impact::compatible, "compatible"}, EnumWord{Impact::value, "value"},
                             EnumWord{Impact::signature, "signature"}, EnumWord{Impact::layout, "layout"}};
  static_assert(in_order(words, &EnumWord<Impact>::value));
  return words[static_cast<std::size_t>(impact)].word;
}

std::string_view to_string(MemberPlacement placement) {
  constexpr std::array words{EnumWord{MemberPlacement::none, ""},
                             EnumWord{MemberPlacement::end, "end"},
                             EnumWord{MemberPlacement::hole, "hole"},
                             EnumWord{MemberPlacement::shared, "shared"},
                             EnumWord{MemberPlacement::replaced, "replaced"},
                             EnumWord{MemberPlacement::between, "between"}};
  static_assert(in_order(words, &EnumWord<MemberPlacement>::value));
  return words[static_cast<std::size_t>(placement)].word;
}

std::string_view to_string(Dependence dependence) {
  constexpr std::array words{EnumWord{Dependence::embedded, "embedded"}, EnumWord{Dependence::passed, "passed"},
                             EnumWord{Dependence::pointer, "pointer"}, EnumWord{Dependence::named, "named"},
                             EnumWord{Dependence::called, "called"}};
  static_assert(in_order(words, &EnumWord<Dependence>::value));
  return words[static_cast<std::size_t>(dependence)].word;
}

}  // namespace btfx

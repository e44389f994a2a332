#include "results/change.h"

#include <array>

namespace btfx {

DetailContent::DetailContent() = default;
DetailContent::DetailContent(const DetailContent& other) = default;
DetailContent::DetailContent(DetailContent&& other) noexcept = default;
DetailContent& DetailContent::operator=(const DetailContent& other) = default;
DetailContent& DetailContent::operator=(DetailContent&& other) noexcept = default;
DetailContent::~DetailContent() = default;

DetailFields Detail::fields() const {
  DetailFields fields;
  std::visit(
      [&](const auto& of) {
        if constexpr (requires { of.old_text; }) fields.old_text = &of.old_text;
        if constexpr (requires { of.new_text; }) fields.new_text = &of.new_text;
        if constexpr (requires { of.old_number; }) fields.old_number = &of.old_number;
        if constexpr (requires { of.new_number; }) fields.new_number = &of.new_number;
        if constexpr (requires { of.old_signed; }) fields.old_signed = of.old_signed;
        if constexpr (requires { of.new_signed; }) fields.new_signed = of.new_signed;
        if constexpr (requires { of.placement; }) fields.placement = of.placement;
      },
      content);
  return fields;
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

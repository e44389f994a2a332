#include "btf/type_groups.h"

namespace btfx {

namespace {

constexpr TypeGroup group_of(Kind kind) {
  switch (kind) {
    case Kind::int_:
    case Kind::float_:
      return TypeGroup::numbers;
    case Kind::ptr:
    case Kind::volatile_:
    case Kind::const_:
    case Kind::restrict_:
    case Kind::type_tag:
      return TypeGroup::references;
    case Kind::array:
      return TypeGroup::arrays;
    case Kind::struct_:
    case Kind::union_:
      return TypeGroup::composites;
    case Kind::enum_:
    case Kind::enum64:
      return TypeGroup::enums;
    case Kind::typedef_:
      return TypeGroup::typedefs;
    case Kind::func:
      return TypeGroup::functions;
    case Kind::func_proto:
      return TypeGroup::prototypes;
    default:
      return TypeGroup::others;
  }
}

constexpr std::size_t kinds = 256;  // by what a byte can hold

constexpr auto groups = [] {
  std::array<std::uint8_t, kinds> table{};
  for (std::size_t i = 0; i < kinds; ++i) table.at(i) = static_cast<std::uint8_t>(group_of(static_cast<Kind>(i)));
  return table;
}();

}  // namespace

TypeGroups::TypeGroups(const Btf& btf) : ids_(std::make_unique_for_overwrite<TypeId[]>(raw(btf.end_id()))) {
  std::array<std::uint32_t, type_groups> places{};  // first how many a group has, then where the last of them goes
  for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
    for (const Kind kind : part->own_kinds()) ++places[groups[static_cast<std::size_t>(kind)]];
  }
  for (std::size_t i = 0; i < type_groups; ++i) begins_[i + 1] = places[i] += begins_[i];
  for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
    const std::uint32_t first = raw(part->first_id());
    const Kind* const kinds_of_part = part->own_kinds().data();
    for (std::uint32_t i = part->own_types(); i-- > 0;) {
      ids_[--places[groups[static_cast<std::size_t>(kinds_of_part[i])]]] = TypeId{first + i};
    }
  }
}

}  // namespace btfx

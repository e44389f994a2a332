#include "transform/co_re/values.h"

#include <fmt/format.h>

#include "btf/measure.h"
#include "btf/spelling.h"

namespace btfx {

namespace {

using Result = std::variant<CoreValue, CoreFailure>;

Result no_size(const Btf& btf, TypeId id) {
  return CoreFailure{CoreReason::not_applicable, fmt::format("{} has no size", spell_type(btf, id))};
}

/// What a relocation accesses that ends in an array's element, or in the root itself.
Result element_value(const Btf& btf, CoreKind kind, const CoreAccess& access) {
  const TypeId element = access.steps.back().type;
  if (kind != CoreKind::byte_offset && kind != CoreKind::byte_size) {
    return CoreFailure{CoreReason::not_applicable,
                       fmt::format("{} cannot be asked of an element", core_kind_info(kind).name)};
  }
  const std::optional<std::uint32_t> size = size_of(btf, element);
  if (!size) return no_size(btf, element);
  if (kind == CoreKind::byte_size) return CoreValue{.value = *size};
  return CoreValue{.value = access.bit_offset / 8, .size = *size, .type = element};
}

/// Where the bits of a member are read from, in one aligned load where that is possible.
struct Unit {
  std::uint32_t byte_offset = 0, byte_size = 0;
  std::uint32_t bit_offset = 0, bits = 0;
};

/// Size and type of what lies at a member's offset: of an array the innermost element's size, but the array's type.
Result offset_value(const Btf& btf, TypeId type, const Unit& unit) {
  TypeId element = type;
  for (int depth = 0; depth < max_chain && btf.type(element).kind() == Kind::array; ++depth) {
    element = strip_names(btf, btf.type(element).element());
  }
  const std::optional<std::uint32_t> size = size_of(btf, element);
  if (!size) return no_size(btf, element);
  return CoreValue{.value = unit.byte_offset, .size = *size, .type = type};
}

Result field_value(const Btf& btf, CoreKind kind, const CoreAccess& access, ByteOrder order) {
  if (kind == CoreKind::field_exists) return CoreValue{.value = 1};
  const CoreStep& step = access.steps.back();
  if (step.name.empty()) return element_value(btf, kind, access);

  const Member member = btf.type(step.type).member(step.index);
  const TypeId id = strip_names(btf, member.type);
  const TypeView type = btf.type(id);
  const std::optional<std::uint32_t> size = size_of(btf, id);
  if (!size) return no_size(btf, id);
  const bool bitfield = member.bitfield_size != 0;
  Unit unit{.byte_offset = static_cast<std::uint32_t>(access.bit_offset / 8),
            .byte_size = *size,
            .bit_offset = static_cast<std::uint32_t>(access.bit_offset),
            .bits = *size * 8};
  if (bitfield) {
    if (*size == 0) return no_size(btf, id);
    unit.bits = member.bitfield_size;
    const auto place = [&] { unit.byte_offset = unit.bit_offset / 8 / unit.byte_size * unit.byte_size; };
    place();
    while (unit.bit_offset + unit.bits - unit.byte_offset * 8 > unit.byte_size * 8) {
      if (unit.byte_size >= 8) {
        return CoreFailure{CoreReason::not_applicable,
                           fmt::format("the bitfield '{}' cannot be read with one load of 64 bits", step.name)};
      }
      unit.byte_size *= 2;
      place();
    }
  }
  const std::uint32_t bit_in_unit = unit.bit_offset - unit.byte_offset * 8;
  switch (kind) {
    case CoreKind::byte_offset:
      if (!bitfield) return offset_value(btf, id, unit);
      return CoreValue{.value = unit.byte_offset, .checked = false, .bitfield_size = unit.bits};
    case CoreKind::byte_size:
      return CoreValue{.value = unit.byte_size, .checked = !bitfield};
    case CoreKind::signedness: {
      const bool is_signed =
          (is_enum(type.kind()) && type.kind_flag()) || (type.kind() == Kind::int_ && (type.int_encoding() & 1) != 0);
      return CoreValue{.value = is_signed ? 1U : 0U};
    }
    case CoreKind::left_shift:
      // In 32 bits, which matters for members of more than eight bytes only.
      return CoreValue{
          .value = order == ByteOrder::little ? 64 - (bit_in_unit + unit.bits) : (8 - unit.byte_size) * 8 + bit_in_unit,
          .checked = !bitfield};
    default:
      return CoreValue{.value = 64 - unit.bits};
  }
}

Result type_value(const Btf& btf, CoreKind kind, const CoreAccess& access) {
  switch (kind) {
    case CoreKind::local_type_id:
    case CoreKind::target_type_id:
      return CoreValue{.value = raw(access.root), .checked = false};
    case CoreKind::type_size: {
      const std::optional<std::uint32_t> size = size_of(btf, access.root);
      if (!size) return no_size(btf, access.root);
      return CoreValue{.value = *size};
    }
    default:
      return CoreValue{.value = 1};
  }
}

CoreValue enumerator_value(const Btf& btf, CoreKind kind, const CoreAccess& access) {
  if (kind == CoreKind::enumerator_exists) return {.value = 1};
  const CoreStep& step = access.steps.front();
  const TypeView type = btf.type(step.type);
  const std::uint64_t value = type.enumerator_value(step.index);
  const bool is_signed = type.kind_flag() || type.kind() == Kind::enum_;
  // The reference extends 32 bits as signed ones, whatever the flag says.
  return {.value = type.kind() == Kind::enum_
                       ? static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)})
                       : value,
          .is_signed = is_signed};
}

}  // namespace

Result core_value(const Btf& btf, CoreKind kind, const CoreAccess& access, ByteOrder order) {
  switch (core_kind_info(kind).group) {
    case CoreGroup::field:
      return field_value(btf, kind, access, order);
    case CoreGroup::type:
      return type_value(btf, kind, access);
    case CoreGroup::enumerator:
      return enumerator_value(btf, kind, access);
  }
  return {};
}

bool sizes_clash(const Btf& local_btf, const CoreValue& local, const Btf& target_btf, const CoreValue& target) {
  if (local.size == target.size) return false;
  const TypeView one = local_btf.type(local.type), other = target_btf.type(target.type);
  if (one.kind() == Kind::ptr && other.kind() == Kind::ptr) return false;
  constexpr std::uint32_t signed_encoding = 1;
  return one.kind() != Kind::int_ || other.kind() != Kind::int_ || one.int_encoding() == signed_encoding ||
         other.int_encoding() == signed_encoding;
}

}  // namespace btfx

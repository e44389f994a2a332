#include "transform/co_re/access.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "btf/measure.h"
#include "btf/spelling.h"

namespace btfx {

namespace {

CoreFailure bad_access(std::string message) {
  return {CoreReason::bad_access, std::move(message)};
}

/// The numbers between the colons.
std::optional<CoreFailure> read_numbers(std::string_view text, std::vector<std::uint32_t>& numbers) {
  if (text.empty()) return bad_access("the access string is empty");
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    std::uint32_t number = 0;
    const auto [after, failure] = std::from_chars(at, end, number);
    if (failure != std::errc{} || number > INT32_MAX) {
      return bad_access(fmt::format("the access string '{}' has no number at position {}", text, at - text.data()));
    }
    if (numbers.size() == max_core_numbers) {
      return CoreFailure{CoreReason::too_deep,
                         fmt::format("the access string '{}' has more than {} numbers", text, max_core_numbers)};
    }
    numbers.push_back(number);
    if (after == end) return std::nullopt;
    if (*after != ':') {
      return bad_access(fmt::format("the access string '{}' has '{}' where a colon should be", text, *after));
    }
    at = after + 1;
  }
}

/// Follows the numbers after the first. `id` is the root behind its names.
std::optional<CoreFailure> follow_field(const Btf& btf, TypeId id, const std::vector<std::uint32_t>& numbers,
                                        CoreAccess& access) {
  access.numbers.push_back(numbers[0]);
  access.steps.push_back({.type = id, .index = numbers[0]});
  if (auto failure = add_elements(btf, id, numbers[0], access)) return failure;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const std::uint32_t index = numbers[i];
    id = strip_names(btf, id);
    const TypeView type = btf.type(id);
    if (is_composite(type.kind())) {
      if (index >= type.vlen()) {
        return bad_access(fmt::format("{} has no member {}, only {}", spell_type(btf, id), index, type.vlen()));
      }
      const Member member = type.member(index);
      access.bit_offset += member.bit_offset;
      if (const std::string_view name = btf.string(member.name); !name.empty()) {
        access.steps.push_back({.type = id, .index = index, .name = name});
      }
      id = member.type;
    } else if (type.kind() == Kind::array) {
      const bool flexible = is_flexible_array(btf, access.steps.back(), type);
      if (!flexible && index >= type.element_count()) {
        return bad_access(fmt::format("{} has no element {}", spell_type(btf, id), index));
      }
      id = strip_names(btf, type.element());
      access.steps.push_back({.type = id, .index = index});
      if (auto failure = add_elements(btf, id, index, access)) return failure;
    } else {
      return bad_access(
          fmt::format("number {} of the access goes into {}, which has no parts", i, spell_type(btf, id)));
    }
    access.numbers.push_back(index);
  }
  return std::nullopt;
}

std::optional<CoreFailure> follow(const Btf& btf, CoreKind kind, std::string_view text, CoreAccess& access) {
  if (core_kind_info(kind).group == CoreGroup::type) {
    if (text == "0") {
      access.numbers = {0};
      return std::nullopt;
    }
    return bad_access(fmt::format("the access string of a type is '{}' instead of '0'", text));
  }
  std::vector<std::uint32_t> numbers;
  if (auto failure = read_numbers(text, numbers)) return failure;
  const TypeId start = strip_names(btf, access.root);
  if (core_kind_info(kind).group == CoreGroup::field) return follow_field(btf, start, numbers, access);

  const TypeView type = btf.type(start);
  if (!is_enum(type.kind())) return bad_access(fmt::format("{} is not an enum", spell_type(btf, access.root)));
  if (numbers.size() != 1) return bad_access(fmt::format("the access string of an enumerator is '{}'", text));
  if (numbers[0] >= type.vlen()) {
    return bad_access(fmt::format("{} has no enumerator {}, only {}", spell_type(btf, start), numbers[0], type.vlen()));
  }
  access.numbers = numbers;
  access.steps = {{.type = start, .index = numbers[0], .name = btf.string(type.enumerator_name(numbers[0]))}};
  return std::nullopt;
}

}  // namespace

bool is_flexible_array(const Btf& btf, const CoreStep& container, TypeView array) {
  return !container.name.empty() && array.element_count() == 0 &&
         std::uint64_t{container.index} + 1 == btf.type(container.type).vlen();
}

std::optional<CoreFailure> add_elements(const Btf& btf, TypeId element, std::uint32_t index, CoreAccess& access) {
  const std::optional<std::uint32_t> size = size_of(btf, element);
  if (!size) return bad_access(fmt::format("{} has no size", spell_type(btf, element)));
  // The reference counts bits in 32 bits.
  const std::uint64_t bytes = std::uint64_t{index} * *size;
  if (bytes > UINT32_MAX / 8) {
    return bad_access(fmt::format("element {} of {} lies out of reach", index, spell_type(btf, element)));
  }
  access.bit_offset += bytes * 8;
  return std::nullopt;
}

ParsedAccess parse_core_access(const Btf& btf, CoreKind kind, TypeId root, std::string_view text) {
  ParsedAccess parsed{.access = {.root = root}, .failure = {}};
  parsed.failure = follow(btf, kind, text, parsed.access);
  return parsed;
}

}  // namespace btfx

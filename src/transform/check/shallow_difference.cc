#include "transform/check/shallow_difference.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace btfx {

std::string type_label(TypeView type) {
  const std::string_view kind = kind_info(type.kind()).name, name = type.is_named() ? type.name() : "(anon)";
  std::string label;
  label.reserve(kind.size() + 1 + name.size());
  return label.append(kind).append(" ").append(name);  // for each of very many types, and quicker than fmt
}

std::optional<std::string> shallow_difference(TypeView one, TypeView two, std::string_view other) {
  const auto say = [&](std::string text) { return fmt::format("{} {}", type_label(one), text); };
  const KindInfo& kind = kind_info(one.kind());
  if (one.kind() != two.kind() || one.name() != two.name()) {
    return fmt::format("{}, {} {}", type_label(one), other, type_label(two));
  }
  if (kind.size_or_type == SizeOrType::size && one.size() != two.size()) {
    return say(fmt::format("has {} bytes, {} {}", one.size(), other, two.size()));
  }
  if (one.vlen() != two.vlen()) return say(fmt::format("has {} elements, {} {}", one.vlen(), other, two.vlen()));
  if (one.kind_flag() != two.kind_flag()) return say(fmt::format("has another kind_flag than {}", other));
  const std::span<const std::uint32_t> words = one.words(), others = two.words();
  for (std::size_t i = header_words + kind.fixed_types; i < header_words + std::size_t{kind.fixed_words}; ++i) {
    if (words[i] != others[i]) return say(fmt::format("has another attribute than {}", other));
  }
  const std::size_t elements = kind.element_words == 0 ? 0 : one.vlen();
  const auto text = [](TypeView type, std::uint32_t offset) { return type.btf().string(StringOffset{offset}); };
  for (std::size_t i = 0; i < elements; ++i) {
    const std::size_t at = header_words + kind.fixed_words + i * kind.element_words;
    if (kind.element_name >= 0) {
      const auto place = at + static_cast<std::size_t>(kind.element_name);
      const std::string_view name = text(one, words[place]), its_name = text(two, others[place]);
      if (name != its_name) return say(fmt::format("has an element '{}', {} '{}'", name, other, its_name));
    }
    for (int j = 0; j < kind.element_words; ++j) {
      const std::size_t place = at + static_cast<std::size_t>(j);
      if (j == kind.element_name || j == kind.element_type || words[place] == others[place]) continue;
      const std::string_view name = kind.element_name >= 0 ? text(one, words[at]) : "";
      return say(fmt::format("has {} for element {} '{}', {} {}", words[place], i, name, other, others[place]));
    }
  }
  return std::nullopt;
}

}  // namespace btfx

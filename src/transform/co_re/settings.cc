#include "transform/co_re/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "base/counted.h"

namespace btfx {

namespace {

/// Calls `on_line` for each line of a text, until it gives false.
template <typename OnLine>
void for_each_line(std::string_view text, OnLine&& on_line) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = text.find('\n', at), end = newline == std::string_view::npos ? text.size() : newline;
    if (!on_line(text.substr(at, end - at))) return;
    at = end + 1;
  }
}

StoredSetting refuse(std::string error) {
  return {.error = std::move(error)};
}

std::string_view form_name(SettingForm form) {
  switch (form) {
    case SettingForm::boolean:
      return "a bool";
    case SettingForm::tristate:
      return "an enum libbpf_tristate";
    case SettingForm::character:
      return "a char";
    case SettingForm::integer:
      return "an integer";
    case SettingForm::text:
      break;
  }
  return "an array of char";
}

/// A number in so many bytes.
std::string number_bytes(std::uint64_t value, std::uint32_t size, ByteOrder order) {
  std::string bytes(size, '\0');
  for (std::uint32_t i = 0; i < size && i < 8; ++i) {
    const std::uint32_t place = order == ByteOrder::little ? i : size - 1 - i;
    bytes[place] = static_cast<char>(value >> (8 * i) & 0xff);
  }
  return bytes;
}

bool fits(const CoreExtern& external, std::uint64_t value) {
  if (external.size >= 8) return true;
  const std::uint32_t bits = external.size * 8;
  if (!external.is_signed) return value >> bits == 0;
  return value + (std::uint64_t{1} << (bits - 1)) < std::uint64_t{1} << bits;
}

StoredSetting store_letter(const CoreExtern& external, char letter, ByteOrder order) {
  switch (external.form) {
    case SettingForm::boolean:
      if (letter == 'm') return refuse("is set to m, which a bool cannot hold");
      return {.bytes = number_bytes(letter == 'y' ? 1 : 0, external.size, order)};
    case SettingForm::tristate: {
      constexpr std::uint64_t no = 0, yes = 1, module = 2;  // enum libbpf_tristate
      return {.bytes = number_bytes(letter == 'y' ? yes : letter == 'm' ? module : no, external.size, order)};
    }
    case SettingForm::character:
      return {.bytes = std::string(1, letter)};
    default:
      return refuse(fmt::format("is set to {}, which {} cannot hold", letter, form_name(external.form)));
  }
}

StoredSetting store_text(const CoreExtern& external, std::string_view value) {
  if (external.form != SettingForm::text) {
    return refuse(fmt::format("is set to a text, which {} cannot hold", form_name(external.form)));
  }
  if (value.size() < 2 || value.back() != '"') return refuse("is set to a text without an end");
  // What is too long is cut.
  std::string bytes(value.substr(1, std::min<std::size_t>(value.size() - 2, external.size - 1)));
  bytes.resize(external.size);
  return {.bytes = std::move(bytes)};
}

/// A number as C writes it, decimal, 0x... or 0..., perhaps negative; nothing when it is none.
std::optional<std::uint64_t> parse_whole(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const std::uint64_t value = std::strtoull(copy.c_str(), &end, 0);
  if (errno != 0 || copy.empty() || *end != '\0') return std::nullopt;
  return value;
}

}  // namespace

KernelSettings parse_settings(std::string_view text, const std::unordered_set<std::string>& wanted) {
  KernelSettings settings;
  for_each_line(text, [&](std::string_view line) {
    const std::size_t end = line.find('=');
    if (!line.starts_with("CONFIG_") || end == std::string_view::npos) return true;
    std::string name(line.substr(0, end));
    if (wanted.contains(name)) settings.emplace(std::move(name), line.substr(end + 1));
    return true;
  });
  return settings;
}

std::uint32_t settings_version(std::string_view text) {
  std::uint32_t version = 0;
  int lines = 0;
  for_each_line(text, [&](std::string_view line) {
    const std::size_t end = line.find(" Kernel Configuration");
    if (line.starts_with('#') && end != std::string_view::npos) {
      const std::string_view words = line.substr(0, end);
      version = version_at(words.substr(words.rfind(' ') + 1));
      return false;
    }
    return ++lines < 8;
  });
  return version;
}

std::uint32_t packed_version(std::uint32_t major, std::uint32_t minor, std::uint32_t patch) {
  return (major << 16) + (minor << 8) + std::min<std::uint32_t>(patch, 255);
}

std::uint32_t version_at(std::string_view text) {
  std::array<std::uint32_t, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i != 0) {
      if (!text.starts_with('.')) return 0;
      text.remove_prefix(1);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
    if (error != std::errc{} || numbers[i] > 0xffff) return 0;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return packed_version(numbers[0], numbers[1], numbers[2]);
}

std::uint32_t banner_version(std::string_view banner) {
  constexpr std::string_view start = "Linux version ", debian = "Debian ", ubuntu = "-Ubuntu ";
  if (const std::size_t at = banner.find(debian); at != std::string_view::npos) {
    if (const std::uint32_t version = version_at(banner.substr(at + debian.size())); version != 0) return version;
  }
  if (!banner.starts_with(start) || banner.find(ubuntu) != std::string_view::npos) return 0;
  return version_at(banner.substr(start.size()));
}

StoredSetting store_number(const CoreExtern& external, std::uint64_t value, ByteOrder order) {
  if (external.form == SettingForm::tristate || external.form == SettingForm::text) {
    return refuse(fmt::format("is {}, which {} cannot hold", value, form_name(external.form)));
  }
  if (external.form == SettingForm::boolean && value > 1) {
    return refuse(fmt::format("is {}, which a bool cannot hold", value));
  }
  if (!fits(external, value)) {
    return refuse(fmt::format("is {}, which does not fit in {}", static_cast<std::int64_t>(value),
                              counted(external.size, "byte")));
  }
  return {.bytes = number_bytes(value, external.size, order)};
}

StoredSetting store_setting(const CoreExtern& external, std::string_view value, ByteOrder order) {
  if (value.empty()) return refuse("has no value in the configuration");
  switch (value.front()) {
    case 'y':
    case 'n':
    case 'm':
      return store_letter(external, value.front(), order);
    case '"':
      return store_text(external, value);
    default:
      break;
  }
  const std::optional<std::uint64_t> number = parse_whole(value);
  if (!number) return refuse(fmt::format("is set to '{}', which is not a number", value));
  if (external.form != SettingForm::integer && external.form != SettingForm::character) {
    return refuse(fmt::format("is set to {}, which {} cannot hold", value, form_name(external.form)));
  }
  return store_number(external, *number, order);
}

}  // namespace btfx

#include "inputs/kernel_facts.h"

#include <elf.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/attempt.h"
#include "base/bytes.h"
#include "base/error.h"
#include "image/decompress.h"
#include "image/elf.h"
#include "image/embedded.h"

namespace btfx {

namespace {

bool is_running(const Image& image) {
  return image.path.starts_with("/sys/kernel/btf/");
}

std::string as_plain_text(const Bytes& content) {
  const std::optional<Compression> packed = compression_at(content.view());
  if (!packed) return std::string(as_text(content.view()));
  constexpr std::uint64_t limit = std::uint64_t{64} << 20;  // of a configuration, of which the largest have 300 KB
  const Bytes plain = decompress(content.view(), *packed, limit);
  return std::string(as_text(plain.view()));
}

/// The banner among the constants of a kernel.
std::string banner_inside(const Image& image) {
  if (image.form == Form::raw_btf) return {};
  if (image.form == Form::flat) return std::string(kernel_banner(image.rest.view()));
  const ElfSection* constants = image.elf->find(".rodata");
  if (image.elf->file_type() == ET_REL || constants == nullptr || constants->type == SHT_NOBITS) return {};
  const Bytes content = image.elf->contents(*constants);
  return std::string(kernel_banner(content.view()));
}

}  // namespace

std::string banner_of_base(const Image& image, const SearchPaths& paths) {
  if (!is_running(image)) return banner_inside(image);
  const auto read = [&] {
    const Bytes text = Bytes::map_file(paths.root + "/proc/version");
    return std::string(as_text(text.view()));
  };
  return optional_on_error(read).value_or(std::string());
}

std::string running_signature(const SearchPaths& paths) {
  const auto read = [&] {
    const Bytes text = Bytes::map_file(paths.root + "/proc/version_signature");
    return std::string(as_text(text.view()));
  };
  return optional_on_error(read).value_or(std::string());
}

std::string read_config(const std::string& path) {
  return in_place(path, {}, [&] { return as_plain_text(Bytes::map_file(path)); });
}

std::optional<std::unordered_map<std::string, std::size_t>> running_symbols(
    const std::unordered_set<std::string>& wanted, const SearchPaths& paths) {
  const std::optional<Bytes> content =
      optional_on_error([&] { return Bytes::map_file(paths.root + "/proc/kallsyms"); });
  if (!content || content->size() == 0) return std::nullopt;
  std::unordered_map<std::string, std::unordered_set<std::string>> addresses;
  std::string_view text = as_text(content->view());
  while (!text.empty()) {
    // ADDRESS TYPE NAME [MODULE]
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t address = line.find(' ');
    if (address == std::string_view::npos || line.size() < address + 3) continue;
    std::string_view name = line.substr(address + 3);
    name = name.substr(0, name.find_first_of(" \t"));
    std::string copy(name);
    if (wanted.contains(copy)) addresses[std::move(copy)].emplace(line.substr(0, address));
  }
  std::unordered_map<std::string, std::size_t> symbols;
  for (const auto& [name, places] : addresses) symbols.emplace(name, places.size());
  return symbols;
}

}  // namespace btfx

#include "image/bpf_images.h"

#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/endian.h"

namespace btfx {

namespace {

/// A number in the header of an ELF file or section, by its place there.
template <typename Field>
Field read(ByteView file, std::uint64_t at, ByteOrder order) {
  return load<Field>(file.data() + at, order);
}

/// How many bytes the ELF file takes that `bytes` begin with; nothing when it is none for BPF, or is not all there.
std::optional<std::size_t> bpf_image_size(ByteView bytes) {
  if (bytes.size() < sizeof(Elf64_Ehdr) || bytes[EI_CLASS] != std::byte{ELFCLASS64}) return std::nullopt;
  const ByteOrder order = bytes[EI_DATA] == std::byte{ELFDATA2MSB} ? ByteOrder::big : ByteOrder::little;
  if (read<std::uint16_t>(bytes, offsetof(Elf64_Ehdr, e_machine), order) != EM_BPF) return std::nullopt;
  const auto table = read<std::uint64_t>(bytes, offsetof(Elf64_Ehdr, e_shoff), order);
  const auto sections = read<std::uint16_t>(bytes, offsetof(Elf64_Ehdr, e_shnum), order);
  const auto entry = read<std::uint16_t>(bytes, offsetof(Elf64_Ehdr, e_shentsize), order);
  if (sections == 0 || entry != sizeof(Elf64_Shdr) || table > bytes.size()) return std::nullopt;
  if (bytes.size() - table < std::size_t{sections} * entry) return std::nullopt;
  std::uint64_t end = table + std::uint64_t{sections} * entry;
  for (std::uint32_t i = 1; i < sections; ++i) {
    const std::uint64_t header = table + std::uint64_t{i} * entry;
    if (read<std::uint32_t>(bytes, header + offsetof(Elf64_Shdr, sh_type), order) == SHT_NOBITS) continue;
    const auto offset = read<std::uint64_t>(bytes, header + offsetof(Elf64_Shdr, sh_offset), order);
    const auto size = read<std::uint64_t>(bytes, header + offsetof(Elf64_Shdr, sh_size), order);
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    end = std::max(end, offset + size);
  }
  return end;
}

}  // namespace

std::vector<Bytes> embedded_bpf_images(const ElfFile& program) {
  constexpr std::string_view magic(
      "\x7f"
      "ELF\x02",
      5);
  std::vector<Bytes> images;
  for (const ElfSection& section : program.sections()) {
    if (section.type != SHT_PROGBITS || (section.flags & SHF_ALLOC) == 0) continue;
    const Bytes content = program.contents(section);
    const std::string_view text = as_text(content.view());
    for (std::size_t at = text.find(magic); at != std::string_view::npos;) {
      const std::optional<std::size_t> size = bpf_image_size(content.view().subspan(at));
      if (size) images.push_back(content.slice(at, *size));
      at = text.find(magic, at + size.value_or(1));
    }
  }
  return images;
}

}  // namespace btfx

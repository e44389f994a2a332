#include "support/elf_maker.h"

#include <elf.h>

#include <utility>

namespace btfx::test {

std::uint32_t ElfMaker::add(Section section) {
  sections_.push_back(std::move(section));
  return static_cast<std::uint32_t>(sections_.size());
}

void ElfMaker::add_symbols(const std::vector<Symbol>& symbols) {
  Writer table(order_), indices(order_);
  std::string names(1, '\0');
  table.put(std::string(is_64_ ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym), '\0'));
  indices.put(std::uint32_t{0});
  bool extended = false;
  for (const Symbol& symbol : symbols) {
    const bool large = symbol.section >= SHN_LORESERVE && symbol.section != SHN_ABS;
    const auto index = static_cast<std::uint16_t>(large ? SHN_XINDEX : symbol.section);
    extended = extended || large;
    indices.put(large ? symbol.section : 0U);
    table.put(static_cast<std::uint32_t>(names.size()));
    if (is_64_) {
      table.put(symbol.info).put(std::uint8_t{0}).put(index).put(symbol.value).put(symbol.size);
    } else {
      table.put(static_cast<std::uint32_t>(symbol.value)).put(static_cast<std::uint32_t>(symbol.size));
      table.put(symbol.info).put(std::uint8_t{0}).put(index);
    }
    names += symbol.name + '\0';
  }
  const auto link = static_cast<std::uint32_t>(sections_.size() + 2);
  const std::uint32_t index = add({.name = ".symtab",
                                   .content = table.text(),
                                   .type = SHT_SYMTAB,
                                   .link = link,
                                   .info = 1,
                                   .alignment = 8,
                                   .entry_size = is_64_ ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym)});
  add({.name = ".strtab", .content = names, .type = SHT_STRTAB});
  if (!extended) return;
  add({.name = ".symtab_shndx",
       .content = indices.text(),
       .type = SHT_SYMTAB_SHNDX,
       .link = index,
       .alignment = 4,
       .entry_size = 4});
}

std::string ElfMaker::make(std::uint16_t file_type) const {
  const std::size_t header_size = is_64_ ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
  const std::size_t entry_size = is_64_ ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
  std::vector<Section> all = sections_;
  all.push_back({.name = ".shstrtab", .type = SHT_STRTAB});
  std::string names(1, '\0');
  std::vector<std::uint32_t> name_offsets;
  for (const Section& section : all) {
    name_offsets.push_back(static_cast<std::uint32_t>(names.size()));
    names += section.name + '\0';
  }
  all.back().content = names;

  std::string contents;
  std::vector<std::uint64_t> offsets;
  const auto pad_to = [&](std::uint64_t alignment) {
    while ((header_size + contents.size()) % alignment != 0) contents += '\0';
  };
  for (const Section& section : all) {
    pad_to(section.alignment);
    offsets.push_back(header_size + contents.size());
    contents += section.content;
  }
  pad_to(8);

  const auto count = static_cast<std::uint32_t>(all.size() + 1);
  const auto names_index = static_cast<std::uint32_t>(all.size());
  Writer file(order_);
  file.put(std::string_view("\x7f"
                            "ELF"))
      .put(static_cast<std::uint8_t>(is_64_ ? ELFCLASS64 : ELFCLASS32));
  file.put(static_cast<std::uint8_t>(order_ == ByteOrder::little ? ELFDATA2LSB : ELFDATA2MSB));
  file.put(static_cast<std::uint8_t>(EV_CURRENT)).put(std::string(9, '\0'));
  file.put(file_type).put(static_cast<std::uint16_t>(EM_BPF)).put(std::uint32_t{EV_CURRENT});
  file.put_address(0, is_64_).put_address(0, is_64_).put_address(header_size + contents.size(), is_64_);
  file.put(std::uint32_t{0}).put(static_cast<std::uint16_t>(header_size));
  file.put(std::uint16_t{0}).put(std::uint16_t{0}).put(static_cast<std::uint16_t>(entry_size));
  file.put(static_cast<std::uint16_t>(extended_ ? 0 : count));
  file.put(static_cast<std::uint16_t>(extended_ ? SHN_XINDEX : names_index));
  file.put(contents);

  const auto put_header = [&](std::uint32_t name, const Section& section, std::uint64_t offset, std::uint64_t size) {
    file.put(name).put(section.type).put_address(section.flags, is_64_).put_address(0, is_64_);
    file.put_address(offset, is_64_).put_address(size, is_64_).put(section.link).put(section.info);
    file.put_address(section.alignment, is_64_).put_address(section.entry_size, is_64_);
  };
  const Section null{.name = {}, .type = SHT_NULL, .link = extended_ ? names_index : 0U, .alignment = 0};
  put_header(0, null, 0, extended_ ? count : 0U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint64_t size = all[i].claimed_size != 0 ? all[i].claimed_size : all[i].content.size();
    put_header(name_offsets[i], all[i], offsets[i], size);
  }
  return file.text();
}

}  // namespace btfx::test

#include "image/elf.h"

#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/attempt.h"
#include "base/error.h"
#include "image/decompress.h"

namespace btfx {

namespace {

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

[[noreturn]] void truncated_at(std::string sentence, std::uint64_t offset) {
  throw Error(ErrorCode::truncated, std::move(sentence), {.offset = offset});
}

/// Opens a file for libelf by `open`. Handles are never shared or kept, so that an ElfFile can be used from many
/// threads.
template <typename Open>
ElfHandle open_handle(const Open& open) {
  static std::once_flag version;
  std::call_once(version, [] { elf_version(EV_CURRENT); });
  ElfHandle handle(open());
  if (!handle || elf_kind(handle.get()) != ELF_K_ELF) malformed("is not an ELF file that libelf can read");
  return handle;
}

ElfHandle open_handle(const FileParts& file) {
  return open_handle([&] {
    if (file.descriptor() >= 0) return elf_begin(file.descriptor(), ELF_C_READ, nullptr);
    // libelf takes a writable pointer, but does not write as long as nothing is changed or unpacked through the handle.
    const Bytes all = file.all();
    return elf_memory(reinterpret_cast<char*>(const_cast<std::byte*>(all.data())),  // NOLINT(*-const-cast)
                      all.size());
  });
}

/// Records of a file, translated by libelf. No handle is made for that: with one, libelf reads each header by itself.
template <typename Record>
std::vector<Record> translate(const Bytes& stored, Elf_Type type, ByteOrder order,
                              Elf_Data* (*to_memory)(Elf_Data*, const Elf_Data*, unsigned)) {
  std::vector<Record> records(stored.size() / sizeof(Record));
  std::memcpy(records.data(), stored.data(), records.size() * sizeof(Record));
  Elf_Data data{};
  data.d_buf = records.data();
  data.d_type = type;
  data.d_version = EV_CURRENT;
  data.d_size = records.size() * sizeof(Record);
  if (to_memory(&data, &data, order == ByteOrder::little ? ELFDATA2LSB : ELFDATA2MSB) == nullptr) {
    malformed("ELF headers cannot be read");
  }
  return records;
}

/// What differs between the two classes of ELF files.
template <typename FileHeader, typename SectionHeader, auto to_memory>
struct ElfClass {
  using Header = FileHeader;
  using Section = SectionHeader;
  template <typename Record>
  static std::vector<Record> translated(const Bytes& stored, Elf_Type type, ByteOrder order) {
    return translate<Record>(stored, type, order, to_memory);
  }
};
using Class32 = ElfClass<Elf32_Ehdr, Elf32_Shdr, elf32_xlatetom>;
using Class64 = ElfClass<Elf64_Ehdr, Elf64_Shdr, elf64_xlatetom>;

/// The strings of a table. Names that overlap, each a tail of one long string, could be longer together than any file:
/// their sum is bounded.
class Names {
 public:
  Names(ByteView table, std::uint64_t file_size) : table_(as_text(table)), budget_(16 * file_size + (1U << 20)) {}

  /// The string at an offset; nothing when it does not end inside. Throws Error(malformed) when the names together are
  /// many times longer than the file.
  std::optional<std::string_view> at(std::uint64_t offset) {
    if (offset >= table_.size()) return std::nullopt;
    const std::string_view rest = table_.substr(static_cast<std::size_t>(offset));
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    if (end > budget_) {
      throw Error(ErrorCode::malformed, "names overlap: together they are more than 16 times as long as the file");
    }
    budget_ -= end;
    return rest.substr(0, end);
  }

 private:
  std::string_view table_;
  std::uint64_t budget_;  // what further names may have in bytes
};

}  // namespace

struct ElfFile::State {
  explicit State(FileParts parts) : file(std::move(parts)) {}

  FileParts file;
  bool is_64 = false;
  ByteOrder order = ByteOrder::little;
  std::uint16_t machine = 0, type = 0;
  std::vector<ElfSection> sections;

  void read_identification();
  void read_headers();
  template <typename Class>
  void read_headers_of();
  void name_sections(std::size_t names_index);
  void check_extent(const ElfSection& section) const;
  [[nodiscard]] Bytes stored(const ElfSection& section) const;
  [[nodiscard]] Bytes unpacked(const ElfSection& section) const;
  [[nodiscard]] Bytes inflated(const ElfSection& section) const;
};

/// Now: the class and byte order are known, and the file header is there.
void ElfFile::State::read_identification() {
  const Bytes head = file.part(0, std::min<std::uint64_t>(file.size(), sizeof(Elf64_Ehdr)));
  const ByteView bytes = head.view();
  if (!recognise(bytes)) malformed("has no ELF magic", 0);
  if (bytes.size() < EI_NIDENT) {
    throw Error(ErrorCode::truncated,
                fmt::format("ELF header needs at least {} bytes, only {} are there", EI_NIDENT, bytes.size()));
  }
  const auto ident = [&](std::size_t at) { return std::to_integer<unsigned>(bytes[at]); };
  if (ident(EI_CLASS) != ELFCLASS32 && ident(EI_CLASS) != ELFCLASS64) {
    malformed(fmt::format("ELF class {} is neither 32 nor 64 bits", ident(EI_CLASS)), EI_CLASS);
  }
  if (ident(EI_DATA) != ELFDATA2LSB && ident(EI_DATA) != ELFDATA2MSB) {
    malformed(fmt::format("ELF data encoding {} is neither little nor big endian", ident(EI_DATA)), EI_DATA);
  }
  if (ident(EI_VERSION) != EV_CURRENT) {
    malformed(fmt::format("ELF version {} is not {}", ident(EI_VERSION), EV_CURRENT), EI_VERSION);
  }
  is_64 = ident(EI_CLASS) == ELFCLASS64;
  order = ident(EI_DATA) == ELFDATA2LSB ? ByteOrder::little : ByteOrder::big;
  if (const std::size_t needed = is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr); bytes.size() < needed) {
    throw Error(ErrorCode::truncated,
                fmt::format("ELF header needs {} bytes, only {} are there", needed, bytes.size()));
  }
}

/// Now: all section headers are read; where they point to has not been looked at but for their names.
void ElfFile::State::read_headers() {
  is_64 ? read_headers_of<Class64>() : read_headers_of<Class32>();
}

template <typename Class>
void ElfFile::State::read_headers_of() {
  using Section = typename Class::Section;
  const auto header = Class::template translated<typename Class::Header>(file.part(0, sizeof(typename Class::Header)),
                                                                         ELF_T_EHDR, order)[0];
  machine = header.e_machine;
  type = header.e_type;
  if (header.e_shoff == 0) return;

  if (header.e_shoff > file.size() || sizeof(Section) > file.size() - header.e_shoff) {
    truncated_at(fmt::format("section headers are said to be here, but the file ends at {:#x}", file.size()),
                 header.e_shoff);
  }
  if (header.e_shentsize != sizeof(Section)) {
    malformed(fmt::format("section headers of {} bytes each, where the ELF class has {}", header.e_shentsize,
                          sizeof(Section)),
              offsetof(typename Class::Header, e_shentsize));
  }
  const auto read = [&](std::uint64_t count) {
    return Class::template translated<Section>(file.part(header.e_shoff, count * sizeof(Section)), ELF_T_SHDR, order);
  };
  // With more sections than fit the field, their number stands in the size of the null section, which is there.
  const std::uint64_t count = header.e_shnum != 0 ? header.e_shnum : read(1)[0].sh_size;
  if (count > (file.size() - header.e_shoff) / sizeof(Section)) {
    truncated_at(fmt::format("{} section headers are said to be here, but the file ends at {:#x}", count, file.size()),
                 header.e_shoff);
  }
  if (count == 0) return;

  const std::vector<Section> headers = read(count);
  sections.resize(headers.size());
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const Section& from = headers[i];
    sections[i] = {.name = {},
                   .name_offset = from.sh_name,
                   .index = static_cast<std::uint32_t>(i),
                   .type = from.sh_type,
                   .flags = from.sh_flags,
                   .address = from.sh_addr,
                   .offset = from.sh_offset,
                   .size = from.sh_size,
                   .alignment = from.sh_addralign,
                   .link = from.sh_link,
                   .info = from.sh_info,
                   .entry_size = from.sh_entsize};
  }
  const std::size_t names = header.e_shstrndx == SHN_XINDEX ? sections[0].link : header.e_shstrndx;
  if (names != SHN_UNDEF) name_sections(names);
}

void ElfFile::State::name_sections(std::size_t names_index) {
  if (names_index >= sections.size()) {
    malformed(
        fmt::format("section names are said to be in section {}, but there are only {}", names_index, sections.size()));
  }
  sections[names_index].name = "(section names)";  // until its own name is known
  const Bytes table = stored(sections[names_index]);
  Names names(table.view(), file.size());
  for (ElfSection& section : sections) {
    const std::optional<std::string_view> name = names.at(section.name_offset);
    if (!name) {
      malformed(fmt::format("name of section {} (offset {:#x}) lies outside the {} bytes of section names",
                            section.index, section.name_offset, table.size()));
    }
    section.name = *name;
  }
}

/// Throws unless the whole section is in the file.
void ElfFile::State::check_extent(const ElfSection& section) const {
  if (section.type == SHT_NOBITS) {
    throw Error(ErrorCode::no_btf,
                fmt::format("section has a size of {} bytes but no content in this file (SHT_NOBITS): the file seems "
                            "to hold debug information only",
                            section.size),
                {.section = std::string(section.name)});
  }
  if (section.size != 0 && (section.offset > file.size() || section.size > file.size() - section.offset)) {
    throw Error(ErrorCode::truncated,
                fmt::format("section has {:#x} bytes from file offset {:#x} on, but the file ends at {:#x}",
                            section.size, section.offset, file.size()),
                {.section = std::string(section.name)});
  }
}

/// The bytes of a section as they are in the file.
Bytes ElfFile::State::stored(const ElfSection& section) const {
  check_extent(section);
  return section.size == 0 ? Bytes() : file.part(section.offset, section.size);
}

Bytes ElfFile::State::unpacked(const ElfSection& section) const {
  const Bytes packed = stored(section);
  const std::size_t header = is_64 ? sizeof(Elf64_Chdr) : sizeof(Elf32_Chdr);
  if (packed.size() < header) {
    throw Error(ErrorCode::truncated,
                fmt::format("compressed section needs a header of {} bytes, only {} are there", header, packed.size()),
                {.section = std::string(section.name)});
  }
  const auto method = load<std::uint32_t>(packed.data(), order);
  const std::uint64_t size = is_64 ? load<std::uint64_t>(packed.data() + offsetof(Elf64_Chdr, ch_size), order)
                                   : load<std::uint32_t>(packed.data() + offsetof(Elf32_Chdr, ch_size), order);
  if (size > Bytes::default_limit) {
    throw Error(ErrorCode::unsupported, fmt::format("compressed section unpacks to {} bytes, which is too much", size),
                {.section = std::string(section.name)});
  }
  Bytes content;
  constexpr std::uint32_t method_zstd = 2;  // ELFCOMPRESS_ZSTD, which older elf.h lacks, as older libelf cannot read it
  if (method == ELFCOMPRESS_ZLIB) {
    content = inflated(section);
  } else if (method == method_zstd) {
    const ByteView bytes = packed.view();
    content = in_place({}, section.name, [&] { return decompress(bytes.subspan(header), Compression::zstd, size); });
  } else {
    throw Error(ErrorCode::unsupported, fmt::format("section is compressed by unknown method {}", method),
                {.section = std::string(section.name)});
  }
  if (content.size() != size) {
    malformed(fmt::format("compressed section unpacks to {} bytes where its header says {}", content.size(), size),
              {.section = std::string(section.name)});
  }
  return content;
}

/// Unpacks a zlib section by libelf. It changes the section's header while doing so, which must not reach a read-only
/// mapping: it gets a copy. Such sections are rare enough for that.
Bytes ElfFile::State::inflated(const ElfSection& section) const {
  const Bytes all = file.all();
  const std::string_view text = as_text(all.view());
  std::vector<char> copy(text.begin(), text.end());
  const ElfHandle elf = open_handle([&] { return elf_memory(copy.data(), copy.size()); });
  Elf_Scn* handle = elf_getscn(elf.get(), section.index);
  if (elf_compress(handle, 0, 0) != 1)
    malformed("compressed section (zlib) is damaged", {.section = std::string(section.name)});
  const Elf_Data* data = elf_getdata(handle, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return {};
  return Bytes::copy_of(ByteView(static_cast<const std::byte*>(data->d_buf), data->d_size));
}

ElfFile ElfFile::parse(FileParts file) {
  auto state = std::make_shared<State>(std::move(file));
  state->read_identification();
  state->read_headers();
  return ElfFile(std::move(state));
}

bool ElfFile::recognise(ByteView bytes) {
  return as_text(bytes).starts_with(
      "\x7f"
      "ELF");
}

bool ElfFile::is_64() const {
  return state_->is_64;
}

ByteOrder ElfFile::byte_order() const {
  return state_->order;
}

std::uint16_t ElfFile::machine() const {
  return state_->machine;
}

std::uint16_t ElfFile::file_type() const {
  return state_->type;
}

const FileParts& ElfFile::file() const {
  return state_->file;
}

std::span<const ElfSection> ElfFile::sections() const& {
  return state_->sections;
}

const ElfSection* ElfFile::find(std::string_view name) const& {
  const auto& sections = state_->sections;
  const auto found = std::find_if(sections.rbegin(), sections.rend(), [name](const ElfSection& section) {
    return !section.unused() && section.name == name;
  });
  return found == sections.rend() ? nullptr : &*found;
}

Bytes ElfFile::contents(const ElfSection& section) const {
  return (section.flags & SHF_COMPRESSED) != 0 && section.type != SHT_NOBITS ? state_->unpacked(section)
                                                                             : state_->stored(section);
}

Bytes ElfFile::stored(const ElfSection& section) const {
  return state_->stored(section);
}

std::optional<std::vector<std::byte>> ElfFile::note(std::string_view name, std::uint32_t type) const {
  for (const ElfSection& section : state_->sections) {
    if (section.type != SHT_NOTE || (section.flags & SHF_COMPRESSED) != 0) continue;
    const Bytes content = stored(section);
    const std::uint64_t alignment = section.alignment == 8 ? 8 : 4;
    const auto aligned = [alignment](std::uint64_t at) { return (at + alignment - 1) / alignment * alignment; };
    for (std::uint64_t at = 0; at < content.size() && content.size() - at >= sizeof(Elf32_Nhdr);) {
      const auto word = [&](std::size_t i) { return load<std::uint32_t>(content.data() + at + 4 * i, state_->order); };
      const std::uint64_t name_length = word(0), length = word(1), name_at = at + sizeof(Elf32_Nhdr);
      const std::uint64_t description_at = aligned(name_at + name_length);
      if (description_at + length > content.size()) break;
      const std::string_view found = as_text(content.view().subspan(name_at, name_length));
      if (word(2) == type && found.substr(0, found.find('\0')) == name) {
        const ByteView description = content.view().subspan(description_at, length);
        return std::vector(description.begin(), description.end());
      }
      at = aligned(description_at + length);
    }
  }
  return std::nullopt;
}

std::vector<ElfSymbol> ElfFile::symbols() const& {
  const auto& sections = state_->sections;
  // Of several the last, as the kernel's own tool for .BTF_ids takes it.
  const auto table = std::find_if(sections.rbegin(), sections.rend(),
                                  [](const ElfSection& section) { return section.type == SHT_SYMTAB; });
  if (table == sections.rend()) return {};
  state_->check_extent(*table);
  const std::size_t entry = state_->is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
  if (table->entry_size != entry) {
    malformed(fmt::format("symbols of {} bytes each, where the ELF class has {}", table->entry_size, entry),
              {.section = std::string(table->name)});
  }
  if (table->link >= sections.size())
    malformed("symbol names are in no section", {.section = std::string(table->name)});
  const Bytes strings = state_->stored(sections[table->link]);
  Names names(strings.view(), state_->file.size());

  const ElfHandle elf = open_handle(state_->file);
  Elf_Data* data = elf_getdata(elf_getscn(elf.get(), table->index), nullptr);
  if (data == nullptr) malformed("symbols cannot be read", {.section = std::string(table->name)});
  Elf_Data* extended = nullptr;
  for (const ElfSection& section : sections) {
    if (section.type != SHT_SYMTAB_SHNDX || section.link != table->index) continue;
    state_->check_extent(section);
    extended = elf_getdata(elf_getscn(elf.get(), section.index), nullptr);
  }

  std::vector<ElfSymbol> symbols;
  const auto count = static_cast<int>(std::min<std::uint64_t>(table->size / entry, INT32_MAX));
  symbols.reserve(static_cast<std::size_t>(count));
  for (int i = 1; i < count; ++i) {
    GElf_Sym symbol;
    Elf32_Word index = 0;
    if (gelf_getsymshndx(data, extended, i, &symbol, &index) == nullptr) {
      malformed(fmt::format("symbol {} cannot be read", i), {.section = std::string(table->name)});
    }
    const std::optional<std::string_view> name = names.at(symbol.st_name);
    if (!name) {
      malformed(fmt::format("name of symbol {} (offset {:#x}) lies outside {}", i, symbol.st_name,
                            sections[table->link].name),
                {.section = std::string(table->name)});
    }
    symbols.push_back({.name = *name,
                       .value = symbol.st_value,
                       .size = symbol.st_size,
                       .type = static_cast<std::uint8_t>(GELF_ST_TYPE(symbol.st_info)),
                       .binding = static_cast<std::uint8_t>(GELF_ST_BIND(symbol.st_info)),
                       .visibility = static_cast<std::uint8_t>(GELF_ST_VISIBILITY(symbol.st_other)),
                       .section = symbol.st_shndx == SHN_XINDEX ? index : symbol.st_shndx});
  }
  return symbols;
}

}  // namespace btfx

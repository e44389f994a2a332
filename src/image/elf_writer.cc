#include "image/elf_writer.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "image/signature.h"

namespace btfx {

namespace {

/// Where a field stands in a structure of either class, and how wide it is.
struct Field {
  std::size_t offset;
  std::size_t width;
};

/// The fields that change. One list for each class, so that the rest need not know the class.
struct Fields {
  std::size_t file_header;
  std::size_t section_header;
  std::size_t program_header;
  Field phoff, phnum, shoff, shnum, shstrndx;
  Field name, type, flags, offset, size, link, info, alignment, entry_size;
};

#define BTFX_FIELD(type, member)                 \
  Field {                                        \
    offsetof(type, member), sizeof(type::member) \
  }
#define BTFX_FIELDS(Ehdr, Shdr, Phdr)                                                                                  \
  Fields {                                                                                                             \
    sizeof(Ehdr), sizeof(Shdr), sizeof(Phdr), BTFX_FIELD(Ehdr, e_phoff), BTFX_FIELD(Ehdr, e_phnum),                    \
        BTFX_FIELD(Ehdr, e_shoff), BTFX_FIELD(Ehdr, e_shnum), BTFX_FIELD(Ehdr, e_shstrndx), BTFX_FIELD(Shdr, sh_name), \
        BTFX_FIELD(Shdr, sh_type), BTFX_FIELD(Shdr, sh_flags), BTFX_FIELD(Shdr, sh_offset), BTFX_FIELD(Shdr, sh_size), \
        BTFX_FIELD(Shdr, sh_link), BTFX_FIELD(Shdr, sh_info), BTFX_FIELD(Shdr, sh_addralign),                          \
        BTFX_FIELD(Shdr, sh_entsize)                                                                                   \
  }
constexpr Fields fields_32 = BTFX_FIELDS(Elf32_Ehdr, Elf32_Shdr, Elf32_Phdr);
constexpr Fields fields_64 = BTFX_FIELDS(Elf64_Ehdr, Elf64_Shdr, Elf64_Phdr);
#undef BTFX_FIELDS
#undef BTFX_FIELD

/// Bytes of the file, [begin, end).
struct Extent {
  std::uint64_t begin = 0, end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
  [[nodiscard]] bool overlaps(const Extent& other) const { return begin < other.end && other.begin < end; }
};

Extent extent_of(const ElfSection& section) {
  if (section.type == SHT_NOBITS || section.unused()) return {};
  return {section.offset, section.offset + section.size};
}

/// One file being changed.
class Writer {
 public:
  explicit Writer(const ElfFile& elf)
      : elf_(elf),
        fields_(elf.is_64() ? fields_64 : fields_32),
        order_(elf.byte_order()),
        all_(elf.file().all()),
        file_(all_.view()) {}

  Bytes run(std::span<const SectionUpdate> updates) {
    read();  // now: headers_ has all section headers, out_ all bytes but a signature
    for (const SectionUpdate& update : updates)
      take(update);  // now: what fits in place is there; the rest is in moved_
    if (!moved_.empty()) lay_out();
    return Bytes(std::move(out_));
  }

 private:
  /// Content that needs a new place.
  struct Moved {
    std::size_t section;  // its index
    Bytes content;
    std::uint64_t alignment;
  };

  [[nodiscard]] std::uint64_t get(const std::byte* from, Field field) const {
    from += field.offset;
    if (field.width == 2) return load<std::uint16_t>(from, order_);
    return field.width == 4 ? load<std::uint32_t>(from, order_) : load<std::uint64_t>(from, order_);
  }
  void set(std::byte* to, Field field, std::uint64_t value) const {
    to += field.offset;
    if (field.width == 2) return store(to, static_cast<std::uint16_t>(value), order_);
    if (field.width == 4) return store(to, static_cast<std::uint32_t>(value), order_);
    store(to, value, order_);
  }
  [[nodiscard]] std::byte* header(std::size_t index) { return headers_.data() + index * fields_.section_header; }
  [[nodiscard]] std::size_t header_count() const { return headers_.size() / fields_.section_header; }

  void read();
  void take(const SectionUpdate& update);
  /// What no section header describes: the file header, the program headers and the section headers as they were.
  [[nodiscard]] std::array<Extent, 3> tables() const;
  [[nodiscard]] std::uint64_t program_header_count() const;
  [[nodiscard]] bool shares_bytes(const ElfSection& section) const;
  std::uint32_t name_offset(const std::string& name);
  void lay_out();
  std::uint64_t close_up(const std::vector<Extent>& free, std::uint64_t headers_at);
  [[nodiscard]] std::vector<Extent> free_extents();
  std::uint64_t place(std::vector<Extent>& free, std::uint64_t size, std::uint64_t alignment);

  const ElfFile& elf_;
  const Fields& fields_;
  ByteOrder order_;
  const Bytes all_;
  ByteView file_;
  std::vector<std::byte> out_;      // the new file
  std::vector<std::byte> headers_;  // section headers as they will be written
  std::string names_;               // the section that holds the sections' names
  std::size_t names_index_ = 0;
  bool names_changed_ = false;
  std::vector<Moved> moved_;
};

void Writer::read() {
  const std::span<const ElfSection> sections = elf_.sections();
  if (sections.empty()) throw Error(ErrorCode::unsupported, "has no section headers, so that no section can be added");
  if (const auto signature = find_signature(file_)) file_ = file_.first(static_cast<std::size_t>(signature->offset));
  const std::uint64_t at = get(file_.data(), fields_.shoff);
  const std::uint64_t length = std::uint64_t{sections.size()} * fields_.section_header;
  if (at > file_.size() || length > file_.size() - at) {
    throw Error(ErrorCode::malformed, "section headers lie in the module's signature");
  }
  const ByteView table = file_.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(length));
  headers_.assign(table.begin(), table.end());
  names_index_ = get(file_.data(), fields_.shstrndx);
  if (names_index_ == SHN_XINDEX) names_index_ = get(header(0), fields_.link);
  if (names_index_ == SHN_UNDEF) throw Error(ErrorCode::unsupported, "has no section names");
  for (const ElfSection& section : sections) {
    const Extent extent = extent_of(section);
    if (extent.end < extent.begin || extent.end > file_.size()) {
      throw Error(ErrorCode::malformed, "section reaches past the end of the file",
                  {.section = std::string(section.name)});
    }
  }
  const ElfSection& names = sections[names_index_];
  const auto refuse_names = [&](std::string_view why) {
    throw Error(ErrorCode::malformed, fmt::format("section names lie in section {}, which {}", names_index_, why),
                {.offset = names.offset});
  };
  if (names.type != SHT_STRTAB) refuse_names("is not a string table");
  if (std::ranges::any_of(tables(), [&](const Extent& headers) { return headers.overlaps(extent_of(names)); })) {
    refuse_names("overlaps the file's headers");
  }
  if (names.offset > file_.size() || names.size > file_.size() - names.offset) {
    throw Error(ErrorCode::malformed, "section names lie in the module's signature");
  }
  names_ = as_text(file_.subspan(static_cast<std::size_t>(names.offset), static_cast<std::size_t>(names.size)));
  out_.assign(file_.begin(), file_.end());
}

/// Beyond 65,534 the number stands in the first section header.
std::uint64_t Writer::program_header_count() const {
  const std::uint64_t count = get(file_.data(), fields_.phnum);
  return count == PN_XNUM ? get(headers_.data(), fields_.info) : count;
}

std::array<Extent, 3> Writer::tables() const {
  const std::uint64_t programs = get(file_.data(), fields_.phoff);
  const std::uint64_t sections = get(file_.data(), fields_.shoff);
  return {{{0, fields_.file_header},
           {programs, programs + program_header_count() * fields_.program_header},
           {sections, sections + elf_.sections().size() * fields_.section_header}}};
}

/// Whether any byte of a section belongs to something else, too.
bool Writer::shares_bytes(const ElfSection& section) const {
  const Extent own = extent_of(section);
  return std::ranges::any_of(tables(), [&](const Extent& table) { return own.overlaps(table); }) ||
         std::ranges::any_of(elf_.sections(), [&](const ElfSection& other) {
           return other.index != section.index && own.overlaps(extent_of(other));
         });
}

void Writer::take(const SectionUpdate& update) {
  const ElfSection* old = elf_.find(update.name);
  if (old != nullptr && old->index == names_index_) {
    throw Error(ErrorCode::malformed, "section holds the names of all sections, and cannot be replaced",
                {.section = update.name});
  }
  const bool in_place = old != nullptr && old->type != SHT_NOBITS && (old->flags & SHF_COMPRESSED) == 0 &&
                        old->size == update.content.size() && !shares_bytes(*old);
  if (in_place) {
    if (update.content.size() != 0)
      std::memcpy(out_.data() + old->offset, update.content.data(), update.content.size());
    return;
  }
  if (old != nullptr && (old->flags & SHF_ALLOC) != 0) {
    throw Error(ErrorCode::refused,
                "section is part of the running image, as in vmlinux, and cannot change its size after linking",
                {.section = update.name});
  }
  std::size_t index = 0;
  if (old != nullptr) {
    index = old->index;
  } else {
    index = header_count();
    headers_.resize(headers_.size() + fields_.section_header);
    set(header(index), fields_.name, name_offset(update.name));
  }
  std::byte* to = header(index);
  set(to, fields_.type, SHT_PROGBITS);
  set(to, fields_.flags, 0);
  set(to, fields_.link, 0);
  set(to, fields_.info, 0);
  set(to, fields_.entry_size, 0);
  set(to, fields_.alignment, 4);
  moved_.push_back({index, update.content, 8});
}

/// Where a name stands among the section names, appended if it is not there.
std::uint32_t Writer::name_offset(const std::string& name) {
  const std::string_view with_end(name.c_str(), name.size() + 1);
  std::size_t at = names_.find(with_end);
  if (at == std::string::npos) {
    if ((elf_.sections()[names_index_].flags & SHF_ALLOC) != 0) {
      throw Error(ErrorCode::unsupported, "section names are part of the running image, and cannot grow");
    }
    at = names_.size();
    names_ += with_end;
    names_changed_ = true;
  }
  return static_cast<std::uint32_t>(at);
}

/// Gives everything in moved_ a place, and the section names and headers if they changed, and writes it all.
void Writer::lay_out() {
  if (names_changed_) moved_.push_back({names_index_, Bytes::copy_of(names_), 1});
  std::vector<Extent> free = free_extents();
  for (const Extent& extent : free) {
    std::fill(out_.begin() + static_cast<std::ptrdiff_t>(extent.begin),
              out_.begin() + static_cast<std::ptrdiff_t>(extent.end), std::byte{0});
  }
  // Free bytes at the end need not be kept.
  if (!free.empty() && free.back().end == out_.size()) {
    out_.resize(static_cast<std::size_t>(free.back().begin));
    free.pop_back();
  }
  for (const Moved& moved : moved_) {
    const std::uint64_t at = place(free, moved.content.size(), moved.alignment);
    if (moved.content.size() != 0) std::memcpy(out_.data() + at, moved.content.data(), moved.content.size());
    set(header(moved.section), fields_.offset, at);
    set(header(moved.section), fields_.size, moved.content.size());
  }
  const std::size_t count = header_count();
  const bool fits = count < SHN_LORESERVE;
  if (!fits) set(header(0), fields_.size, count);
  const std::uint64_t at = place(free, headers_.size(), 8);
  // Now: everything has its place, and free are the bytes that nothing took.
  const std::uint64_t moved_to = elf_.file_type() == ET_REL && program_header_count() == 0 ? close_up(free, at) : at;
  std::memcpy(out_.data() + moved_to, headers_.data(), headers_.size());
  set(out_.data(), fields_.shoff, moved_to);
  set(out_.data(), fields_.shnum, fits ? count : 0);
  if (!elf_.is_64() && out_.size() > 0xffffffff) throw Error(ErrorCode::unsupported, "would become larger than 4 GiB");
}

/// Moves what stands behind free bytes up, by multiples of every section's alignment, so that each stays aligned as it
/// is. For files whose sections nothing but their headers places: relocatable ones. Returns the new place of the
/// section headers, which were to stand at `headers_at`.
std::uint64_t Writer::close_up(const std::vector<Extent>& free, std::uint64_t headers_at) {
  std::uint64_t alignment = 8;
  for (std::size_t i = 0; i < header_count(); ++i) {
    const std::uint64_t own = get(header(i), fields_.alignment);
    if (std::has_single_bit(own)) alignment = std::max(alignment, own);
  }
  std::vector<Extent> cut;
  for (const Extent& extent : free) {
    if (extent.size() >= alignment) cut.push_back({extent.end - extent.size() / alignment * alignment, extent.end});
  }
  if (cut.empty()) return headers_at;
  const auto new_place = [&](std::uint64_t at) {
    std::uint64_t gone = 0;
    for (const Extent& extent : cut) gone += std::clamp(at, extent.begin, extent.end) - extent.begin;
    return at - gone;
  };
  for (std::size_t i = 0; i < header_count(); ++i) {
    set(header(i), fields_.offset, new_place(get(header(i), fields_.offset)));
  }
  std::size_t to = 0, from = 0;
  const auto keep_until = [&](std::uint64_t end) {
    std::memmove(out_.data() + to, out_.data() + from, static_cast<std::size_t>(end) - from);
    to += static_cast<std::size_t>(end) - from;
  };
  for (const Extent& extent : cut) {
    keep_until(extent.begin);
    from = static_cast<std::size_t>(extent.end);
  }
  keep_until(out_.size());
  out_.resize(to);
  return new_place(headers_at);
}

/// The bytes that nothing uses any more, ascending and apart: those of replaced sections and of the section headers,
/// without any that something else uses, too.
std::vector<Extent> Writer::free_extents() {
  const auto [file_header, program_headers, section_headers] = tables();
  std::vector<Extent> dropped{section_headers};
  std::vector<bool> is_dropped(header_count());
  for (const Moved& moved : moved_) is_dropped[moved.section] = true;
  std::vector<Extent> kept{file_header, program_headers};
  for (const ElfSection& section : elf_.sections()) {
    (is_dropped[section.index] ? dropped : kept).push_back(extent_of(section));
  }
  std::ranges::sort(kept, {}, &Extent::begin);
  std::ranges::sort(dropped, {}, &Extent::begin);
  std::vector<Extent> free;
  std::size_t next = 0;       // the first kept extent that may reach behind `at`
  std::uint64_t at = 0;       // everything before is decided
  std::uint64_t covered = 0;  // the furthest end of a kept extent that begins before `at`
  const auto skip_to = [&](std::uint64_t end) {
    // Frees [at, end) but for kept extents.
    while (at < end) {
      while (next < kept.size() && kept[next].begin <= at) covered = std::max(covered, kept[next++].end);
      if (covered > at) {
        at = std::min(covered, end);
        continue;
      }
      const std::uint64_t stop = next < kept.size() ? std::min(end, kept[next].begin) : end;
      if (!free.empty() && free.back().end == at) {
        free.back().end = stop;
      } else {
        free.push_back({at, stop});
      }
      at = stop;
    }
  };
  for (const Extent& extent : dropped) {
    at = std::max(at, extent.begin);
    skip_to(extent.end);
  }
  return free;
}

/// A place for `size` bytes: the first free one, or the end of the file.
std::uint64_t Writer::place(std::vector<Extent>& free, std::uint64_t size, std::uint64_t alignment) {
  const auto aligned = [alignment](std::uint64_t at) { return (at + alignment - 1) / alignment * alignment; };
  for (Extent& extent : free) {
    const std::uint64_t at = aligned(extent.begin);
    if (at > extent.end || extent.end - at < size) continue;
    extent.begin = at + size;
    return at;
  }
  const std::uint64_t at = aligned(out_.size());
  out_.resize(static_cast<std::size_t>(at + size));
  return at;
}

}  // namespace

Bytes update_sections(const ElfFile& elf, std::span<const SectionUpdate> updates) {
  return Writer(elf).run(updates);
}

}  // namespace btfx

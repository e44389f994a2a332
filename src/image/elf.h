// ELF files, read only: sections by name, whatever class and byte order. The ELF writer is in src/emit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/file_parts.h"

namespace btfx {

/// The header of one ELF section, as in the file.
struct ElfSection {
  std::string_view name;          ///< lives as long as the ElfFile
  std::uint64_t name_offset = 0;  ///< in the section of section names
  std::uint32_t index = 0;
  std::uint32_t type = 0;     ///< SHT_*
  std::uint64_t flags = 0;    ///< SHF_*
  std::uint64_t address = 0;  ///< in memory; 0 in relocatable files such as modules
  std::uint64_t offset = 0;   ///< in the file
  std::uint64_t size = 0;     ///< as stored; a compressed section is larger once unpacked
  std::uint64_t alignment = 0;
  std::uint32_t link = 0;
  std::uint32_t info = 0;
  std::uint64_t entry_size = 0;

  /// Whether the header describes no section: the null section or one of type SHT_NULL. Its other fields mean nothing.
  [[nodiscard]] bool unused() const { return index == 0 || type == 0; }
};

/// One symbol of the symbol table.
struct ElfSymbol {
  std::string_view name;
  std::uint64_t value = 0;
  std::uint64_t size = 0;
  std::uint8_t type = 0;        ///< STT_*
  std::uint8_t binding = 0;     ///< STB_*
  std::uint8_t visibility = 0;  ///< STV_*
  std::uint32_t section = 0;    ///< section index, extended numbering resolved; 0: undefined; or SHN_ABS, SHN_COMMON
};

/// A parsed ELF file. Cheap to copy; keeps the bytes alive.
class ElfFile {
 public:
  /// Reads the file header, the section headers and their names, and no other part of the file. Throws Error(truncated,
  /// malformed) without a file name, and Error(io).
  static ElfFile parse(FileParts file);
  /// Whether the bytes begin like an ELF file.
  static bool recognise(ByteView bytes);

  [[nodiscard]] bool is_64() const;
  [[nodiscard]] unsigned pointer_size() const { return is_64() ? 8 : 4; }
  [[nodiscard]] ByteOrder byte_order() const;
  [[nodiscard]] std::uint16_t machine() const;    ///< EM_*
  [[nodiscard]] std::uint16_t file_type() const;  ///< ET_*
  [[nodiscard]] const FileParts& file() const;

  /// All sections by index; the first is the null section. Empty when the file has no section headers.
  [[nodiscard]] std::span<const ElfSection> sections() const&;
  [[nodiscard]] std::span<const ElfSection> sections() const&& = delete;
  /// The section of that exact name; of several the last. Null when there is none, or only in an unused
  /// header.
  [[nodiscard]] const ElfSection* find(std::string_view name) const&;
  [[nodiscard]] const ElfSection* find(std::string_view name) const&& = delete;
  /// The bytes of a section: in place where they are stored plainly, unpacked where SHF_COMPRESSED is set.
  /// Throws Error naming the section when it is SHT_NOBITS (no_btf), lies outside the file (truncated), or does not
  /// unpack (malformed, unsupported).
  [[nodiscard]] Bytes contents(const ElfSection& section) const;
  /// The bytes of a section as they stand in the file, compressed or not. Throws like contents().
  [[nodiscard]] Bytes stored(const ElfSection& section) const;
  /// The description of the first note of that name and type (NT_*) in any SHT_NOTE section; nothing when there is
  /// none. Throws Error(truncated) for a section outside the file.
  [[nodiscard]] std::optional<std::vector<std::byte>> note(std::string_view name, std::uint32_t type) const;
  /// All symbols of the last SHT_SYMTAB, the null symbol left out; empty when there is no symbol table. Throws Error
  /// like contents(), and malformed for names outside the string table. The names lie in this file's bytes, so that it
  /// has to outlive them.
  [[nodiscard]] std::vector<ElfSymbol> symbols() const&;
  [[nodiscard]] std::vector<ElfSymbol> symbols() const&& = delete;

 private:
  struct State;
  explicit ElfFile(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace btfx

// Small ELF files of both classes and byte orders, right ones and spoiled ones.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"

namespace btfx::test {

/// Collects sections and writes them out: file header, contents in order, section names, section headers.
class ElfMaker {
 public:
  struct Section {
    std::string name;
    std::string content = {};
    std::uint32_t type = 1;  // SHT_PROGBITS
    std::uint64_t flags = 0;
    std::uint32_t link = 0, info = 0;
    std::uint64_t alignment = 1, entry_size = 0;
    std::uint64_t claimed_size = 0;  // not 0: what the header says instead of the content's size
  };
  struct Symbol {
    std::string name;
    std::uint64_t value = 0, size = 0;
    std::uint8_t info = 0;
    std::uint32_t section = 0;  // above 0xfeff: through SHT_SYMTAB_SHNDX
  };

  explicit ElfMaker(bool is_64 = true, ByteOrder order = ByteOrder::little) : is_64_(is_64), order_(order) {}

  /// Adds a section and gives its index; the first is 1.
  std::uint32_t add(Section section);
  std::uint32_t add(std::string name, std::string content) { return add({std::move(name), std::move(content)}); }
  /// Adds .symtab, .strtab and, where a section index needs it, .symtab_shndx.
  void add_symbols(const std::vector<Symbol>& symbols);
  /// Writes the numbers of sections and of the names' section where they stand when they do not fit the file header.
  void use_extended_numbering() { extended_ = true; }

  [[nodiscard]] std::string make(std::uint16_t file_type = 1) const;
  [[nodiscard]] Bytes bytes() const { return Bytes::copy_of(make()); }

 private:
  bool is_64_;
  ByteOrder order_;
  bool extended_ = false;
  std::vector<Section> sections_;
};

/// Integers appended in a given byte order.
class Writer {
 public:
  explicit Writer(ByteOrder order) : order_(order) {}
  template <std::unsigned_integral T>
  Writer& put(T value) {
    std::byte bytes[sizeof value];
    if constexpr (sizeof value == 1) {
      bytes[0] = std::byte{value};
    } else {
      store(bytes, value, order_);
    }
    text_ += as_text(bytes);
    return *this;
  }
  Writer& put(std::string_view text) {
    text_ += text;
    return *this;
  }
  /// A word of the class's size.
  Writer& put_address(std::uint64_t value, bool is_64) {
    return is_64 ? put(value) : put(static_cast<std::uint32_t>(value));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  ByteOrder order_;
  std::string text_;
};

}  // namespace btfx::test

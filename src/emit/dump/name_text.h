// Names on their way from the strings of a BTF into a text.
#pragma once

#include <cstddef>

#include "base/printable.h"
#include "btf/btf.h"

namespace btfx {

/// A text that ends in NUL, and how many bytes from its start on may be read: at least up to the NUL, or 0 when that is
/// not known.
struct NameText {
  const char* text = "";
  std::size_t readable = 0;

  [[nodiscard]] bool empty() const { return *text == '\0'; }
};

/// Whether printable() might change any string of `btf` or its bases. Hardly one ever: asking once for all is cheaper
/// than looking at each name.
inline bool may_be_unprintable(const Btf& btf) {
  for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
    if (may_be_unprintable(part->own_strings())) return true;
  }
  return false;
}

/// The name at an offset; `btf` is the one that holds the record with the offset.
inline NameText name_text(const Btf& btf, StringOffset name) {
  const char* text = btf.c_string(name);
  if (raw(name) < btf.string_start()) return {text, 0};  // some base's: how much follows is not known here
  return {text, btf.string_end() - raw(name)};
}

}  // namespace btfx

// From an unwrapped image to a parsed BTF, with its base: the table of `.BTF.base` and -B is decided here, once for all
// commands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "image/image.h"

namespace btfx {

/// The BTF section of an image, not parsed: the whole of a raw file, an ELF section, or what was carved out of a flat
/// image. Throws Error(no_btf) with the section's name when it is not there.
Bytes btf_section(const Image& image, std::string_view section = ".BTF");
/// Whether an ELF image has a section of that name.
bool has_section(const Image& image, std::string_view section);

/// Parses the BTF of an image as a root, or on `base`. Errors name the file and section.
BtfPtr load_btf(const Image& image, BtfPtr base = nullptr, std::string_view section = ".BTF");

/// Reads and parses a base: any source that read_base_source() takes. It must not itself be split.
BtfPtr load_base(const std::string& source);

/// How a BTF relates to a base.
enum class Relation {
  standalone,  ///< a root: needs no base
  split,       ///< continues a base by number
  distilled,   ///< continues its own .BTF.base
};
/// Tells by content; a raw blob whose strings do not begin with NUL is split.
Relation relation_of(const Image& image);

/// What the user said about bases.
struct BaseChoice {
  std::vector<std::string> sources;  ///< as given with -B; the single word `none` forbids looking for one
  [[nodiscard]] bool forbidden() const { return sources.size() == 1 && sources[0] == "none"; }
  [[nodiscard]] bool given() const { return !sources.empty() && !forbidden(); }
};

}  // namespace btfx

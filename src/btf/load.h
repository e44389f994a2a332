// From an unwrapped image to a parsed BTF.
#pragma once

#include <string>
#include <string_view>

#include "base/once.h"
#include "btf/btf.h"
#include "image/source.h"

namespace btfx {

/// Where a kernel or module keeps its BTF, and a module the distilled base of it.
inline constexpr std::string_view main_section = ".BTF", base_section = ".BTF.base";

/// The BTF section of an image, not parsed: the whole of a raw file, an ELF section, or what was carved out of a flat
/// image. Throws Error(no_btf) with the section's name when it is not there.
Bytes btf_section(const Image& image, std::string_view section = main_section);
/// The same as a kernel finds it in the file: what ELF calls compressed (SHF_COMPRESSED) is not unpacked.
Bytes stored_section(const Image& image, std::string_view section = main_section);
/// Whether stored_section() is compressed.
bool is_stored_compressed(const Image& image, std::string_view section);
/// All BTFs that the BTF section of an image holds: linkers put those of several objects behind each other, of which
/// readers see the first. Each by itself, and at least one, which is all of the section where nothing follows it.
std::vector<Bytes> btf_sections(const Image& image);
/// The same of the bytes of a section.
std::vector<Bytes> split_section(const Bytes& section);
/// Whether an ELF image has a section of that name.
bool has_section(const Image& image, std::string_view section);

/// Parses the BTF of an image as a root, or on `base`. Errors name the file and section.
BtfPtr load_btf(const Image& image, BtfPtr base = nullptr, std::string_view section = main_section);

/// Reads and parses a base: any source that read_base_source() takes. Keeps the BTF alone in memory, not the image it
/// came from. Throws Error(no_base) when it is itself split.
BtfPtr load_base(const std::string& source, const SearchPaths& paths = SearchPaths::system());
/// The same from an image that has been read.
BtfPtr load_base(const Image& image);

/// How a BTF relates to a base.
enum class Relation {
  standalone,  ///< a root: needs no base
  split,       ///< continues a base by number
  distilled,   ///< continues its own .BTF.base
};
/// "standalone", "split" or "distilled".
std::string_view to_string(Relation relation);
/// Tells by content: with a section .BTF.base distilled; with no strings, or strings that do not begin with NUL, split;
/// also when is_moved_root(). BTF too damaged to judge counts as standalone, so that parsing it reports what is wrong.
Relation relation_of(const Image& image);

}  // namespace btfx

// From an unwrapped image to a parsed BTF, with its base: the table of `.BTF.base` and -B is decided here, once for all
// commands.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
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
/// also when is_moved_root(). What is too damaged to tell is standalone, so that parsing it says what is wrong.
Relation relation_of(const Image& image);

/// What the user said about bases.
struct BaseChoice {
  std::vector<std::string> sources;  ///< as given with -B; the single word `none` forbids looking for one
  [[nodiscard]] bool forbidden() const { return sources.size() == 1 && sources[0] == "none"; }
  [[nodiscard]] bool given() const { return !sources.empty() && !forbidden(); }
};

/// A BTF on the base that was decided on.
struct LoadedBtf {
  BtfPtr btf;                           ///< on `base`, unless it needs relocation
  BtfPtr base;                          ///< given with -B, found, or from .BTF.base; null when it stands alone
  Relation relation = Relation::split;  ///< of `btf`: what it continues now
  bool needs_relocation = false;        ///< `btf` is still on its .BTF.base, while `base` is the one given
  std::vector<std::string> notes;       ///< what was chosen and why: sentences for -v
};

/// Loads many BTFs by one choice of base. Each base is read once, when it is first needed. Safe to use from many
/// threads.
class BtfLoader {
 public:
  /// Takes a BTF on its distilled base, and the base to relocate it to; gives it on that base.
  using Relocate = std::function<BtfPtr(const BtfPtr& distilled, const BtfPtr& base)>;

  /// Without `relocate`, load_relocated() refuses what needs relocation. Throws Error(usage) when the choice is of
  /// several bases.
  explicit BtfLoader(BaseChoice choice, Relocate relocate = nullptr, SearchPaths paths = SearchPaths::system());

  /// Decides by this table, and parses:
  ///
  ///     -B given  .BTF.base  result
  ///     no        no         standalone, or split on the base that find_base() finds
  ///     yes       no         split on the given base
  ///     no        yes        on its .BTF.base, not relocated
  ///     yes       yes        on its .BTF.base, with needs_relocation set and the given base beside it
  ///
  /// Throws Error(no_base) for split BTF whose base is not found or not to be looked for.
  LoadedBtf load(const Image& image) const;
  /// The same, relocated where needed. Throws Error(unsupported) when that needs relocation and there is none.
  LoadedBtf load_relocated(const Image& image) const;
  /// A base, from memory when it has been read before.
  BtfPtr base(const std::string& source) const;

 private:
  struct Slot;
  [[nodiscard]] LoadedBtf load_split(const Image& image) const;

  BaseChoice choice_;
  Relocate relocate_;
  SearchPaths paths_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<Slot>> slots_;
};

}  // namespace btfx

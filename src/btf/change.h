// What the comparison of two BTFs finds, in words: made by the transforms, told by the reports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace btfx {

/// How much a change matters to code that was built before it; the worst of its details.
enum class Impact : std::uint8_t {
  compatible,  ///< nobody can tell: something was added at an end or in a hole, or only a name changed
  value,       ///< an enumerator has another value, or is gone
  signature,   ///< the type of something changed, but no size and no offset
  layout,      ///< a size or an offset changed
};

/// What became of a declaration.
enum class ChangeKind : std::uint8_t { added, removed, renamed, moved, changed };

/// What is different about a declaration that is there on both sides. What the texts and numbers of a Detail mean is
/// said at each: old/new text; old/new number.
enum class What : std::uint8_t {
  kind,                ///< struct became union or the like: the tags
  defined,             ///< only declared before
  undefined,           ///< only declared now
  size,                ///< of the whole; bytes
  alignment,           ///< of the whole; bytes
  encoding,            ///< of an INT: `signed`, `char`, `bool`, `unsigned`
  bits,                ///< of an INT: how many count
  signedness,          ///< of an enum
  target,              ///< of a typedef: types
  linkage,             ///< of a function or variable: `static`, `global`, `extern`
  member_added,        ///< new type; new bit offset
  member_removed,      ///< old type; old bit offset
  member_moved,        ///< bit offsets
  member_retyped,      ///< types; bit offsets
  member_renamed,      ///< names; bit offsets
  member_resized,      ///< a bitfield got another width, or became one or stopped being one; bits, 0: no bitfield
  reserved_used,       ///< a new member where only a reserved one was: that one's name, new type; bit offsets
  regrouped,           ///< the same members in other anonymous structs and unions
  enumerator_added,    ///< new value
  enumerator_removed,  ///< old value
  enumerator_changed,  ///< values
  enumerator_reused,   ///< a value that meant something else before: names; value
  return_type,         ///< of a function: types
  param_added,         ///< new type; place, from 0
  param_removed,       ///< old type; place
  param_moved,         ///< places
  param_retyped,       ///< types; places
  param_renamed,       ///< names; places
  type,                ///< of a variable
  entry_added,         ///< a variable in a section; new offset
  entry_removed,       ///< old offset
  entry_moved,         ///< offsets, bytes
  entry_resized,       ///< sizes, bytes
  tag_added,           ///< a declaration tag: new text; on `name`, empty: on the declaration itself
  tag_removed,         ///< old text
  opaque,              ///< something that has no word here: a kind that btfx does not know, say
};

/// The short and stable word for it, as in JSON: `member_added`.
std::string_view to_string(What what);
std::string_view to_string(ChangeKind kind);
std::string_view to_string(Impact impact);

/// Where a member was added.
enum class Spot : std::uint8_t {
  none,     ///< not asked
  end,      ///< behind everything that was there
  hole,     ///< where nothing was
  shared,   ///< over something that is still there, as in a union
  between,  ///< others had to make room
};
std::string_view to_string(Spot spot);

/// One difference.
struct Detail {
  What what = What::size;
  Impact impact = Impact::compatible;
  Spot spot = Spot::none;
  std::string name = {};  ///< the member, enumerator, parameter or variable; inside named anonymous types `outer.inner`
  std::string old_text = {}, new_text = {};
  std::uint64_t old_number = 0, new_number = 0;
};

/// One type on one side: a declaration, or nothing.
struct Declared {
  BtfPtr btf;
  TypeId id = void_id;
  [[nodiscard]] bool exists() const { return id != void_id; }
  [[nodiscard]] TypeView view() const { return btf->type(id); }
};

/// What happened to one declaration.
struct Change {
  ChangeKind kind = ChangeKind::changed;
  Impact impact = Impact::compatible;
  Declared before, after;
  std::vector<Detail> details;
  /// Other changes that all of this follows from: by-value members that grew, variables that joined a section.
  std::vector<std::string> causes;
  /// Which parts of a kernel have it, before and after, when kernels are compared: `vmlinux` and names of modules.
  std::vector<std::string> parts_before, parts_after;

  /// The side that tells name and kind: the new one, unless it is gone.
  [[nodiscard]] const Declared& subject() const { return after.exists() ? after : before; }
};

/// How a module depends on a declaration of the base, the closest way first.
enum class Dependence : std::uint8_t {
  embedded,  ///< it holds the type by value: in a struct, an array or a variable
  passed,    ///< it passes or returns the type by value
  pointer,   ///< it only points to the type
  named,     ///< it uses the type's name (typedefs)
  called,    ///< it imports the function or variable
};
std::string_view to_string(Dependence dependence);

/// One way in which a change of the base matters to a module.
struct Effect {
  TypeId before = void_id;  ///< the declaration in the old base
  Dependence dependence = Dependence::pointer;
  Impact impact = Impact::compatible;  ///< the change's
  bool refused = false;                ///< it is why the module's BTF does not fit any more
  std::string reason = {};             ///< when refused: a code of relocation, e.g. `member-size`
};

/// The answer for one module.
struct Verdict {
  std::string module;
  /// The module's BTF does not fit any more: the kernel refuses it, or should. Otherwise it is safe to load; whether
  /// its code can bear what changed behind pointers only its source can tell.
  bool needs_rebuild = false;
  std::string message = {};         ///< what the kernel logs when it refuses; empty when it does not
  std::vector<Effect> effects;      ///< the refused ones first, then by impact
  std::vector<std::string> others;  ///< reasons without a change: `struct foo: ambiguous`
};

}  // namespace btfx

// What the comparison of two BTFs finds: made by the transforms, printed by the reports.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/enum_table.h"
#include "btf/btf.h"

namespace btfx {

/// How much a change matters to code that was built before it; the worst of its details.
enum class Impact : std::uint8_t {
  compatible,  ///< existing code does not notice: an addition at an end or in a hole, or a new name
  value,       ///< an enumerator has another value, or is gone
  signature,   ///< the type of something changed, but no size and no offset
  layout,      ///< a size or an offset changed
};

/// What became of a declaration.
enum class ChangeKind : std::uint8_t { added, removed, renamed, moved, changed };

/// What is different about a declaration that is there on both sides.
enum class DetailKind : std::uint8_t {
  kind,
  defined,    ///< only declared before
  undefined,  ///< only declared now
  size,
  alignment,
  encoding,
  bits,
  signedness,
  target,
  linkage,
  member_added,
  member_removed,
  member_moved,
  member_retyped,
  member_renamed,
  member_resized,  ///< a bitfield got another width, or became one or stopped being one (width 0)
  reserved_used,   ///< a new member where only a reserved one was
  regrouped,       ///< the same members in other anonymous structs and unions
  enumerator_added,
  enumerator_removed,
  enumerator_changed,
  enumerator_reused,  ///< a value that meant something else before
  return_type,
  param_added,
  param_removed,
  param_moved,
  param_retyped,
  param_renamed,
  type,
  entry_added,
  entry_removed,
  entry_moved,
  entry_resized,
  tag_added,
  tag_removed,
  opaque,  ///< something that has no word here: a kind that btfx does not know, say
};

/// The words for one kind of Detail, and for the fields of its DetailOf: JSON is made of them, so they are stable. A
/// word is empty where there is no such field.
struct DetailKindInfo {
  DetailKind kind;
  std::string_view word;
  std::string_view subject;  ///< what Detail::name names
  std::string_view old_text, new_text, old_number, new_number;
};

inline constexpr std::array<DetailKindInfo, 36> detail_kind_table{{
    {DetailKind::kind, "kind", "", "old_kind", "new_kind", "", ""},
    {DetailKind::defined, "defined", "", "", "", "", ""},
    {DetailKind::undefined, "undefined", "", "", "", "", ""},
    {DetailKind::size, "size", "member", "", "", "old_bytes", "new_bytes"},
    {DetailKind::alignment, "alignment", "member", "", "", "old_bytes", "new_bytes"},
    {DetailKind::encoding, "encoding", "", "old_encoding", "new_encoding", "", ""},
    {DetailKind::bits, "bits", "", "", "", "old_bits", "new_bits"},
    {DetailKind::signedness, "signedness", "member", "old_signedness", "new_signedness", "", ""},
    {DetailKind::target, "target", "", "old_type", "new_type", "", ""},
    {DetailKind::linkage, "linkage", "", "old_linkage", "new_linkage", "", ""},
    {DetailKind::member_added, "member_added", "member", "", "new_type", "", "new_bit_offset"},
    {DetailKind::member_removed, "member_removed", "member", "old_type", "", "old_bit_offset", ""},
    {DetailKind::member_moved, "member_moved", "member", "", "", "old_bit_offset", "new_bit_offset"},
    {DetailKind::member_retyped, "member_retyped", "member", "old_type", "new_type", "old_bit_offset",
     "new_bit_offset"},
    {DetailKind::member_renamed, "member_renamed", "member", "old_name", "new_name", "old_bit_offset",
     "new_bit_offset"},
    {DetailKind::member_resized, "member_resized", "member", "", "", "old_bits", "new_bits"},
    {DetailKind::reserved_used, "reserved_used", "member", "reserved", "new_type", "old_bit_offset", "new_bit_offset"},
    {DetailKind::regrouped, "regrouped", "", "", "", "", ""},
    {DetailKind::enumerator_added, "enumerator_added", "enumerator", "", "", "", "new_value"},
    {DetailKind::enumerator_removed, "enumerator_removed", "enumerator", "", "", "old_value", ""},
    {DetailKind::enumerator_changed, "enumerator_changed", "enumerator", "", "", "old_value", "new_value"},
    {DetailKind::enumerator_reused, "enumerator_reused", "enumerator", "old_name", "new_name", "old_value",
     "new_value"},
    {DetailKind::return_type, "return_type", "", "old_type", "new_type", "", ""},
    {DetailKind::param_added, "param_added", "parameter", "", "new_type", "", "new_index"},
    {DetailKind::param_removed, "param_removed", "parameter", "old_type", "", "old_index", ""},
    {DetailKind::param_moved, "param_moved", "parameter", "", "", "old_index", "new_index"},
    {DetailKind::param_retyped, "param_retyped", "parameter", "old_type", "new_type", "old_index", "new_index"},
    {DetailKind::param_renamed, "param_renamed", "parameter", "old_name", "new_name", "old_index", "new_index"},
    {DetailKind::type, "type", "", "old_type", "new_type", "", ""},
    {DetailKind::entry_added, "entry_added", "variable", "", "", "", "new_offset"},
    {DetailKind::entry_removed, "entry_removed", "variable", "", "", "old_offset", ""},
    {DetailKind::entry_moved, "entry_moved", "variable", "", "", "old_offset", "new_offset"},
    {DetailKind::entry_resized, "entry_resized", "variable", "", "", "old_bytes", "new_bytes"},
    {DetailKind::tag_added, "tag_added", "on", "", "new_tag", "", ""},
    {DetailKind::tag_removed, "tag_removed", "on", "old_tag", "", "", ""},
    {DetailKind::opaque, "opaque", "", "", "", "", ""},
}};

static_assert(in_order(detail_kind_table, &DetailKindInfo::kind));

constexpr const DetailKindInfo& detail_kind_info(DetailKind kind) {
  return detail_kind_table[static_cast<std::size_t>(kind)];
}

std::string_view to_string(ChangeKind kind);
std::string_view to_string(Impact impact);

/// Where a member was added.
enum class MemberPlacement : std::uint8_t {
  none,      ///< not asked
  end,       ///< behind everything that was there
  hole,      ///< where nothing was
  shared,    ///< over something that is still there, as in a union
  replaced,  ///< where something was that is gone
  between,   ///< others had to make room
};
std::string_view to_string(MemberPlacement placement);

/// The fields that a difference may have; which of them a kind has, DetailOf says, and what they mean, its row of
/// detail_kind_table.
namespace detail_fields {
struct OldText {
  std::string old_text = {};
};
struct NewText {
  std::string new_text = {};
};
struct OldNumber {
  std::uint64_t old_number = 0;
};
struct NewNumber {
  std::uint64_t new_number = 0;
};
struct OldValue : OldNumber {
  bool old_signed = false;  ///< the number is a value of a signed enum
};
struct NewValue : NewNumber {
  bool new_signed = false;
};
struct Texts : OldText, NewText {};
struct Numbers : OldNumber, NewNumber {};
}  // namespace detail_fields

/// What is known about a difference of one kind. A field that a kind does not have cannot be read or set.
template <DetailKind>
struct DetailOf {};
// clang-format off
template <> struct DetailOf<DetailKind::kind> : detail_fields::Texts {};
template <> struct DetailOf<DetailKind::size> : detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::alignment> : detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::encoding> : detail_fields::Texts {};
template <> struct DetailOf<DetailKind::bits> : detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::signedness> : detail_fields::Texts {};
template <> struct DetailOf<DetailKind::target> : detail_fields::Texts {};
template <> struct DetailOf<DetailKind::linkage> : detail_fields::Texts {};
template <> struct DetailOf<DetailKind::member_added> : detail_fields::NewText, detail_fields::NewNumber {
  MemberPlacement placement = MemberPlacement::none;
};
template <> struct DetailOf<DetailKind::member_removed> : detail_fields::OldText, detail_fields::OldNumber {};
template <> struct DetailOf<DetailKind::member_moved> : detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::member_retyped> : detail_fields::Texts, detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::member_renamed> : detail_fields::Texts, detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::member_resized> : detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::reserved_used> : detail_fields::Texts, detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::enumerator_added> : detail_fields::NewValue {};
template <> struct DetailOf<DetailKind::enumerator_removed> : detail_fields::OldValue {};
template <> struct DetailOf<DetailKind::enumerator_changed> : detail_fields::OldValue, detail_fields::NewValue {};
template <> struct DetailOf<DetailKind::enumerator_reused>
    : detail_fields::Texts, detail_fields::OldValue, detail_fields::NewValue {};
template <> struct DetailOf<DetailKind::return_type> : detail_fields::Texts {};
template <> struct DetailOf<DetailKind::param_added> : detail_fields::NewText, detail_fields::NewNumber {};
template <> struct DetailOf<DetailKind::param_removed> : detail_fields::OldText, detail_fields::OldNumber {};
template <> struct DetailOf<DetailKind::param_moved> : detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::param_retyped> : detail_fields::Texts, detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::param_renamed> : detail_fields::Texts, detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::type> : detail_fields::Texts {};
template <> struct DetailOf<DetailKind::entry_added> : detail_fields::NewNumber {};
template <> struct DetailOf<DetailKind::entry_removed> : detail_fields::OldNumber {};
template <> struct DetailOf<DetailKind::entry_moved> : detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::entry_resized> : detail_fields::Numbers {};
template <> struct DetailOf<DetailKind::tag_added> : detail_fields::NewText {};
template <> struct DetailOf<DetailKind::tag_removed> : detail_fields::OldText {};
// clang-format on

/// Whether the table has a word for each field of a kind, and for no other.
template <DetailKind kind>
constexpr bool has_words_for_fields() {
  using Of = DetailOf<kind>;
  const DetailKindInfo& words = detail_kind_info(kind);
  return !words.old_text.empty() == std::is_base_of_v<detail_fields::OldText, Of> &&
         !words.new_text.empty() == std::is_base_of_v<detail_fields::NewText, Of> &&
         !words.old_number.empty() == std::is_base_of_v<detail_fields::OldNumber, Of> &&
         !words.new_number.empty() == std::is_base_of_v<detail_fields::NewNumber, Of>;
}

/// A variant of the DetailOf of all kinds, in their order.
template <typename>
struct VariantOfDetails;
template <std::size_t... kinds>
struct VariantOfDetails<std::index_sequence<kinds...>> {
  static_assert((has_words_for_fields<static_cast<DetailKind>(kinds)>() && ...));
  using type = std::variant<DetailOf<static_cast<DetailKind>(kinds)>...>;
};

/// That variant, whose copies are made in one place: to write them out takes a compiler a second per file.
struct DetailContent : VariantOfDetails<std::make_index_sequence<detail_kind_table.size()>>::type {
  using variant::variant;
  DetailContent();
  DetailContent(const DetailContent& other);
  DetailContent(DetailContent&& other) noexcept;
  DetailContent& operator=(const DetailContent& other);
  DetailContent& operator=(DetailContent&& other) noexcept;
  ~DetailContent();
};

/// The fields of a difference of any kind: null, false or `none` where its kind does not have them.
struct DetailFields {
  const std::string *old_text = nullptr, *new_text = nullptr;
  const std::uint64_t *old_number = nullptr, *new_number = nullptr;
  bool old_signed = false, new_signed = false;
  MemberPlacement placement = MemberPlacement::none;
};

/// One difference.
struct Detail {
  Impact impact = Impact::compatible;
  std::string name = {};  ///< see DetailKindInfo::subject; inside of members of anonymous types `outer.inner`
  DetailContent content = {};

  [[nodiscard]] DetailKind kind() const { return static_cast<DetailKind>(content.index()); }
  /// What is known about it; points into it.
  [[nodiscard]] DetailFields fields() const;
};

/// One type on one side: a declaration, or nothing.
struct Declared {
  BtfPtr btf;
  TypeId id = void_id;
  [[nodiscard]] bool exists() const { return id != void_id; }
  [[nodiscard]] TypeView view() const { return btf->type(id); }
};

/// The name of the part of a kernel that is not a module.
inline constexpr std::string_view base_part = "vmlinux";

/// What happened to one declaration.
struct Change {
  ChangeKind kind = ChangeKind::changed;
  Impact impact = Impact::compatible;
  Declared before, after;
  std::vector<Detail> details;
  /// Other changes that all of this follows from: by-value members that grew, variables that joined a section.
  std::vector<std::string> causes;
  /// Which parts of a kernel have it, before and after, when kernels are compared: `base_part` and names of modules.
  std::vector<std::string> parts_before, parts_after;

  /// The side that tells name and kind: the new one, unless it is gone.
  [[nodiscard]] const Declared& subject() const { return after.exists() ? after : before; }
};

/// How a module depends on a declaration of the base, the closest way first.
enum class Dependence : std::uint8_t {
  embedded,  ///< it holds the type by value: in a struct, an array or a variable
  passed,    ///< it passes or returns the type by value
  pointer,   ///< it only points to the type
  named,     ///< it uses a typedef, enum, integer or float of that name
  called,    ///< it imports the function or variable
};
std::string_view to_string(Dependence dependence);

/// Effect::reason of a function or variable that the new kernel no longer has: the module cannot be linked.
inline constexpr std::string_view lost_symbol_reason = "symbol-missing";

/// One way in which a change of the base matters to a module.
struct Effect {
  TypeId before = void_id;  ///< the declaration in the old base
  Dependence dependence = Dependence::pointer;
  Impact impact = Impact::compatible;  ///< the change's
  bool refused = false;                ///< it is why the module does not fit any more
  std::string reason = {};  ///< when refused: a code of relocation, e.g. `member-size`, or lost_symbol_reason
  std::string symbol = {};  ///< of Dependence::called: its name
};

/// The answer for one module.
struct ModuleVerdict {
  std::string module;
  /// The module does not fit any more: the kernel refuses it, or should. Otherwise it is safe to load; whether its code
  /// can bear what changed behind pointers only its source can tell.
  bool needs_rebuild = false;
  std::string message = {};              ///< what the kernel logs when it refuses; empty when it does not
  std::vector<Effect> effects = {};      ///< the refused ones first, then by impact
  std::vector<std::string> others = {};  ///< reasons without a change: `struct foo: ambiguous`
  /// Symbols that it imports and that neither vmlinux declares.
  std::vector<std::string> unknown_imports = {};
};

}  // namespace btfx

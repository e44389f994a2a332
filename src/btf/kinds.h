// The kinds of BTF types, as data. Every walk over records goes through this table.
// Source: the kernel's Documentation/bpf/btf.rst and include/uapi/linux/btf.h.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/enum_table.h"

namespace btfx {

/// The number of a type. 0 is void, which is in every BTF and counted by none.
enum class TypeId : std::uint32_t {};
/// An offset into the strings of a BTF and its bases. 0 is the empty string: "anonymous".
enum class StringOffset : std::uint32_t {};

constexpr std::uint32_t raw(TypeId id) {
  return static_cast<std::uint32_t>(id);
}
constexpr std::uint32_t raw(StringOffset offset) {
  return static_cast<std::uint32_t>(offset);
}
constexpr TypeId operator+(TypeId id, std::uint32_t count) {
  return TypeId{raw(id) + count};
}
constexpr TypeId& operator++(TypeId& id) {
  return id = id + 1;
}

inline constexpr TypeId void_id{0};

enum class Kind : std::uint8_t {
  unkn = 0,  ///< BTF_KIND_UNKN: void, or a record of no kind
  int_,
  ptr,
  array,
  struct_,
  union_,
  enum_,
  fwd,
  typedef_,
  volatile_,
  const_,
  restrict_,
  func,
  func_proto,
  var,
  datasec,
  float_,
  decl_tag,
  type_tag,
  enum64,
};

/// How many kinds btfx knows, void included. A BTF may hold more, described by its layout section.
inline constexpr std::uint32_t known_kinds = 20;

/// What the third word of a record is: `union { __u32 size; __u32 type; }` of struct btf_type.
enum class SizeOrType : std::uint8_t { none, size, type };

/// What stands in a record of one kind. Positions count 32-bit words; -1: there is no such word.
struct KindInfo {
  Kind kind;
  std::string_view name;       ///< as dumps and the kernel's log spell it
  std::uint8_t fixed_words;    ///< words after the three of the header, once
  std::uint8_t element_words;  ///< words for each of vlen elements
  SizeOrType size_or_type;
  std::uint8_t fixed_types;  ///< how many of the fixed words, from the first, are type ids
  std::int8_t element_name;  ///< which word of an element is a string offset
  std::int8_t element_type;  ///< which word of an element is a type id
};

inline constexpr std::array<KindInfo, known_kinds> kind_table{{
    {Kind::unkn, "UNKNOWN", 0, 0, SizeOrType::none, 0, -1, -1},
    {Kind::int_, "INT", 1, 0, SizeOrType::size, 0, -1, -1},
    {Kind::ptr, "PTR", 0, 0, SizeOrType::type, 0, -1, -1},
    {Kind::array, "ARRAY", 3, 0, SizeOrType::none, 2, -1, -1},
    {Kind::struct_, "STRUCT", 0, 3, SizeOrType::size, 0, 0, 1},
    {Kind::union_, "UNION", 0, 3, SizeOrType::size, 0, 0, 1},
    {Kind::enum_, "ENUM", 0, 2, SizeOrType::size, 0, 0, -1},
    // The third word of a FWD is 0 by the kernel's rules, but some compilers leave a value there, which refers to
    // nothing.
    {Kind::fwd, "FWD", 0, 0, SizeOrType::none, 0, -1, -1},
    {Kind::typedef_, "TYPEDEF", 0, 0, SizeOrType::type, 0, -1, -1},
    {Kind::volatile_, "VOLATILE", 0, 0, SizeOrType::type, 0, -1, -1},
    {Kind::const_, "CONST", 0, 0, SizeOrType::type, 0, -1, -1},
    {Kind::restrict_, "RESTRICT", 0, 0, SizeOrType::type, 0, -1, -1},
    {Kind::func, "FUNC", 0, 0, SizeOrType::type, 0, -1, -1},  // its vlen is the linkage, and it has no elements
    {Kind::func_proto, "FUNC_PROTO", 0, 2, SizeOrType::type, 0, 0, 1},
    {Kind::var, "VAR", 1, 0, SizeOrType::type, 0, -1, -1},
    {Kind::datasec, "DATASEC", 0, 3, SizeOrType::size, 0, -1, 0},
    {Kind::float_, "FLOAT", 0, 0, SizeOrType::size, 0, -1, -1},
    {Kind::decl_tag, "DECL_TAG", 1, 0, SizeOrType::type, 0, -1, -1},
    {Kind::type_tag, "TYPE_TAG", 0, 0, SizeOrType::type, 0, -1, -1},
    {Kind::enum64, "ENUM64", 0, 3, SizeOrType::size, 0, 0, -1},
}};

static_assert(in_order(kind_table, &KindInfo::kind));

constexpr bool is_known(Kind kind) {
  return static_cast<std::uint8_t>(kind) < known_kinds;
}

/// The table's row for a kind; unknown kinds get the row of void, whose name is "UNKNOWN".
constexpr const KindInfo& kind_info(Kind kind) {
  return kind_table[is_known(kind) ? static_cast<std::size_t>(kind) : 0];
}

/// The kind of that name, in any case of letters; nothing if there is none, as for "UNKNOWN".
std::optional<Kind> kind_of_name(std::string_view name);
/// The kind's name in small letters, as users write it: "func_proto".
std::string lower_name(Kind kind);

constexpr bool is_composite(Kind kind) {
  return kind == Kind::struct_ || kind == Kind::union_;
}
constexpr bool is_enum(Kind kind) {
  return kind == Kind::enum_ || kind == Kind::enum64;
}
/// const, volatile, restrict, type tag.
constexpr bool is_modifier(Kind kind) {
  switch (kind) {  // a test of one bit, which is asked of every member of a kernel
    case Kind::volatile_:
    case Kind::const_:
    case Kind::restrict_:
    case Kind::type_tag:
      return true;
    default:
      return false;
  }
}

/// The second word of a record: vlen in bits 0–23, kind in 24–30, kind_flag in 31 (older files use 16 and 5 bits, and
/// zeros between, so that they read the same).
struct InfoWord {
  std::uint32_t word = 0;

  constexpr InfoWord() = default;
  explicit constexpr InfoWord(std::uint32_t value) : word(value) {}
  constexpr InfoWord(Kind kind, std::uint32_t vlen, bool flag)
      : word((flag ? 0x80000000U : 0U) | (static_cast<std::uint32_t>(kind) << 24) | (vlen & max_vlen)) {}

  static constexpr std::uint32_t max_vlen = 0x00ffffff;
  [[nodiscard]] constexpr std::uint32_t vlen() const { return word & max_vlen; }
  [[nodiscard]] constexpr Kind kind() const { return static_cast<Kind>((word >> 24) & 0x7f); }
  [[nodiscard]] constexpr bool kind_flag() const { return (word >> 31) != 0; }
};

/// Words of a record's header: name offset, info, size or type.
inline constexpr std::uint32_t header_words = 3;

/// Words of a whole record of a known kind.
constexpr std::uint64_t record_words(InfoWord record) {
  const KindInfo& kind = kind_info(record.kind());
  return header_words + kind.fixed_words + std::uint64_t{kind.element_words} * record.vlen();
}

}  // namespace btfx

// The ids in `.BTF_ids`, one by one, each with its status.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/btf.h"
#include "btf/ids.h"

namespace btfx {

/// The status of one id.
enum class IdStatus : std::uint8_t {
  ok,          ///< the id of the type that its symbol names
  unresolved,  ///< 0, but there is such a type
  missing,     ///< 0, and there is no such type
  stale,       ///< the id of another type than its symbol says; in a set: than any symbol of the set says
  outside,     ///< the id of no type
  unused,      ///< 0 and without a symbol
  unjudged,    ///< not 0, in a section without any symbols: an id perhaps, or a count, or flags
};
inline constexpr std::size_t id_statuses = 7;
/// "ok", "unresolved", ...
std::string_view to_string(IdStatus status);

/// One id.
struct ListedId {
  std::uint32_t word = 0;          ///< where it stands
  std::uint32_t id = 0;            ///< what is stored there
  std::uint32_t flags = 0;         ///< of a pair
  const IdEntry* entry = nullptr;  ///< the symbol that names its type; null when none does
  TypeId type = void_id;           ///< the type of that id; when unresolved, the one that it would get
  IdStatus status = IdStatus::ok;
};

/// A set, or entries that follow each other in one list.
struct IdGroup {
  const IdSet* set = nullptr;  ///< null: a list
  std::string_view name;       ///< may be empty for a list
  std::uint32_t word = 0;      ///< where it begins
  std::vector<ListedId> ids;   ///< ascending
};

/// How many ids have each status.
struct IdCounts {
  std::array<std::uint64_t, id_statuses> of = {};

  explicit IdCounts(std::span<const IdGroup> groups);
  [[nodiscard]] std::uint64_t operator[](IdStatus status) const { return of.at(static_cast<std::size_t>(status)); }
  [[nodiscard]] std::uint64_t all() const;
  /// Whether every id is that of its type.
  [[nodiscard]] bool all_right() const;
};

/// What resolving made of the sections of a file.
struct ResolvedSections {
  std::optional<Bytes> ids = {}, btf = {}, base = {};  ///< nothing: there is none, or it stays as it is
  std::uint32_t resolved = 0, unresolved = 0;          ///< symbols
  bool doubtful = false;                               ///< whether ids are unresolved or ambiguous
  Diagnostics findings = {};
};

}  // namespace btfx

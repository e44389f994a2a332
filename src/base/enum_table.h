// Tables that are indexed by an enum.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace btfx {

/// Whether row i of `table` is about the enumerator of value i, for every row, so that the table can be indexed by the
/// enum: static_assert(in_order(table, &Row::kind)). `key` is a member of the rows, or a function of a row.
template <typename Table, typename Key>
constexpr bool in_order(const Table& table, Key key) {
  std::size_t i = 0;
  for (const auto& row : table) {
    const auto value = [&] {
      if constexpr (requires { row.*key; }) {
        return row.*key;
      } else {
        return key(row);
      }
    }();
    if (static_cast<std::size_t>(value) != i++) return false;
  }
  return true;
}

/// A row of a table that gives each enumerator one word.
template <typename Enum>
struct EnumWord {
  Enum value;
  std::string_view word;
};
template <typename Enum>
EnumWord(Enum, const char*) -> EnumWord<Enum>;

}  // namespace btfx

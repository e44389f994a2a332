// The text of declarations that are written again and again: `struct list_head`, `u32`, `const char *`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/zeroed_array.h"
#include "btf/kinds.h"

namespace btfx {

/// Remembers, for the types declared last, what stands before and after the declared name. Half of the members of a
/// kernel are of a few hundred types.
class DeclarationCache {
 public:
  /// A short text, copied as a whole rather than by its length.
  template <std::size_t room>
  struct Piece {
    std::uint8_t size = 0;
    std::array<char, room> text{};

    /// Whether `from` fits in; then it is taken over.
    bool take(std::string_view from) {
      if (from.size() > room) return false;
      size = static_cast<std::uint8_t>(from.copy(text.data(), room));
      return true;
    }
  };

  /// The declaration of one type.
  struct Declaration {
    TypeId type = void_id;
    std::uint8_t links = 0;     ///< the types that it consists of; 0: none is remembered here
    bool is_separated = false;  ///< a blank comes before a name
    Piece<44> before;
    Piece<12> after;
  };

  /// The declaration of the type; null when it is not remembered.
  [[nodiscard]] const Declaration* find(TypeId type) const {
    const Declaration& found = declarations_[place(type)];
    return found.type == type && found.links != 0 ? &found : nullptr;
  }

  /// Remembers one, in place of another, unless a part of it is too long.
  void keep(TypeId type, unsigned links, std::string_view before, bool is_separated, std::string_view after) {
    Declaration declaration{type, static_cast<std::uint8_t>(links), is_separated, {}, {}};
    if (links > UINT8_MAX || !declaration.before.take(before) || !declaration.after.take(after)) return;
    declarations_[place(type)] = declaration;
  }

 private:
  static constexpr std::size_t count = 2048;
  static std::size_t place(TypeId type) { return raw(type) % count; }

  ZeroedArray<Declaration> declarations_ = ZeroedArray<Declaration>(count);
};

}  // namespace btfx

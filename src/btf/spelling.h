// How C spells a type where it is referred to, for reports: `const struct foo *`, `int (*)(int, ...)`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "btf/btf.h"

namespace btfx {

/// A spelling is cut off with `...` near this many bytes: prototypes can share parameters so that the whole would grow
/// without bound.
inline constexpr std::size_t max_spelling = 2000;

/// The spelling of a reference to `id`; with `declared` the declaration of something of that name: `char name[16]`.
///
/// Named types are spelled by tag and name, anonymous ones as `struct {...}`, type tags as the kernel's macros do
/// (`__user`). A FUNC and a VAR give their declaration, a DATASEC `section NAME`.
std::string spell_type(const Btf& btf, TypeId id, std::string_view declared = {});

/// What a type with a name of its own is called where it is declared: `struct foo`, `typedef foo`, `func foo`;
/// `struct {...}` without a name.
std::string spell_name(TypeView type);

/// The encoding of an INT in words: `signed`, `unsigned`, `char`, `signed char`, `bool`.
std::string encoding_name(std::uint32_t encoding);

}  // namespace btfx

// Names that somebody asks for and that no type has: without a word, the answer would be that nothing is the matter.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "run/context.h"

namespace btfx {

/// The names of the types of some BTFs and their bases, sorted, each once.
std::vector<std::string> type_names(std::span<const BtfPtr> btfs);

/// `name` in two: what stands before its first dot and what follows, which may be a member of a type.
struct MemberName {
  std::string type, member;  ///< `member` is empty without a dot
};
MemberName split_member(const std::string& name);

/// What to say of a name, perhaps `TYPE.MEMBER`, that nothing in `place` has: "nothing is called 'x' in PLACE; did you
/// mean 'y'?". `known`: type_names().
std::string unknown_name_text(const std::string& name, std::string_view place, const std::vector<std::string>& known);

}  // namespace btfx

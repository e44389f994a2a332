#include "btf/change.h"

#include <array>

namespace btfx {

namespace {

constexpr std::array<std::string_view, 35> what_words{"kind",
                                                      "defined",
                                                      "undefined",
                                                      "size",
                                                      "alignment",
                                                      "encoding",
                                                      "bits",
                                                      "signedness",
                                                      "target",
                                                      "linkage",
                                                      "member_added",
                                                      "member_removed",
                                                      "member_moved",
                                                      "member_retyped",
                                                      "member_renamed",
                                                      "member_resized",
                                                      "reserved_used",
                                                      "regrouped",
                                                      "enumerator_added",
                                                      "enumerator_removed",
                                                      "enumerator_changed",
                                                      "enumerator_reused",
                                                      "return_type",
                                                      "param_added",
                                                      "param_removed",
                                                      "param_moved",
                                                      "param_retyped",
                                                      "param_renamed",
                                                      "type",
                                                      "entry_added",
                                                      "entry_removed",
                                                      "entry_moved",
                                                      "entry_resized",
                                                      "tag_added",
                                                      "tag_removed"};

}  // namespace

std::string_view to_string(What what) {
  const auto index = static_cast<std::size_t>(what);
  return index < what_words.size() ? what_words[index] : "opaque";
}

std::string_view to_string(ChangeKind kind) {
  constexpr std::array<std::string_view, 5> words{"added", "removed", "renamed", "moved", "changed"};
  return words[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Impact impact) {
  constexpr std::array<std::string_view, 4> words{"compatible", "value", "signature", "layout"};
  return words[static_cast<std::size_t>(impact)];
}

std::string_view to_string(Spot spot) {
  constexpr std::array<std::string_view, 5> words{"", "end", "hole", "shared", "between"};
  return words[static_cast<std::size_t>(spot)];
}

std::string_view to_string(Dependence dependence) {
  constexpr std::array<std::string_view, 5> words{"embedded", "passed", "pointer", "named", "called"};
  return words[static_cast<std::size_t>(dependence)];
}

}  // namespace btfx

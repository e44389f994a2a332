#include "transform/ids/renumber_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

namespace btfx {

namespace {

Place ids_place() {
  return {.section = std::string(BtfIds::section_name)};
}

Diagnostic lost(Severity severity, std::string text) {
  return {severity, "id-lost", std::move(text), ids_place()};
}

/// What becomes of a word whose id has no new number. That of a base type which is not needed is 0 then, as it is in
/// the build of a kernel, where ids are looked up after distilling.
Diagnostic lost(const BtfIds& ids, std::uint32_t word, const Btf& btf, TypeId id,
                const std::function<std::string_view(TypeView)>& hint) {
  const std::string what = ids.describe(word);
  if (!btf.contains(id)) {
    return lost(Severity::error,
                fmt::format("{} holds {}, but the last type is {}", what, raw(id), raw(btf.end_id()) - 1));
  }
  const TypeView type = btf.type(id);
  return lost(Severity::warning,
              fmt::format("{} becomes 0, because nothing in the module's BTF refers to {}{}{} [{}] of the base{}", what,
                          kind_info(type.kind()).name, type.is_named() ? " " : "", type.name(), raw(id),
                          hint ? hint(type) : ""));
}

/// Ids of one list or set that kernels do not map.
struct Unmapped {
  std::uint32_t count = 0;
  bool may_be_destructors = false;  // those are mapped when the module registers them; they stand in lists
};

std::map<std::string, Unmapped> unmapped_groups(const BtfIds& ids) {
  std::map<std::string, Unmapped> groups;
  const std::span<const std::uint32_t> words = ids.words();
  for (const IdEntry& entry : ids.entries()) {
    if (entry.set >= 0 || words[entry.word] == 0) continue;
    Unmapped& group = groups[entry.list.empty() ? "a list" : "list " + entry.list];
    ++group.count;
    group.may_be_destructors = true;
  }
  for (const IdSet& set : ids.sets()) {
    if (set.pairs && (words[set.word + 1] & IdSet::kfunc_flag) != 0) continue;
    for (std::uint32_t at = set.first_id(); at < set.end(); at += set.stride()) {
      if (words[at] != 0) ++groups["set " + set.name].count;
    }
  }
  return groups;
}

}  // namespace

Diagnostics find_unmapped(const BtfIds& ids) {
  Diagnostics findings;
  for (const auto& [group, unmapped] : unmapped_groups(ids)) {
    findings.push_back(
        {"ids-not-mapped",
         fmt::format("kernels do not relocate the {} of {} when they load a module with a distilled base{}",
                     unmapped.count == 1 ? "id" : fmt::format("{} ids", unmapped.count), group,
                     unmapped.may_be_destructors ? ", unless it registers them as destructors" : ""),
         ids_place()});
  }
  return findings;
}

RenumberedIds renumber_ids(BtfIds ids, const Btf& btf, const std::function<std::optional<TypeId>(TypeId)>& new_id,
                           const std::function<std::string_view(TypeView)>& hint, bool are_final) {
  RenumberedIds result;
  const std::vector<std::uint32_t> before(ids.words().begin(), ids.words().end());
  if (!ids.has_symbols() && std::ranges::any_of(before, [](std::uint32_t word) { return word != 0; })) {
    result.findings.push_back(lost(Severity::error,
                                   "holds numbers, but no symbols tell which of them are ids: the module was stripped "
                                   "of its local symbols"));
  }
  for (const std::uint32_t word : ids.renumber(new_id)) {
    result.findings.push_back(lost(ids, word, btf, TypeId{before[word]}, hint));
  }
  if (!are_final) append(result.findings, find_unmapped(ids));
  result.section = ids.bytes();
  return result;
}

}  // namespace btfx

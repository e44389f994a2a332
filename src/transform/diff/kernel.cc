#include "transform/diff/kernel.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace btfx {

namespace {

/// Whether a declaration is the same thing wherever it stands. Functions and variables of one name are not.
bool is_type(TypeView type) {
  return type.kind() != Kind::func && type.kind() != Kind::var && type.kind() != Kind::datasec &&
         type.kind() != Kind::decl_tag;
}

void append(std::vector<std::string>& parts, const std::vector<std::string>& more) {
  for (const std::string& part : more) {
    if (std::ranges::find(parts, part) == parts.end()) parts.push_back(part);
  }
}

/// vmlinux first, then modules by name.
void sort_parts(std::vector<std::string>& parts) {
  std::ranges::sort(parts, {}, [](const std::string& part) { return std::pair(part != base_part, part); });
}

}  // namespace

KernelDiff::KernelDiff(BtfPtr before, BtfPtr after, unsigned jobs)
    : bases_(compare({std::move(before)}, {std::move(after)}, jobs)) {
  add_changes(bases_, std::string(base_part));
  add_types(*bases_.before, types_before_);
  add_types(*bases_.after, types_after_);
}

ModuleDiff KernelDiff::compare_module(std::string name, const BtfPtr& before, const BtfPtr& after) const {
  const auto side = [](const BtfPtr& btf, const std::shared_ptr<const Fingerprints>& base) {
    return DiffSide{btf, btf->is_split() ? base : nullptr};
  };
  ModuleDiff module{std::move(name), {}};
  if (before && after) {
    module.diff = compare(side(before, bases_.before), side(after, bases_.after));
  } else if (before) {
    module.diff.before = std::make_shared<const Fingerprints>(before, side(before, bases_.before).base);
  } else if (after) {
    module.diff.after = std::make_shared<const Fingerprints>(after, side(after, bases_.after).base);
  }
  return module;
}

void KernelDiff::add(const ModuleDiff& module) {
  if (module.diff.before) add_types(*module.diff.before, types_before_);
  if (module.diff.after) add_types(*module.diff.after, types_after_);
  if (!module.diff.after) {
    lone_before_.push_back({module.name, module.diff.before});
  } else if (!module.diff.before) {
    lone_after_.push_back({module.name, module.diff.after});
  } else {
    add_changes(module.diff, module.name);
  }
}

void KernelDiff::add_types(const Fingerprints& prints, std::vector<Identity>& types) {
  for (const Declaration& declaration : prints.declarations()) {
    if (is_type(prints.btf().type(declaration.id))) types.emplace_back(declaration.key, declaration.content);
  }
}

void KernelDiff::add_changes(const Diff& diff, const std::string& part) {
  const auto identity = [](const Fingerprints& prints, const Declared& declared) {
    return declared.exists() ? Identity{prints.reference(declared.id), prints.content(declared.id)} : Identity{};
  };
  // A type of the base that a change of a module leads to or from is in the base.
  const auto where = [&](const Fingerprints& prints, const Declared& declared) {
    if (!declared.exists()) return std::vector<std::string>{};
    return std::vector{declared.id < prints.btf().first_id() ? std::string(base_part) : part};
  };
  for (const Change& change : diff.changes) {
    Entry& entry = entries_.emplace_back();
    entry.change = change;
    entry.change.parts_before = where(*diff.before, change.before);
    entry.change.parts_after = where(*diff.after, change.after);
    entry.before = identity(*diff.before, change.before);
    entry.after = identity(*diff.after, change.after);
  }
}

KernelChanges KernelDiff::finish() {
  // Equal changes are one, with the parts of all.
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> seen;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    std::vector<std::size_t>& alike = seen[entry.before.second ^ (entry.after.second << 1 | entry.after.second >> 63)];
    const auto first = std::ranges::find_if(alike, [&](std::size_t k) {
      return entries_[k].change.kind == entry.change.kind && entries_[k].before == entry.before &&
             entries_[k].after == entry.after;
    });
    if (first == alike.end()) {
      alike.push_back(i);
      continue;
    }
    append(entries_[*first].change.parts_before, entry.change.parts_before);
    append(entries_[*first].change.parts_after, entry.change.parts_after);
    entry.dropped = true;
  }
  join_moves();
  drop_kept();

  KernelChanges result;
  for (Entry& entry : entries_) {
    if (entry.dropped) continue;
    sort_parts(entry.change.parts_before);
    sort_parts(entry.change.parts_after);
    result.changes.push_back(std::move(entry.change));
  }
  sort_changes(result.changes);
  std::ranges::sort(lone_before_, {}, &UnpairedModule::module);
  std::ranges::sort(lone_after_, {}, &UnpairedModule::module);
  for (const UnpairedModule& lone : lone_before_) result.modules_removed.push_back(lone.module);
  for (const UnpairedModule& lone : lone_after_) result.modules_added.push_back(lone.module);
  return result;
}

/// Reports as moved what one part lost and another gained.
void KernelDiff::join_moves() {
  std::unordered_map<Identity, std::size_t, IdentityHash> removed, added;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.dropped) continue;
    const auto note = [&](const Identity& identity, auto& found) {
      if (identity.second != incomplete_content) found.emplace(identity, i);
    };
    if (entry.change.kind == ChangeKind::removed) note(entry.before, removed);
    if (entry.change.kind == ChangeKind::added) note(entry.after, added);
  }
  // What modules did by themselves: the base's own entry says the same from the other side.
  for (Entry& entry : entries_) {
    if (entry.dropped || entry.change.kind != ChangeKind::moved) continue;
    if (const auto gained = added.find(entry.after); gained != added.end()) {
      append(entry.change.parts_after, entries_[gained->second].change.parts_after);
      entries_[gained->second].dropped = true;
    }
    if (const auto lost = removed.find(entry.before); lost != removed.end()) {
      append(entry.change.parts_before, entries_[lost->second].change.parts_before);
      entries_[lost->second].dropped = true;
    }
  }
  const auto move = [&](Entry& entry) {
    entry.change.kind = ChangeKind::moved;
    entry.change.impact = Impact::compatible;
  };
  for (const auto& [identity, lost] : removed) {
    const auto gained = added.find(identity);
    if (gained == added.end() || entries_[lost].dropped || entries_[gained->second].dropped) continue;
    Entry& target = entries_[gained->second];
    move(entries_[lost]);
    entries_[lost].change.after = target.change.after;
    entries_[lost].change.parts_after = target.change.parts_after;
    target.dropped = true;
  }
  // To modules that are new, and from modules that are gone.
  for (const UnpairedModule& lone : lone_after_) {
    for (const Declaration& declaration : lone.prints->declarations()) {
      const auto lost = removed.find({declaration.key, declaration.content});
      if (lost == removed.end() || entries_[lost->second].dropped) continue;
      move(entries_[lost->second]);
      entries_[lost->second].change.after = {lone.prints->btf_ptr(), declaration.id};
      append(entries_[lost->second].change.parts_after, {lone.module});
    }
  }
  for (const UnpairedModule& lone : lone_before_) {
    for (const Declaration& declaration : lone.prints->declarations()) {
      const auto gained = added.find({declaration.key, declaration.content});
      if (gained == added.end() || entries_[gained->second].dropped) continue;
      move(entries_[gained->second]);
      entries_[gained->second].change.before = {lone.prints->btf_ptr(), declaration.id};
      append(entries_[gained->second].change.parts_before, {lone.module});
    }
  }
}

/// Drops what a part lost or gained while the kernel had it before and has it still: as it was, or changed, which is
/// reported where it is. Parts hold whatever their headers mention, and not always once.
void KernelDiff::drop_kept() {
  std::unordered_set<Identity, IdentityHash> asked, before, after;
  std::unordered_set<std::uint64_t> defined_before, defined_after;  // keys
  // Includes a part in which a definition became a declaration, or the reverse.
  const auto is_removed = [](const Entry& entry) {
    return entry.change.kind == ChangeKind::removed ||
           (entry.change.kind == ChangeKind::changed && entry.after.second == incomplete_content);
  };
  const auto is_added = [](const Entry& entry) {
    return entry.change.kind == ChangeKind::added ||
           (entry.change.kind == ChangeKind::changed && entry.before.second == incomplete_content);
  };
  const auto is_concerned = [&](const Entry& entry) {
    return !entry.dropped && (is_removed(entry) || is_added(entry)) && is_type(entry.change.subject().view());
  };
  std::unordered_set<std::uint64_t> asked_keys;
  for (const Entry& entry : entries_) {
    if (!is_concerned(entry)) continue;
    asked.insert(is_removed(entry) ? entry.before : entry.after);
    asked_keys.insert(entry.before.first);
    asked_keys.insert(entry.after.first);
  }
  const auto note = [&](const Identity& identity, std::unordered_set<Identity, IdentityHash>& found,
                        std::unordered_set<std::uint64_t>& defined) {
    if (asked.contains(identity)) found.insert(identity);
    if (identity.second != incomplete_content && asked_keys.contains(identity.first)) defined.insert(identity.first);
  };
  for (const Identity& identity : types_before_) note(identity, before, defined_before);
  for (const Identity& identity : types_after_) note(identity, after, defined_after);
  // What went on under another content goes on all the same.
  std::unordered_set<Identity, IdentityHash> changed_before, changed_after;
  for (const Entry& entry : entries_) {
    if (entry.dropped || is_removed(entry) || is_added(entry)) continue;
    changed_before.insert(entry.before);
    changed_after.insert(entry.after);
  }
  // A mere declaration says nothing where any part has a definition. But where a part's definition became one, or the
  // other way round, another module's definition of that name may be of another type altogether; vmlinux's is not.
  const auto is_defined = [](std::uint64_t key, const std::unordered_set<std::uint64_t>& defined,
                             const Fingerprints& vmlinux, bool is_changed) {
    if (!is_changed) return defined.contains(key);
    return std::ranges::any_of(vmlinux.find(key),
                               [](const Declaration& found) { return found.content != incomplete_content; });
  };
  for (Entry& entry : entries_) {
    if (!is_concerned(entry)) continue;
    const bool is_changed = entry.change.kind == ChangeKind::changed;
    const Identity& subject = is_removed(entry) ? entry.before : entry.after;
    const bool is_declared = is_changed || subject.second == incomplete_content;
    if (is_removed(entry)) {
      entry.dropped = after.contains(subject) || changed_before.contains(subject) ||
                      (is_declared && is_defined(subject.first, defined_after, *bases_.after, is_changed));
    } else {
      entry.dropped = before.contains(subject) || changed_after.contains(subject) ||
                      (is_declared && is_defined(subject.first, defined_before, *bases_.before, is_changed));
    }
  }
}

}  // namespace btfx

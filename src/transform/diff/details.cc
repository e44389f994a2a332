#include "transform/diff/details.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/sequence.h"
#include "btf/declared.h"
#include "btf/measure.h"
#include "btf/name_hash.h"
#include "btf/spelling.h"

namespace btfx {

namespace {

constexpr std::string_view linkage_name(std::uint32_t linkage) {
  constexpr std::array<std::string_view, 3> names{"static", "global", "extern"};
  return linkage < names.size() ? names[linkage] : "unknown";
}

}  // namespace

DetailFinder::DetailFinder(const Fingerprints& before, const Fingerprints& after)
    : before_(before), after_(after), before_alignments_(before.btf()), after_alignments_(after.btf()) {
  const std::uint64_t words = before.btf().own_words().size() + after.btf().own_words().size();
  steps_left_ = 65536 + 4 * words;
  text_left_ = (1U << 20) + 64 * words;
}

bool DetailFinder::take(std::uint64_t steps) {
  if (steps_left_ < steps) return false;
  steps_left_ -= steps;
  return true;
}

std::string DetailFinder::spell(const Fingerprints& prints, TypeId id) {
  if (text_left_ == 0) return "...";
  std::string text = spell_type(prints.btf(), id);
  text_left_ -= std::min<std::uint64_t>(text_left_, text.size());
  return text;
}

void DetailFinder::describe(Change& change) {
  change_ = &change;
  is_consequence_ = true;
  compare_declared(change.before.id, change.after.id);
  // Causes are named only where every detail is a mere consequence of them.
  is_consequence_ = is_consequence_ && std::ranges::all_of(change.details, [](const Detail& detail) {
                      return detail.kind() == DetailKind::size || detail.kind() == DetailKind::alignment ||
                             detail.kind() == DetailKind::member_moved || detail.kind() == DetailKind::entry_moved ||
                             detail.kind() == DetailKind::entry_resized;
                    });
  if (!is_consequence_ || change.details.empty()) change.causes.clear();
  if (change.details.empty() && change.kind == ChangeKind::changed) {
    if (is_composite(change.after.view().kind())) {
      add<DetailKind::regrouped>(Impact::compatible);
    } else {
      add<DetailKind::opaque>(Impact::compatible);
    }
  }
}

void DetailFinder::compare_declared(TypeId before_id, TypeId after_id) {
  const TypeView before = before_.btf().type(before_id), after = after_.btf().type(after_id);
  const Kind kind = declared_kind(after);
  if (declared_kind(before) != kind) {
    const Impact impact = is_composite(kind) || is_enum(kind) ? Impact::layout : retype_impact(before_id, after_id);
    auto& detail = add<DetailKind::kind>(impact);
    detail.old_text = spell_name(before);
    detail.new_text = spell_name(after);
    if (!is_composite(kind) || !is_composite(before.kind())) return;
  }
  if (is_forward(before) || is_forward(after)) {
    if (!is_forward(after)) add<DetailKind::defined>(Impact::compatible);
    if (!is_forward(before)) add<DetailKind::undefined>(Impact::layout);
    return;
  }
  switch (kind) {
    case Kind::int_:
      compare_sizes(before, after, {});
      compare_ints(before, after);
      break;
    case Kind::float_:
      compare_sizes(before, after, {});
      break;
    case Kind::struct_:
    case Kind::union_:
      compare_composites(before_id, after_id, {}, 0);
      break;
    case Kind::enum_:
      compare_enums(before, after, {});
      break;
    case Kind::typedef_:
      if (!same_reference(before.target(), after.target()) && !descend(before.target(), after.target(), {}, 0)) {
        auto& detail = add<DetailKind::target>(retype_impact(before.target(), after.target()));
        detail.old_text = spell(before_, before.target());
        detail.new_text = spell(after_, after.target());
      }
      break;
    case Kind::func:
      compare_prototypes(before_.btf().type(before.target()), after_.btf().type(after.target()));
      break;
    case Kind::var:
      if (!same_reference(before.target(), after.target()) && !descend(before.target(), after.target(), {}, 0)) {
        auto& detail = add<DetailKind::type>(retype_impact(before.target(), after.target()));
        detail.old_text = spell(before_, before.target());
        detail.new_text = spell(after_, after.target());
      }
      break;
    case Kind::datasec:
      compare_sections(before, after);
      break;
    default:
      add<DetailKind::opaque>(Impact::layout);
  }
  if ((kind == Kind::func || kind == Kind::var) && before.linkage() != after.linkage()) {
    auto& detail = add<DetailKind::linkage>(Impact::compatible);
    detail.old_text = linkage_name(before.linkage());
    detail.new_text = linkage_name(after.linkage());
  }
  compare_tags(before_id, after_id, {});
}

void DetailFinder::compare_sizes(TypeView before, TypeView after, std::string_view path, Impact impact) {
  if (before.size() == after.size()) return;
  auto& detail = add<DetailKind::size>(impact, std::string(path));
  detail.old_number = before.size();
  detail.new_number = after.size();
}

void DetailFinder::compare_ints(TypeView before, TypeView after) {
  if (before.int_encoding() != after.int_encoding()) {
    auto& detail = add<DetailKind::encoding>(Impact::signature);
    detail.old_text = encoding_name(before.int_encoding());
    detail.new_text = encoding_name(after.int_encoding());
  }
  const bool follows_size = before.int_bits() == before.size() * 8 && after.int_bits() == after.size() * 8;
  if (before.int_bits() != after.int_bits() && !follows_size) {
    auto& detail = add<DetailKind::bits>(Impact::layout);
    detail.old_number = before.int_bits();
    detail.new_number = after.int_bits();
  }
}

void DetailFinder::compare_enums(TypeView before, TypeView after, std::string_view path) {
  const auto member_path = [&](std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  };
  compare_sizes(before, after, path);
  const bool halved = before_.halves() && is_wide_enum(before) && is_wide_enum(after);  // then there is no sign
  const bool same_sign = before.kind_flag() == after.kind_flag();
  if (!same_sign && !halved) {
    auto& detail = add<DetailKind::signedness>(Impact::value, std::string(path));
    detail.old_text = before.kind_flag() ? "signed" : "unsigned";
    detail.new_text = after.kind_flag() ? "signed" : "unsigned";
  }
  // Where only the signedness changed, the bits of a value are the same.
  const std::uint32_t bits = halved      ? 32
                             : same_sign ? 64
                                         : std::min<std::uint32_t>(64, 8 * std::min(before.size(), after.size()));
  const std::uint64_t mask = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;

  std::unordered_multimap<std::string_view, std::uint32_t> by_name;
  for (std::uint32_t i = before.vlen(); i-- > 0;) by_name.emplace(before.btf().string(before.enumerator_name(i)), i);
  std::vector<bool> matched(before.vlen()), added(after.vlen());
  for (std::uint32_t i = 0; i < after.vlen(); ++i) {
    const std::string_view name = after.btf().string(after.enumerator_name(i));
    const auto found = by_name.find(name);
    if (found == by_name.end()) {
      added[i] = true;
      continue;
    }
    const std::uint64_t old_value = before.enumerator_value(found->second), new_value = after.enumerator_value(i);
    matched[found->second] = true;
    by_name.erase(found);
    if ((old_value & mask) == (new_value & mask)) continue;
    auto& detail = add<DetailKind::enumerator_changed>(Impact::value, member_path(name));
    detail.old_number = old_value;
    detail.new_number = new_value;
    detail.old_signed = before.kind_flag();
    detail.new_signed = after.kind_flag();
  }
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_value;
  for (std::uint32_t i = after.vlen(); i-- > 0;) {
    if (added[i]) by_value.emplace(after.enumerator_value(i) & mask, i);
  }
  for (std::uint32_t i = 0; i < before.vlen(); ++i) {
    if (matched[i]) continue;
    const std::string_view name = before.btf().string(before.enumerator_name(i));
    const std::uint64_t value = before.enumerator_value(i);
    const auto reused = by_value.find(value & mask);
    if (reused == by_value.end()) {
      auto& detail = add<DetailKind::enumerator_removed>(Impact::value, member_path(name));
      detail.old_number = value;
      detail.old_signed = before.kind_flag();
      continue;
    }
    auto& detail = add<DetailKind::enumerator_reused>(Impact::value, member_path(name));
    detail.old_text = name;
    detail.new_text = after.btf().string(after.enumerator_name(reused->second));
    detail.old_number = value;
    detail.new_number = after.enumerator_value(reused->second);
    detail.old_signed = before.kind_flag();
    detail.new_signed = after.kind_flag();
    added[reused->second] = false;
    by_value.erase(reused);
  }
  for (std::uint32_t i = 0; i < after.vlen(); ++i) {
    if (!added[i]) continue;
    auto& detail = add<DetailKind::enumerator_added>(Impact::compatible,
                                                     member_path(after.btf().string(after.enumerator_name(i))));
    detail.new_number = after.enumerator_value(i);
    detail.new_signed = after.kind_flag();
  }
}

void DetailFinder::compare_prototypes(TypeView before, TypeView after) {
  if (!same_reference(before.target(), after.target())) {
    auto& detail =
        add<DetailKind::return_type>(std::min(Impact::signature, retype_impact(before.target(), after.target())));
    detail.old_text = spell(before_, before.target());
    detail.new_text = spell(after_, after.target());
  }
  compare_params(before, after);
}

void DetailFinder::compare_params(TypeView before, TypeView after) {
  const auto name_of = [](TypeView prototype, std::uint32_t i) {
    return prototype.btf().string(prototype.param(i).name);
  };
  const auto same_type = [&](std::uint32_t i, std::uint32_t k) {
    return same_reference(before.param(i).type, after.param(k).type);
  };
  const auto same = [&](std::uint32_t i, std::uint32_t k) {
    return same_type(i, k) && name_of(before, i) == name_of(after, k);
  };
  std::uint32_t start = 0, before_end = before.vlen(), after_end = after.vlen();
  while (start < before_end && start < after_end && same(start, start)) ++start;
  while (before_end > start && after_end > start && same(before_end - 1, after_end - 1)) --before_end, --after_end;

  // What is left is matched by name and type, then by name, then by type, then by place if none was added or removed.
  constexpr std::uint32_t none = UINT32_MAX;
  std::vector<std::uint32_t> partner(before_end - start, none), partner_of_after(after_end - start, none);
  const auto match = [&](auto&& key_before, auto&& key_after) {
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> waiting;
    for (std::uint32_t k = after_end; k-- > start;) {
      const std::uint64_t key = key_after(k);
      if (partner_of_after[k - start] == none && key != 0) waiting[key].push_back(k);
    }
    for (std::uint32_t i = start; i < before_end; ++i) {
      const std::uint64_t key = key_before(i);
      if (partner[i - start] != none || key == 0) continue;
      const auto found = waiting.find(key);
      if (found == waiting.end() || found->second.empty()) continue;
      partner[i - start] = found->second.back();
      partner_of_after[found->second.back() - start] = i;
      found->second.pop_back();
    }
  };
  const auto type_before = [&](std::uint32_t i) { return before_.reference(before.param(i).type); };
  const auto type_after = [&](std::uint32_t k) { return after_.reference(after.param(k).type); };
  const auto name_before = [&](std::uint32_t i) {
    return name_of(before, i).empty() ? 0 : hash_text(name_of(before, i));
  };
  const auto name_after = [&](std::uint32_t k) { return name_of(after, k).empty() ? 0 : hash_text(name_of(after, k)); };
  match([&](std::uint32_t i) { return name_before(i) ^ type_before(i); },
        [&](std::uint32_t k) { return name_after(k) ^ type_after(k); });
  match(name_before, name_after);
  match(type_before, type_after);
  if (before_end == after_end) {
    match([&](std::uint32_t i) { return std::uint64_t{i} + 1; }, [&](std::uint32_t k) { return std::uint64_t{k} + 1; });
  }

  std::vector<std::uint32_t> order;
  for (const std::uint32_t k : partner) {
    if (k != none) order.push_back(k);
  }
  const std::vector<bool> in_order = longest_ascending(order);
  const auto label = [&](TypeView prototype, std::uint32_t i) {
    const Param param = prototype.param(i);
    if (param.type == void_id && name_of(prototype, i).empty()) return std::string("...");
    return std::string(name_of(prototype, i));
  };
  std::size_t seen = 0;
  for (std::uint32_t i = start; i < before_end; ++i) {
    const std::uint32_t k = partner[i - start];
    const auto tell = [&]<DetailKind kind>(DetailTag<kind>, Impact impact) -> DetailOf<kind>& {
      DetailOf<kind>& detail = add<kind>(impact, k == none ? label(before, i) : label(after, k));
      detail.old_number = i;
      if constexpr (requires { detail.new_number; }) detail.new_number = k;
      return detail;
    };
    if (k == none) {
      tell(DetailTag<DetailKind::param_removed>(), Impact::signature).old_text = spell(before_, before.param(i).type);
      continue;
    }
    if (!in_order[seen++]) tell(DetailTag<DetailKind::param_moved>(), Impact::signature);
    if (!same_type(i, k)) {
      const Impact impact = std::min(Impact::signature, retype_impact(before.param(i).type, after.param(k).type));
      auto& detail = tell(DetailTag<DetailKind::param_retyped>(), impact);
      detail.old_text = spell(before_, before.param(i).type);
      detail.new_text = spell(after_, after.param(k).type);
    }
    if (name_of(before, i) != name_of(after, k)) {
      auto& detail = tell(DetailTag<DetailKind::param_renamed>(), Impact::compatible);
      detail.old_text = label(before, i);
      detail.new_text = label(after, k);
    }
  }
  for (std::uint32_t k = start; k < after_end; ++k) {
    if (partner_of_after[k - start] != none) continue;
    auto& detail = add<DetailKind::param_added>(Impact::signature, label(after, k));
    detail.new_text = spell(after_, after.param(k).type);
    detail.new_number = k;
  }
}

void DetailFinder::compare_sections(TypeView before, TypeView after) {
  compare_sizes(before, after, {}, Impact::compatible);
  std::unordered_multimap<std::uint64_t, std::uint32_t> old_entries;
  for (std::uint32_t i = before.vlen(); i-- > 0;) old_entries.emplace(before_.reference(before.entry(i).type), i);
  const auto variable = [](const Fingerprints& prints, TypeId id) { return prints.btf().type(id); };
  for (std::uint32_t i = 0; i < after.vlen(); ++i) {
    const SectionEntry entry = after.entry(i);
    const TypeView declared = variable(after_, entry.type);
    const std::uint64_t key = after_.reference(entry.type);
    const auto found = old_entries.find(key);
    if (found == old_entries.end()) {
      // A variable that is new altogether is reported as added itself.
      if (before_.find(key).empty()) {
        change_->causes.push_back(spell_name(declared));
      } else {
        add<DetailKind::entry_added>(Impact::compatible, std::string(declared.name())).new_number = entry.offset;
      }
      continue;
    }
    const SectionEntry old_entry = before.entry(found->second);
    old_entries.erase(found);
    if (old_entry.offset != entry.offset) {
      auto& detail = add<DetailKind::entry_moved>(Impact::compatible, std::string(declared.name()));
      detail.old_number = old_entry.offset;
      detail.new_number = entry.offset;
    }
    if (old_entry.size != entry.size) {
      auto& detail = add<DetailKind::entry_resized>(Impact::compatible, std::string(declared.name()));
      detail.old_number = old_entry.size;
      detail.new_number = entry.size;
      add_cause(old_entry.type, entry.type);
    }
  }
  std::vector<std::uint32_t> gone;
  for (const auto& [key, i] : old_entries) {
    if (after_.find(key).empty()) {
      change_->causes.push_back(spell_name(variable(before_, before.entry(i).type)));
    } else {
      gone.push_back(i);
    }
  }
  std::ranges::sort(gone);
  for (const std::uint32_t i : gone) {
    const std::string_view name = variable(before_, before.entry(i).type).name();
    add<DetailKind::entry_removed>(Impact::compatible, std::string(name)).old_number = before.entry(i).offset;
  }
  std::ranges::sort(change_->causes);
}

/// `path` leads to the anonymous type that the tags are on.
void DetailFinder::compare_tags(TypeId before_id, TypeId after_id, std::string_view path) {
  using Tag = std::pair<std::string, std::string>;  // on what, text
  const auto tags_of = [&](const Fingerprints& prints, TypeId id) {
    std::vector<Tag> tags;
    const TypeView type = prints.btf().type(id);
    for (const TypeId tag_id : prints.tags_on(id)) {
      const TypeView tag = prints.btf().type(tag_id);
      const auto component = static_cast<std::uint32_t>(tag.component());
      std::string on(path);
      if (tag.component() >= 0) {
        if (!on.empty()) on += '.';
        on += is_composite(type.kind()) && component < type.vlen()
                  ? std::string(type.btf().string(type.member(component).name))
                  : fmt::format("parameter {}", component);
      }
      tags.emplace_back(std::move(on),
                        tag.kind_flag() ? fmt::format("__attribute__(({}))", tag.name()) : std::string(tag.name()));
    }
    std::ranges::sort(tags);
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags;
  };
  const std::vector<Tag> before = tags_of(before_, before_id), after = tags_of(after_, after_id);
  for (const Tag& tag : before) {
    if (!std::ranges::binary_search(after, tag))
      add<DetailKind::tag_removed>(Impact::compatible, tag.first).old_text = tag.second;
  }
  for (const Tag& tag : after) {
    if (!std::ranges::binary_search(before, tag))
      add<DetailKind::tag_added>(Impact::compatible, tag.first).new_text = tag.second;
  }
}

/// Whether both take the same values at the same size, whatever their names and qualifiers are.
bool DetailFinder::equivalent(TypeId before_id, TypeId after_id, int depth, int& steps) const {
  if (same_reference(before_id, after_id)) return true;
  if (depth > 16 || --steps < 0) return false;
  before_id = strip_names(before_.btf(), before_id);
  after_id = strip_names(after_.btf(), after_id);
  if (same_reference(before_id, after_id)) return true;
  const TypeView before = before_.btf().type(before_id), after = after_.btf().type(after_id);
  if (before.kind() != after.kind()) return false;
  // What had no name and now has one, or the other way round, may say the same.
  if ((is_composite(before.kind()) || is_enum(before.kind())) && (before.name().empty() || after.name().empty())) {
    return before_.content(before_id) == after_.content(after_id);
  }
  switch (before.kind()) {
    case Kind::int_:
      return before.size() == after.size() && before.payload()[0] == after.payload()[0];
    case Kind::float_:
      return before.size() == after.size();
    case Kind::ptr:
      return equivalent(before.target(), after.target(), depth + 1, steps);
    case Kind::array:
      return before.element_count() == after.element_count() &&
             equivalent(before.element(), after.element(), depth + 1, steps);
    case Kind::func_proto:
      if (before.vlen() != after.vlen() || !equivalent(before.target(), after.target(), depth + 1, steps)) return false;
      for (std::uint32_t i = 0; i < before.vlen(); ++i) {
        if (!equivalent(before.param(i).type, after.param(i).type, depth + 1, steps)) return false;
      }
      return true;
    default:
      return false;
  }
}

Impact DetailFinder::retype_impact(TypeId before, TypeId after) const {
  int steps = 1000;
  if (size_of(before_.btf(), before) != size_of(after_.btf(), after)) return Impact::layout;
  return equivalent(before, after, 0, steps) ? Impact::compatible : Impact::signature;
}

bool DetailFinder::same_measures(TypeId before, TypeId after) {
  return size_of(before_.btf(), before) == size_of(after_.btf(), after) &&
         before_alignments_.of(before) == after_alignments_.of(after);
}

/// Notes which declaration makes two types of one spelling differ in size.
void DetailFinder::add_cause(TypeId before_id, TypeId after_id) {
  for (int step = 0; step < max_chain; ++step) {
    const TypeView before = before_.btf().type(before_id), after = after_.btf().type(after_id);
    const bool is_chain = is_modifier(after.kind()) || after.kind() == Kind::typedef_ || after.kind() == Kind::var;
    if (before.kind() == Kind::array && after.kind() == Kind::array) {
      before_id = before.element();
      after_id = after.element();
    } else if (is_chain && before.kind() == after.kind() && same_reference(before.target(), after.target())) {
      before_id = before.target();
      after_id = after.target();
    } else {
      std::string name = spell_name(after);
      if (std::ranges::find(change_->causes, name) == change_->causes.end()) change_->causes.push_back(std::move(name));
      return;
    }
  }
}

}  // namespace btfx

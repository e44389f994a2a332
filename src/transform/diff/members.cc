// Composites: the members of both sides, seen as a C programmer names them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "btf/declared.h"
#include "btf/measure.h"
#include "btf/name_hash.h"
#include "btf/spelling.h"
#include "transform/diff/details.h"

namespace btfx {

namespace {

constexpr int max_nesting = 32;              // of anonymous types within each other
constexpr std::uint64_t never = UINT64_MAX;  // no offset

/// Whether a member of that name and type only keeps room free: padding without a name, or one of the members that
/// distributions with a stable module interface put into structs: `kabi_reserved1`, `android_kabi_reserved2`,
/// `ck_reserved3`, `suse_kabi_padding`, `__reserved`, `pad[3]`, `reserved_0x40`.
bool is_reserved(const Btf& btf, std::string_view name, TypeId id) {
  constexpr std::array<std::string_view, 9> words{"reserved", "rsvd",   "resv",  "rsv",   "pad",
                                                  "padding",  "unused", "spare", "filler"};
  if (name.find("kabi") != std::string_view::npos || name.starts_with("rh_reserved")) return true;
  const auto is_filling = [](char c) { return c == '_' || (c >= '0' && c <= '9'); };
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  std::string_view word = name;
  if (const std::size_t prefix = word.rfind("0x");
      prefix != std::string_view::npos && std::ranges::all_of(word.substr(prefix + 2), is_hex)) {
    word = word.substr(0, prefix);
  }
  while (!word.empty() && is_filling(word.front())) word.remove_prefix(1);
  while (!word.empty() && is_filling(word.back())) word.remove_suffix(1);
  if (word.ends_with("_reserved") && name.back() >= '0' && name.back() <= '9') return true;
  if (!name.empty() && std::ranges::find(words, word) == words.end()) return false;
  TypeView type = btf.type(strip_names(btf, id));
  for (int step = 0; step < max_nesting && type.kind() == Kind::array; ++step) {
    type = btf.type(strip_names(btf, type.element()));
  }
  return type.kind() == Kind::int_ || type.kind() == Kind::ptr;
}

std::string join(const std::string& path, std::string_view name) {
  std::string joined = path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  if (joined.size() > max_spelling) joined.resize(max_spelling);
  return joined;
}

}  // namespace

/// The fields of a composite: its members, and in place of an unnamed member of an anonymous composite the members of
/// that. A field's offset counts from the start of the whole.
std::vector<DetailFinder::Field> DetailFinder::fields_of(const Fingerprints& prints, TypeId composite) {
  struct Frame {
    TypeView type;
    std::uint32_t next;
    std::uint64_t bit_offset;
  };
  const Btf& btf = prints.btf();
  std::vector<Field> fields;
  std::vector<Frame> frames{{btf.type(composite), 0, 0}};
  while (!frames.empty()) {
    Frame& frame = frames.back();
    if (frame.next == frame.type.vlen()) {
      frames.pop_back();
      continue;
    }
    const Member member = frame.type.member(frame.next++);
    const std::string_view name = btf.string(member.name);
    const std::uint64_t bit_offset = frame.bit_offset + member.bit_offset;
    if (name.empty() && member.bitfield_size == 0 && frames.size() < max_nesting) {
      TypeId inner = member.type;
      for (int step = 0; step < max_nesting && is_modifier(btf.type(inner).kind()); ++step) {
        inner = btf.type(inner).target();
      }
      const TypeView type = btf.type(inner);
      if (is_composite(type.kind()) && type.name().empty() && take(1 + type.vlen())) {
        frames.push_back({type, 0, bit_offset});
        continue;
      }
    }
    fields.push_back({name, member.type, bit_offset, member.bitfield_size, is_reserved(btf, name, member.type)});
  }
  return fields;
}

/// Pairs fields of one name, those at the same offset first; what has no name counts by its type.
DetailFinder::Matching DetailFinder::match_fields(const std::vector<Field>& before,
                                                  const std::vector<Field>& after) const {
  constexpr std::uint32_t none = UINT32_MAX;
  std::vector<std::uint32_t> partner(after.size(), none);
  std::vector<bool> taken(before.size());
  const auto name_key = [](const Fingerprints& prints, const Field& field) {
    return field.name.empty() ? prints.reference(field.type) : hash_text(field.name);
  };
  const auto match = [&](auto&& key) {
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> waiting;
    for (std::uint32_t i = static_cast<std::uint32_t>(before.size()); i-- > 0;) {
      if (!taken[i]) waiting[key(before_, before[i])].push_back(i);
    }
    for (std::uint32_t k = 0; k < after.size(); ++k) {
      if (partner[k] != none) continue;
      const auto found = waiting.find(key(after_, after[k]));
      if (found == waiting.end() || found->second.empty()) continue;
      partner[k] = found->second.back();
      taken[found->second.back()] = true;
      found->second.pop_back();
    }
  };
  match([&](const Fingerprints& prints, const Field& field) {
    return name_key(prints, field) ^ (field.bit_offset + 1) * 0x9e3779b97f4a7c15;
  });
  match(name_key);
  Matching matching;
  for (std::uint32_t k = 0; k < after.size(); ++k) {
    if (partner[k] == none) {
      matching.after.push_back(k);
    } else {
      matching.pairs.emplace_back(partner[k], k);
    }
  }
  std::ranges::sort(matching.pairs);
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    if (!taken[i]) matching.before.push_back(i);
  }
  return matching;
}

std::uint64_t DetailFinder::bits_of(const Fingerprints& prints, const Field& field) const {
  if (field.bitfield_size != 0) return field.bitfield_size;
  return std::uint64_t{8} * size_of(prints.btf(), field.type).value_or(0);
}

void DetailFinder::compare_composites(TypeId before_id, TypeId after_id, const std::string& path, int depth) {
  const TypeView before = before_.btf().type(before_id), after = after_.btf().type(after_id);
  compare_sizes(before, after, path);
  compare_alignments(before_id, after_id, path);
  const std::vector<Field> old_fields = fields_of(before_, before_id), new_fields = fields_of(after_, after_id);
  const Matching matching = match_fields(old_fields, new_fields);
  std::uint64_t moved_from = never;
  for (const auto& [i, k] : matching.pairs) {
    if (compare_field(old_fields[i], new_fields[k], path, depth)) {
      moved_from = std::min({moved_from, old_fields[i].bit_offset, new_fields[k].bit_offset});
    }
  }
  compare_unmatched(old_fields, new_fields, matching, path, std::uint64_t{8} * before.size(), moved_from);
}

void DetailFinder::compare_alignments(TypeId before_id, TypeId after_id, const std::string& path) {
  const unsigned before = before_alignments_.of(before_id), after = after_alignments_.of(after_id);
  if (before == after || before == 0 || after == 0) return;
  auto& detail = add<DetailKind::alignment>(Impact::layout, path);
  detail.old_number = before;
  detail.new_number = after;
}

/// Compares two members that are meant to be the same. True when the offset changed and that matters.
bool DetailFinder::compare_field(const Field& before, const Field& after, const std::string& path, int depth) {
  const std::string name = join(path, after.name);
  const bool unused = before.reserved && after.reserved;
  const auto tell = [&]<DetailKind kind>(DetailTag<kind>, Impact impact) -> DetailOf<kind>& {
    DetailOf<kind>& detail = add<kind>(unused ? Impact::compatible : impact, name);
    detail.old_number = before.bit_offset;
    detail.new_number = after.bit_offset;
    return detail;
  };
  const bool moved = before.bit_offset != after.bit_offset;
  const bool same_type = same_reference(before.type, after.type);
  if (same_type && !same_measures(before.type, after.type)) add_cause(before.type, after.type);
  if (moved && change_->causes.empty()) is_consequence_ = false;
  if (moved) tell(DetailTag<DetailKind::member_moved>(), Impact::layout);
  if (before.bitfield_size != after.bitfield_size) {
    auto& detail = tell(DetailTag<DetailKind::member_resized>(), Impact::layout);
    detail.old_number = before.bitfield_size;
    detail.new_number = after.bitfield_size;
  }
  if (!same_type && !descend(before.type, after.type, name, depth)) {
    auto& detail = tell(DetailTag<DetailKind::member_retyped>(), retype_impact(before.type, after.type));
    detail.old_text = spell(before_, before.type);
    detail.new_text = spell(after_, after.type);
  }
  return moved && !unused;
}

/// Compares the anonymous types that two members hold, if they hold them in the same way. False when they do not, or
/// when that would say nothing.
bool DetailFinder::descend(TypeId before_id, TypeId after_id, std::string path, int depth) {
  if (depth >= max_nesting) return false;
  for (int step = 0; step < max_chain; ++step) {
    const TypeView before = before_.btf().type(before_id), after = after_.btf().type(after_id);
    const Kind kind = after.kind();
    if (declared_kind(before) != declared_kind(after)) return false;
    if (is_composite(kind) || is_enum(kind)) {
      if (!before.name().empty() || !after.name().empty() || !take()) return false;
      const std::size_t details = change_->details.size();
      if (is_enum(kind)) {
        compare_enums(before, after, path);
      } else {
        compare_composites(before_id, after_id, path, depth + 1);
      }
      compare_tags(before_id, after_id, path);
      return change_->details.size() != details;
    }
    if (kind == Kind::array) {
      if (before.element_count() != after.element_count()) return false;
      path += "[]";
      before_id = before.element();
      after_id = after.element();
    } else if (kind == Kind::ptr || (is_modifier(kind) && before.name() == after.name())) {
      if (kind == Kind::ptr) path = fmt::format("(*{})", path);
      before_id = before.target();
      after_id = after.target();
    } else {
      return false;
    }
  }
  return false;
}

/// Tells what became of the members without counterpart: renamed, put where only reserved members were, added, removed.
/// From bit `moved_from` on, members have moved.
void DetailFinder::compare_unmatched(const std::vector<Field>& before, const std::vector<Field>& after,
                                     const Matching& matching, const std::string& path, std::uint64_t old_bits,
                                     std::uint64_t moved_from) {
  // Renamed: of all fields without counterpart the only two that stand at this offset with this type.
  const auto place = [](const Fingerprints& prints, const Field& field) {
    return prints.reference(field.type) ^ (field.bit_offset << 8 | field.bitfield_size) * 0x9e3779b97f4a7c15;
  };
  struct Candidates {
    std::uint32_t before = 0, after = 0, before_count = 0, after_count = 0;
  };
  std::unordered_map<std::uint64_t, Candidates> places;
  for (const std::uint32_t i : matching.before) {
    Candidates& here = places[place(before_, before[i])];
    here.before = i;
    ++here.before_count;
  }
  for (const std::uint32_t k : matching.after) {
    Candidates& here = places[place(after_, after[k])];
    here.after = k;
    ++here.after_count;
  }
  const auto renamed = [&](std::uint64_t key) -> const Candidates* {
    const Candidates& here = places.at(key);
    const bool unique = here.before_count == 1 && here.after_count == 1;
    return unique && before[here.before].reserved == after[here.after].reserved ? &here : nullptr;
  };

  // Which bits were taken before, which of them still are, and which were only reserved and have been given up.
  struct Range {
    std::uint64_t begin, end;
    std::uint32_t field;
  };
  std::vector<bool> is_gone(before.size());
  for (const std::uint32_t i : matching.before) is_gone[i] = renamed(place(before_, before[i])) == nullptr;
  std::vector<Range> taken, kept, reserved;
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    const Range range{before[i].bit_offset, before[i].bit_offset + bits_of(before_, before[i]), i};
    if (range.begin == range.end || (before[i].reserved && before[i].name.empty())) continue;
    (before[i].reserved ? reserved : taken).push_back(range);
    if (!before[i].reserved && !is_gone[i]) kept.push_back(range);
  }
  std::ranges::sort(reserved, {}, &Range::begin);
  // What overlays a whole reserved member, as the array beside the bitfields in a union, does not stand in its place.
  std::vector<std::uint64_t> least_end(reserved.size());
  for (std::size_t i = reserved.size(); i-- > 0;) {
    least_end[i] = i + 1 == reserved.size() ? reserved[i].end : std::min(reserved[i].end, least_end[i + 1]);
  }
  std::vector<Range> beside;
  for (const Range& range : taken) {
    const auto first = std::ranges::lower_bound(reserved, range.begin, {}, &Range::begin);
    const bool overlays =
        first != reserved.end() && least_end[static_cast<std::size_t>(first - reserved.begin())] <= range.end;
    if (!overlays) beside.push_back(range);
  }
  std::uint64_t reach = 0;
  for (std::vector<Range>* ranges : {&kept, &beside, &taken}) {
    std::ranges::sort(*ranges, {}, &Range::begin);
    reach = 0;
    for (Range& range : *ranges) range.end = reach = std::max(reach, range.end);  // now: ends ascend, too
  }
  const auto overlaps = [](const std::vector<Range>& ranges, std::uint64_t begin, std::uint64_t end) {
    const auto next = std::ranges::lower_bound(ranges, end, {}, &Range::begin);
    return next != ranges.begin() && (next - 1)->end > begin;
  };
  const auto reserved_at = [&](std::uint64_t begin, std::uint64_t end) -> const Range* {
    const auto next = std::ranges::upper_bound(reserved, begin, {}, &Range::begin);
    if (next == reserved.begin() || (next - 1)->end < end || begin == end) return nullptr;
    return &*(next - 1);
  };

  std::vector<bool> used(before.size());
  std::vector<std::pair<std::uint32_t, const Range*>> fillings;
  for (const std::uint32_t k : matching.after) {
    const Field& field = after[k];
    const std::uint64_t end = field.bit_offset + bits_of(after_, field);
    const bool is_free = field.bit_offset < moved_from && !overlaps(beside, field.bit_offset, end);
    const Range* range = is_free ? reserved_at(field.bit_offset, end) : nullptr;
    if (range != nullptr) used[range->field] = true;
    fillings.emplace_back(k, range);
  }

  for (const std::uint32_t i : matching.before) {
    const Field& field = before[i];
    if (const Candidates* here = renamed(place(before_, field))) {
      auto& detail = add<DetailKind::member_renamed>(Impact::compatible, join(path, after[here->after].name));
      detail.old_text = field.name;
      detail.new_text = after[here->after].name;
      detail.old_number = detail.new_number = field.bit_offset;
    } else if (!used[i]) {
      const bool unnamed = field.reserved && field.name.empty();
      auto& detail =
          add<DetailKind::member_removed>(unnamed ? Impact::compatible : Impact::layout, join(path, field.name));
      detail.old_text = spell(before_, field.type);
      detail.old_number = field.bit_offset;
    }
  }
  for (const auto& [k, range] : fillings) {
    const Field& field = after[k];
    if (renamed(place(after_, field)) != nullptr) continue;
    if (range != nullptr) {
      if (field.reserved) continue;  // what stays reserved under another name
      auto& detail = add<DetailKind::reserved_used>(Impact::compatible, join(path, field.name));
      detail.old_text = before[range->field].name;
      detail.new_text = spell(after_, field.type);
      detail.old_number = before[range->field].bit_offset;
      detail.new_number = field.bit_offset;
      continue;
    }
    auto& detail = add<DetailKind::member_added>(Impact::compatible, join(path, field.name));
    detail.new_text = spell(after_, field.type);
    detail.new_number = field.bit_offset;
    if (field.bit_offset >= std::max(old_bits, reach)) {
      detail.placement = MemberPlacement::end;
    } else if (field.bit_offset >= moved_from) {
      detail.placement = MemberPlacement::between;
    } else {
      const std::uint64_t end = field.bit_offset + bits_of(after_, field);
      detail.placement = overlaps(kept, field.bit_offset, end)    ? MemberPlacement::shared
                         : overlaps(taken, field.bit_offset, end) ? MemberPlacement::replaced
                                                                  : MemberPlacement::hole;
    }
  }
}

}  // namespace btfx

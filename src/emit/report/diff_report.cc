#include "emit/report/diff_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "btf/spelling.h"
#include "emit/report/declaration_lines.h"

namespace btfx {

namespace {

constexpr std::size_t max_phrases = 3;

std::string old_value(const detail_fields::OldValue& detail) {
  return value_text(detail.old_number, detail.old_signed);
}

std::string new_value(const detail_fields::NewValue& detail) {
  return value_text(detail.new_number, detail.new_signed);
}

std::string placement_text(MemberPlacement placement) {
  switch (placement) {
    case MemberPlacement::end:
      return " at the end";
    case MemberPlacement::hole:
      return " in a hole";
    case MemberPlacement::shared:
      return " over others";
    case MemberPlacement::replaced:
      return " in place of others";
    case MemberPlacement::between:
      return " in between";
    case MemberPlacement::none:
      break;
  }
  return {};
}

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

/// Whether it is about the whole and not about a member of an anonymous type.
bool is_own_measure(const Detail& detail) {
  return (detail.kind() == DetailKind::size || detail.kind() == DetailKind::alignment ||
          detail.kind() == DetailKind::signedness) &&
         detail.name.empty();
}

/// Several details of one sort, for lists of words: "3 members moved".
std::string summarise_many(DetailKind kind, std::size_t count) {
  const std::string_view word = detail_kind_info(kind).word;
  if (kind == DetailKind::size || kind == DetailKind::alignment || kind == DetailKind::signedness) {
    return fmt::format("{} of {} members", word, count);
  }
  if (kind == DetailKind::tag_added || kind == DetailKind::tag_removed)
    return fmt::format("{} tags {}", count, word.substr(4));
  const std::size_t split = word.find('_');
  if (split == std::string_view::npos || detail_kind_info(kind).subject.empty())
    return fmt::format("{} times {}", count, word);
  return fmt::format("{} {}s {}", count, detail_kind_info(kind).subject, word.substr(split + 1));
}

}  // namespace

DiffCounts count(const DiffReport& report) {
  DiffCounts counts;
  for (const Change& change : report.changes) {
    ++counts.by_kind[static_cast<std::size_t>(change.kind)];
    ++counts.by_impact[static_cast<std::size_t>(change.impact)];
    counts.consequences += !change.causes.empty();
  }
  counts.rebuilds = static_cast<std::uint64_t>(std::ranges::count_if(report.verdicts, &ModuleVerdict::needs_rebuild));
  return counts;
}

std::unordered_map<std::size_t, std::vector<Affected>> affected_modules(const DiffReport& report) {
  std::unordered_map<std::uint32_t, std::size_t> places;
  for (std::size_t i = 0; i < report.changes.size(); ++i) {
    const Declared& before = report.changes[i].before;
    if (before.exists() && &before.view().btf() == report.before_base.get()) places.emplace(raw(before.id), i);
  }
  std::unordered_map<std::size_t, std::vector<Affected>> affected;
  for (const ModuleVerdict& verdict : report.verdicts) {
    for (const Effect& effect : verdict.effects) {
      if (const auto place = places.find(raw(effect.before)); place != places.end()) {
        affected[place->second].push_back({&verdict, &effect});
      }
    }
  }
  return affected;
}

std::string summarise(const Detail& detail) {
  const std::string on = detail.name.empty() ? std::string() : fmt::format(" of {}", detail.name);
  const std::string_view name = detail.name.empty() ? std::string_view("(unnamed)") : std::string_view(detail.name);
  return std::visit(
      Overloaded{
          [&](const DetailOf<DetailKind::kind>& of) -> std::string {
            return fmt::format("{} became {}", of.old_text, of.new_text);
          },
          [&](const DetailOf<DetailKind::defined>&) -> std::string { return "is defined now, was only declared"; },
          [&](const DetailOf<DetailKind::undefined>&) -> std::string { return "is only declared now, was defined"; },
          [&](const DetailOf<DetailKind::size>& of) -> std::string {
            return fmt::format("{} -> {} bytes{}", of.old_number, of.new_number, on);
          },
          [&](const DetailOf<DetailKind::alignment>& of) -> std::string {
            return fmt::format("alignment {} -> {}{}", of.old_number, of.new_number, on);
          },
          [&](const DetailOf<DetailKind::encoding>& of) -> std::string {
            return fmt::format("{} -> {}{}", of.old_text, of.new_text, on);
          },
          [&](const DetailOf<DetailKind::linkage>& of) -> std::string {
            return fmt::format("{} -> {}{}", of.old_text, of.new_text, on);
          },
          [&](const DetailOf<DetailKind::signedness>& of) -> std::string {
            return fmt::format("{} -> {}{}", of.old_text, of.new_text, on);
          },
          [&](const DetailOf<DetailKind::bits>& of) -> std::string {
            return fmt::format("{} -> {} bits", of.old_number, of.new_number);
          },
          [&](const DetailOf<DetailKind::target>&) -> std::string { return "of another type"; },
          [&](const DetailOf<DetailKind::type>&) -> std::string { return "of another type"; },
          [&](const DetailOf<DetailKind::member_added>& of) -> std::string {
            return fmt::format("member {} added{}", name, placement_text(of.placement));
          },
          [&](const DetailOf<DetailKind::member_removed>&) -> std::string {
            return fmt::format("member {} removed", name);
          },
          [&](const DetailOf<DetailKind::member_moved>& of) -> std::string {
            return fmt::format("member {} moved {} -> {}", name, offset_text(of.old_number),
                               offset_text(of.new_number));
          },
          [&](const DetailOf<DetailKind::member_retyped>&) -> std::string {
            return fmt::format("member {} retyped", name);
          },
          [&](const DetailOf<DetailKind::member_renamed>& of) -> std::string {
            return fmt::format("member {} renamed to {}", of.old_text, of.new_text);
          },
          [&](const DetailOf<DetailKind::member_resized>& of) -> std::string {
            return fmt::format("member {}: {} -> {}", name,
                               of.old_number == 0 ? "no bitfield" : fmt::format("{} bits", of.old_number),
                               of.new_number == 0 ? "no bitfield" : fmt::format("{} bits", of.new_number));
          },
          [&](const DetailOf<DetailKind::reserved_used>& of) -> std::string {
            return fmt::format("member {} uses {}", name, of.old_text);
          },
          [&](const DetailOf<DetailKind::regrouped>&) -> std::string { return "members grouped differently"; },
          [&](const DetailOf<DetailKind::enumerator_added>& of) -> std::string {
            return fmt::format("{} = {} added", name, new_value(of));
          },
          [&](const DetailOf<DetailKind::enumerator_removed>& of) -> std::string {
            return fmt::format("{} = {} removed", name, old_value(of));
          },
          [&](const DetailOf<DetailKind::enumerator_changed>& of) -> std::string {
            return fmt::format("{} = {} -> {}", name, old_value(of), new_value(of));
          },
          [&](const DetailOf<DetailKind::enumerator_reused>& of) -> std::string {
            return fmt::format("{} means {} now, not {}", new_value(of), of.new_text, of.old_text);
          },
          [&](const DetailOf<DetailKind::return_type>&) -> std::string { return "returns another type"; },
          [&](const DetailOf<DetailKind::param_added>&) -> std::string {
            return fmt::format("parameter {} added", name);
          },
          [&](const DetailOf<DetailKind::param_removed>&) -> std::string {
            return fmt::format("parameter {} removed", name);
          },
          [&](const DetailOf<DetailKind::param_moved>&) -> std::string {
            return fmt::format("parameter {} moved", name);
          },
          [&](const DetailOf<DetailKind::param_retyped>&) -> std::string {
            return fmt::format("parameter {} retyped", name);
          },
          [&](const DetailOf<DetailKind::param_renamed>& of) -> std::string {
            return fmt::format("parameter {} renamed to {}", of.old_text, of.new_text);
          },
          [&](const DetailOf<DetailKind::entry_added>&) -> std::string {
            return fmt::format("variable {} added", name);
          },
          [&](const DetailOf<DetailKind::entry_removed>&) -> std::string {
            return fmt::format("variable {} removed", name);
          },
          [&](const DetailOf<DetailKind::entry_moved>& of) -> std::string {
            return fmt::format("variable {} moved {} -> {}", name, of.old_number, of.new_number);
          },
          [&](const DetailOf<DetailKind::entry_resized>& of) -> std::string {
            return fmt::format("variable {} {} -> {} bytes", name, of.old_number, of.new_number);
          },
          [&](const DetailOf<DetailKind::tag_added>& of) -> std::string {
            return fmt::format("tag {} added{}", of.new_text, detail.name.empty() ? "" : " to " + detail.name);
          },
          [&](const DetailOf<DetailKind::tag_removed>& of) -> std::string {
            return fmt::format("tag {} removed{}", of.old_text, detail.name.empty() ? "" : " from " + detail.name);
          },
          [&](const DetailOf<DetailKind::opaque>&) -> std::string { return "differs"; },
      },
      detail.content);
}

std::string enumerate(const std::vector<std::string>& names, std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), limit); ++i) {
    if (i != 0) text += ", ";
    text += names[i];
  }
  if (names.size() > limit) text += fmt::format(" and {} more", names.size() - limit);
  return text;
}

std::string summarise(const Change& change) {
  std::vector<std::string> phrases;
  if (change.kind == ChangeKind::added || change.kind == ChangeKind::removed) {
    phrases.emplace_back(to_string(change.kind));
  } else if (change.kind == ChangeKind::renamed) {
    const std::string_view old_name = change.before.view().name();
    phrases.push_back(old_name.empty()                     ? std::string("has a name now")
                      : change.after.view().name().empty() ? fmt::format("was {}", old_name)
                                                           : fmt::format("renamed from {}", old_name));
  } else if (change.kind == ChangeKind::moved) {
    const auto place = [](const std::vector<std::string>& parts) {
      return parts.empty() ? "" : " " + enumerate(parts, 3);
    };
    const bool to_base = &change.after.view().btf() != change.after.btf.get();
    phrases.push_back(change.parts_before.empty()
                          ? (to_base ? "moved to the base" : "moved from the base")
                          : fmt::format("moved from{} to{}", place(change.parts_before), place(change.parts_after)));
  }
  // Few details of one kind are listed one by one; the worst come first.
  std::vector<const Detail*> details;
  for (const Detail& detail : change.details) details.push_back(&detail);
  std::ranges::stable_sort(details, [](const Detail* a, const Detail* b) {
    const auto rank = [](const Detail* d) {
      return is_own_measure(*d) ? -1 : d->kind() == DetailKind::member_moved ? 1 : 0;
    };
    return rank(a) < rank(b);
  });
  std::array<std::size_t, detail_kind_table.size()> counts{};
  for (const Detail* detail : details) {
    if (!is_own_measure(*detail)) ++counts[static_cast<std::size_t>(detail->kind())];
  }
  for (const Detail* detail : details) {
    if (is_own_measure(*detail)) {
      phrases.push_back(summarise(*detail));
      continue;
    }
    std::size_t& many = counts[static_cast<std::size_t>(detail->kind())];
    if (many == 0) continue;
    if (many <= 2) {
      phrases.push_back(summarise(*detail));
    } else {
      phrases.push_back(summarise_many(detail->kind(), many));
      many = 0;
    }
  }
  std::string text = enumerate(phrases, max_phrases);
  if (!change.causes.empty()) text += fmt::format(", because of {}", enumerate(change.causes, max_phrases));
  return text;
}

}  // namespace btfx

#include "cmd/ids_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "base/printable.h"
#include "btf/kfunc_flags.h"
#include "btf/spelling.h"

namespace btfx {

namespace {

constexpr std::array<IdStatus, id_statuses> statuses{IdStatus::ok,    IdStatus::unresolved, IdStatus::missing,
                                                     IdStatus::stale, IdStatus::outside,    IdStatus::unused};

std::string_view group_kind(const IdGroup& group) {
  if (group.set == nullptr) return "list";
  return group.set->pairs ? "set8" : "set";
}

bool has_kfuncs(const IdGroup& group, const BtfIds& ids) {
  return group.set != nullptr && group.set->pairs && (ids.words()[group.set->word + 1] & IdSet::kfunc_flag) != 0;
}

/// A function with its prototype, any other type with its name.
std::string type_text(const Btf& btf, TypeId id) {
  const TypeView type = btf.type(id);
  return type.kind() == Kind::func ? spell_type(btf, id) : spell_name(type);
}

std::string line_text(const ListedId& line, const Btf& btf) {
  std::string text = line.type != void_id    ? type_text(btf, line.type)
                     : line.entry != nullptr ? fmt::format("{} {}", entry_word(line.entry->kind), line.entry->name)
                                             : "-";
  if (line.status == IdStatus::unresolved) text += fmt::format(" [would be {}]", raw(line.type));
  return printable(text);
}

}  // namespace

IdCounts::IdCounts(std::span<const IdGroup> groups) {
  for (const IdGroup& group : groups) {
    for (const ListedId& line : group.ids) ++of.at(static_cast<std::size_t>(line.status));
  }
}

std::uint64_t IdCounts::all() const {
  return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
}

bool IdCounts::all_right() const {
  return (*this)[IdStatus::ok] + (*this)[IdStatus::unused] == all();
}

std::string group_text(const IdGroup& group, const BtfIds& ids, const Btf& btf) {
  const std::string name = group.name.empty() ? "" : " " + printable(group.name);
  std::string text = fmt::format("{}{} at {:#x}: {} id{}", group_kind(group), name, 4 * std::uint64_t{group.word},
                                 group.ids.size(), group.ids.size() == 1 ? "" : "s");
  if (has_kfuncs(group, ids)) text += ", kfuncs";
  if (group.set != nullptr) {
    const std::uint32_t count = ids.words()[group.set->word];
    if (count != group.set->count) text += count == 0 ? ", not resolved" : fmt::format(", but its count is {}", count);
  }
  text += '\n';
  std::vector<std::string> flags, symbols;
  std::size_t flags_width = 0, symbols_width = 0;
  for (const ListedId& line : group.ids) {
    flags.push_back(line.flags == 0 ? "-" : fmt::format("{}", fmt::join(kfunc_flag_names(line.flags), "|")));
    symbols.push_back(line.entry == nullptr ? "-" : printable(line.entry->symbol()));
    flags_width = std::max(flags_width, flags.back().size());
    symbols_width = std::max(symbols_width, symbols.back().size());
  }
  const bool pairs = group.set != nullptr && group.set->pairs;
  for (std::size_t i = 0; i < group.ids.size(); ++i) {
    const ListedId& line = group.ids[i];
    text += fmt::format("  {:#07x} {:>7} {:<10} {:<{}} ", 4 * std::uint64_t{line.word}, line.id, to_string(line.status),
                        symbols[i], symbols_width);
    if (pairs) text += fmt::format("{:<{}} ", flags[i], flags_width);
    text += line_text(line, btf) + '\n';
  }
  return text;
}

JsonRecord group_record(const IdGroup& group, const BtfIds& ids, const Btf& btf) {
  JsonRecord record{{"group", group_kind(group)}, {"name", group.name}, {"offset", 4 * std::uint64_t{group.word}}};
  if (group.set != nullptr) {
    record["symbol"] = group.set->symbol();
    record["count"] = ids.words()[group.set->word];
    record["room"] = group.set->count;
    if (group.set->pairs) {
      record["flags"] = ids.words()[group.set->word + 1];
      record["kfuncs"] = has_kfuncs(group, ids);
    }
  }
  JsonRecord lines = JsonRecord::array();
  for (const ListedId& line : group.ids) {
    JsonRecord one{{"offset", 4 * std::uint64_t{line.word}},
                   {"id", line.id},
                   {"status", to_string(line.status)},
                   {"symbol", nullptr}};
    if (line.entry != nullptr) {
      one["symbol"] = line.entry->symbol();
      one["kind"] = entry_word(line.entry->kind);
      one["name"] = line.entry->name;
    }
    if (group.set != nullptr && group.set->pairs) {
      one["flags"] = line.flags;
      one["flag_names"] = kfunc_flag_names(line.flags);
    }
    one["type"] = nullptr;
    if (line.type != void_id) {
      const TypeView type = btf.type(line.type);
      one["type"] = {{"id", raw(line.type)},
                     {"kind", info(type.kind()).name},
                     {"name", type.name()},
                     {"text", type_text(btf, line.type)}};
    }
    lines.push_back(std::move(one));
  }
  record["ids"] = std::move(lines);
  return record;
}

std::string summary_text(const IdCounts& counts) {
  std::string text = fmt::format("{} id{}", counts.all(), counts.all() == 1 ? "" : "s");
  for (const IdStatus status : statuses) {
    if (counts[status] != 0) text += fmt::format(", {} {}", counts[status], to_string(status));
  }
  return text + '\n';
}

JsonRecord summary_record(const IdCounts& counts) {
  JsonRecord record{{"ids", counts.all()}};
  for (const IdStatus status : statuses) record[std::string(to_string(status))] = counts[status];
  return record;
}

}  // namespace btfx

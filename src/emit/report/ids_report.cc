#include "emit/report/ids_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/printable.h"
#include "btf/kfunc_flags.h"
#include "btf/spelling.h"

namespace btfx {

namespace {

constexpr std::array<IdStatus, id_statuses> statuses{IdStatus::ok,      IdStatus::unresolved, IdStatus::missing,
                                                     IdStatus::stale,   IdStatus::outside,    IdStatus::unused,
                                                     IdStatus::unjudged};

std::string_view group_kind(const IdGroup& group) {
  if (group.set == nullptr) return "list";
  return group.set->pairs ? "set8" : "set";
}

bool has_flags(const IdGroup& group) {
  return group.set != nullptr && group.set->pairs;
}

bool has_kfuncs(const IdGroup& group, const BtfIds& ids) {
  return has_flags(group) && (ids.words()[group.set->word + 1] & IdSet::kfunc_flag) != 0;
}

/// A function with its prototype, any other type with its name.
std::string type_text(const Btf& btf, TypeId id) {
  const TypeView type = btf.type(id);
  return type.kind() == Kind::func ? spell_type(btf, id) : spell_name(type);
}

std::string flags_text(const ListedId& line) {
  return line.flags == 0 ? "-" : fmt::format("{}", fmt::join(kfunc_flag_names(line.flags), "|"));
}

std::string symbol_text(const ListedId& line) {
  return line.entry == nullptr ? "-" : printable(line.entry->symbol());
}

std::string line_text(const ListedId& line, const Btf& btf) {
  std::string text = line.type != void_id    ? type_text(btf, line.type)
                     : line.entry != nullptr ? fmt::format("{} {}", entry_word(line.entry->kind), line.entry->name)
                                             : "-";
  if (line.status == IdStatus::unresolved) text += fmt::format(" [would be {}]", raw(line.type));
  return printable(text);
}

}  // namespace

void write_group(BufferedOutput& out, const IdGroup& group, const BtfIds& ids, const Btf& btf) {
  const std::string name = group.name.empty() ? "" : " " + printable(group.name);
  std::string text = fmt::format("{}{} at {:#x}: {} id{}", group_kind(group), name, 4 * std::uint64_t{group.word},
                                 group.ids.size(), group.ids.size() == 1 ? "" : "s");
  if (has_kfuncs(group, ids)) text += ", kfuncs";
  if (group.set != nullptr) {
    const std::uint32_t count = ids.words()[group.set->word];
    if (count != group.set->count) text += count == 0 ? ", not resolved" : fmt::format(", but its count is {}", count);
  }
  out.write(text + '\n');
  std::size_t flags_width = 0, symbols_width = 0;
  for (const ListedId& line : group.ids) {
    flags_width = std::max(flags_width, flags_text(line).size());
    symbols_width = std::max(symbols_width, symbol_text(line).size());
  }
  for (const ListedId& line : group.ids) {
    text = fmt::format("  {:#07x} {:>7} {:<10} {:<{}} ", 4 * std::uint64_t{line.word}, line.id, to_string(line.status),
                       symbol_text(line), symbols_width);
    if (has_flags(group)) text += fmt::format("{:<{}} ", flags_text(line), flags_width);
    out.write(text + line_text(line, btf) + '\n');
  }
}

JsonRecord id_record(const ListedId& line, const IdGroup& group, const Btf& btf) {
  JsonRecord record{
      {"group", group_kind(group)},       {"in", group.name}, {"offset", 4 * std::uint64_t{line.word}}, {"id", line.id},
      {"status", to_string(line.status)}, {"symbol", nullptr}};
  if (line.entry != nullptr) {
    record["symbol"] = line.entry->symbol();
    record["kind"] = entry_word(line.entry->kind);
    record["name"] = line.entry->name;
  }
  if (has_flags(group)) {
    record["flags"] = line.flags;
    record["flag_names"] = kfunc_flag_names(line.flags);
  }
  record["type"] = nullptr;
  if (line.type != void_id) {
    const TypeView type = btf.type(line.type);
    record["type"] = {{"id", raw(line.type)},
                      {"kind", kind_info(type.kind()).name},
                      {"name", type.name()},
                      {"text", type_text(btf, line.type)}};
  }
  return record;
}

std::string summary_text(const IdCounts& counts) {
  std::string text = fmt::format("{} id{}", counts.all(), counts.all() == 1 ? "" : "s");
  for (const IdStatus status : statuses) {
    if (counts[status] != 0) text += fmt::format(", {} {}", counts[status], to_string(status));
  }
  return text + '\n';
}

JsonRecord summary_record(const IdCounts& counts, std::span<const IdGroup> groups, const BtfIds& ids) {
  JsonRecord record{{"ids", counts.all()}};
  for (const IdStatus status : statuses) record[std::string(to_string(status))] = counts[status];
  JsonRecord list = JsonRecord::array();
  for (const IdGroup& group : groups) {
    JsonRecord one{{"group", group_kind(group)},
                   {"name", group.name},
                   {"offset", 4 * std::uint64_t{group.word}},
                   {"ids", group.ids.size()}};
    if (group.set != nullptr) {
      one["symbol"] = group.set->symbol();
      one["count"] = ids.words()[group.set->word];
    }
    if (has_flags(group)) {
      one["flags"] = ids.words()[group.set->word + 1];
      one["kfuncs"] = has_kfuncs(group, ids);
    }
    list.push_back(std::move(one));
  }
  record["groups"] = std::move(list);
  return record;
}

}  // namespace btfx

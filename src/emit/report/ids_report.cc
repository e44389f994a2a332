#include "emit/report/ids_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string_view>
#include <utility>

#include "base/counted.h"
#include "base/palette.h"
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

Paint paint_of(IdStatus status) {
  switch (status) {
    case IdStatus::ok:
      return Paint::green;
    case IdStatus::unused:
    case IdStatus::unjudged:
      return Paint::plain;
    case IdStatus::unresolved:
    case IdStatus::missing:
      return Paint::yellow;
    case IdStatus::stale:
    case IdStatus::outside:
      break;
  }
  return Paint::red;
}

std::string flags_text(const ListedId& line) {
  return line.flags == 0 ? "-" : fmt::format("{}", fmt::join(kfunc_flag_names(line.flags), "|"));
}

Value listed_type(const Btf& btf, TypeId id) {
  const TypeView type = btf.type(id);
  return Record{
      {"id", raw(id)}, {"kind", kind_info(type.kind()).name}, {"name", type.name()}, {"text", type_text(btf, id)}};
}

std::string line_text(const ListedId& line, const Btf& btf) {
  std::string text = line.type != void_id    ? type_text(btf, line.type)
                     : line.entry != nullptr ? fmt::format("{} {}", entry_word(line.entry->kind), line.entry->name)
                                             : "-";
  if (line.status == IdStatus::unresolved) text += fmt::format(" [would be {}]", raw(line.type));
  return printable(text);
}

}  // namespace

std::string group_heading(const IdGroup& group, const BtfIds& ids) {
  const std::string name = group.name.empty() ? "" : " " + printable(group.name);
  std::string text = fmt::format("{}{} at {:#x}: {}", group_kind(group), name, 4 * std::uint64_t{group.word},
                                 counted(group.ids.size(), "id"));
  if (has_kfuncs(group, ids)) text += ", kfuncs";
  if (group.set != nullptr) {
    const std::uint32_t count = ids.words()[group.set->word];
    if (count != group.set->count) text += count == 0 ? ", not resolved" : fmt::format(", but its count is {}", count);
  }
  return text + '\n';
}

Table group_table(const IdGroup& group, std::span<const Record> records) {
  std::vector<Column> columns{{"offset"},
                              {"id", {}, 7, Column::Align::right},
                              {"status", {}, 10},
                              {"symbol", {}, 0, Column::Align::left, 1, Column::Cut::middle, 16},
                              {"type_text", {}, 0, Column::Align::left, 1, Column::Cut::wrap, 16}};
  if (has_flags(group))
    columns.insert(columns.end() - 1, {"flags", {}, 0, Column::Align::left, 1, Column::Cut::middle, 12});
  Table table(std::move(columns), 2);
  table.fit(records);
  return table;
}

std::vector<Record> group_records(const IdGroup& group, const Btf& btf) {
  std::vector<Record> records;
  for (const ListedId& line : group.ids) {
    Record& record = records.emplace_back();
    const std::uint64_t offset = 4 * std::uint64_t{line.word};
    record.add("group", group_kind(group));
    record.add("in", group.name);
    record.add("offset", offset, fmt::format("{:#07x}", offset));
    record.add("id", line.id);
    record.add("status", to_string(line.status));
    record.paint("status", paint_of(line.status));
    record.add("symbol", line.entry == nullptr ? Value() : Value(line.entry->symbol()));
    if (line.entry != nullptr) {
      record.add("kind", entry_word(line.entry->kind));
      record.add("name", line.entry->name);
    }
    if (has_flags(group)) {
      record.add("flags", line.flags, flags_text(line));
      record.add("flag_names", kfunc_flag_names(line.flags));
    }
    record.add("type", line.type == void_id ? Value() : listed_type(btf, line.type));
    record.add_text("type_text", line_text(line, btf));
  }
  return records;
}

Summary ids_summary(const IdCounts& counts, std::span<const IdGroup> groups, const BtfIds& ids) {
  Summary summary{{{"ids", counts.all()}}, counted(counts.all(), "id")};
  for (const IdStatus status : statuses) {
    summary.record.add(std::string(to_string(status)), counts[status]);
    if (counts[status] != 0) summary.text += fmt::format(", {} {}", counts[status], to_string(status));
  }
  summary.text += '\n';
  Value::List list;
  for (const IdGroup& group : groups) {
    Record record{{"group", group_kind(group)},
                  {"name", group.name},
                  {"offset", 4 * std::uint64_t{group.word}},
                  {"ids", group.ids.size()}};
    if (group.set != nullptr) {
      record.add("symbol", group.set->symbol());
      record.add("count", ids.words()[group.set->word]);
    }
    if (has_flags(group)) {
      record.add("flags", ids.words()[group.set->word + 1]);
      record.add("kfuncs", has_kfuncs(group, ids));
    }
    list.emplace_back(std::move(record));
  }
  summary.record.add("groups", std::move(list));
  return summary;
}

Record resolved_record(const std::string& file, const ResolvedSections& sections,
                       const std::vector<std::string>& written) {
  return {{"file", file},
          {"resolved", sections.resolved},
          {"unresolved", sections.unresolved},
          {"findings", records_of(sections.findings)},
          {"written", written}};
}

Summary resolved_summary(const ResolvedSections& sections) {
  return {
      {{"resolved", sections.resolved}, {"unresolved", sections.unresolved}, {"findings", sections.findings.size()}}};
}

}  // namespace btfx

// What `btfx resolve-ids` says: the ids of a listing, and what was resolved.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "btf/btf.h"
#include "btf/ids.h"
#include "emit/report/record.h"
#include "emit/report/table.h"
#include "results/ids.h"

namespace btfx {

/// The line above a group's ids.
std::string group_heading(const IdGroup& group, const BtfIds& ids);
/// Each id of a group, and the table that they stand in.
std::vector<Record> group_records(const IdGroup& group, const Btf& btf);
Table group_table(const IdGroup& group, std::span<const Record> records);
/// How many ids there are of each status; in JSON also the groups.
Summary ids_summary(const IdCounts& counts, std::span<const IdGroup> groups, const BtfIds& ids);

/// What was resolved in a file, and the files that were `written`; then the totals.
Record resolved_record(const std::string& file, const ResolvedSections& sections,
                       const std::vector<std::string>& written);
Summary resolved_summary(const ResolvedSections& sections);

}  // namespace btfx

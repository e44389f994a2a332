// What `btfx resolve-ids --list` says.
#pragma once

#include <span>
#include <string>

#include "base/output.h"
#include "btf/btf.h"
#include "btf/ids.h"
#include "emit/report/json_results.h"
#include "results/ids.h"

namespace btfx {

/// Writes a group: a line about it, then a line for each id in columns. Control characters are written as \xNN.
void write_group(BufferedOutput& out, const IdGroup& group, const BtfIds& ids, const Btf& btf);
/// One id, and the group it stands in.
JsonRecord id_record(const ListedId& line, const IdGroup& group, const Btf& btf);

/// The end: how many ids there are of each status; and in JSON the groups.
std::string summary_text(const IdCounts& counts);
JsonRecord summary_record(const IdCounts& counts, std::span<const IdGroup> groups, const BtfIds& ids);

}  // namespace btfx

// What `btfx core` prints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/output.h"
#include "results/co_re.h"

namespace btfx {

/// As text. Without a kernel what each object asks for, with one what becomes of it, with several a table with a row
/// for each different thing that is asked for. With `details` also candidates and how the reference writes each access.
std::string core_text(const CoreMatrix& matrix, bool details);

/// As JSON: a record for each relocation and kernel.
void write_core_json(const CoreMatrix& matrix, Output& out, bool pretty);

/// One line for each object: on how many kernels it loads, and on which it does not.
std::vector<std::string> core_summary(const CoreMatrix& matrix);

/// What could not be read, a line for each kernel and module and one for objects.
std::vector<std::string> core_unread(const CoreMatrix& matrix);

/// One verdict in a few words: `2432`, `absent`, `poison (guarded)`.
std::string core_cell(const CoreResult& result);

/// A value as it is meant.
std::string core_number(std::uint64_t value, bool is_signed);
/// A finding with its label: `warning: the id is ...`.
std::string core_finding(const Diagnostic& finding);
/// What a relocation asks, as the reference calls it.
std::string_view core_kind_name(const CoreRelocation& relocation);

/// A row of the table: the same access by the same kind, wherever in an object it stands.
struct CoreRow {
  std::size_t first = 0;                      ///< index of its first relocation
  std::vector<std::size_t> relocations = {};  ///< of all of them
};
std::vector<CoreRow> core_rows(const CoreObject& object);
/// The result that stands for a row on one kernel: the worst.
const CoreResult& row_result(const CoreRow& row, const CoreAnswer& answer);

}  // namespace btfx

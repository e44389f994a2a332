// What `btfx core` prints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/output.h"
#include "results/co_re.h"

namespace btfx {

struct CoreTextOptions {
  bool details = false;  ///< also candidates, and how the reference writes each access
  bool failed = false;   ///< only what fails or may fail, or is warned of
  bool summary = false;  ///< only the short answer
};

/// As text: first the answer in short, for several objects as a table of objects and kernels; then what each object
/// asks for and, with a kernel, what becomes of it, with several in a table with a row for each different thing. Of
/// several objects what is as it should be is only shown with `details`.
std::string core_text(const CoreMatrix& matrix, const CoreTextOptions& options);

/// The part of it about the externs and programs of one object. `kernels` are their names.
std::string core_programs_text(const CoreMatrix& matrix, std::span<const std::string> kernels, std::size_t object,
                               const CoreTextOptions& options);

/// Whether a function of an object is a program, and not one that programs call.
bool is_core_program(const CoreObject& object, std::size_t index);

/// What to call the kernels in sentences and tables: their releases, or the names of their files where these are
/// different.
std::vector<std::string> core_kernel_names(const CoreMatrix& matrix);
/// What to call the objects in a table: without the directory that all are in.
std::vector<std::string> core_object_names(const CoreMatrix& matrix);
/// `vmlinux [112]`: a type of a kernel.
std::string core_place(const CoreColumn& kernel, std::size_t part, TypeId id);
/// An extern on a kernel in a few words: its value, where it is, or what is wrong with it.
std::string core_extern_cell(const CoreColumn& kernel, const CoreExternResult& result);
/// The same of a program's target; empty when it has none.
std::string core_target_cell(const CoreColumn& kernel, const CoreTargetResult& result);

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

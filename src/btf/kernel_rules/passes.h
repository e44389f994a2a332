// For the validator only: its passes, in the order the kernel runs them. Each returns false when the passes after it
// cannot run.
#pragma once

#include "btf/kernel_rules/report.h"
#include "btf/kernel_rules/validate.h"

namespace btfx {

/// Size, header, and where the sections lie; takes the sections out of the blob.
bool check_header(JudgedBtf& subject, const ValidateOptions& options, KernelReport& report);
/// The string and layout sections, and where types begin.
bool check_sections(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report);
/// Every record by itself (the kernel's "meta" pass); finds the records.
bool check_records(JudgedBtf& subject, const ValidateOptions& options, KernelReport& report);
/// Types as a graph: loops, depth, sizes, members against structs, prototypes. Roots on the user path, and where more
/// is asked for than the kernel does.
/// Types that are faulty already, and what rests on them, are left out.
bool resolve_types(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report);
/// Chains of modifiers: their length, and before 7.2 type tags before all others.
bool check_modifier_chains(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report);
/// Structs with fields that the kernel gives a meaning of their own: locks, lists, trees, counts, and tagged pointers.
/// Everything else must be right.
bool check_special_fields(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report);

}  // namespace btfx

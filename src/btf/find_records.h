// Where the records of a type section begin, and how far their ids and names reach: what is asked of every word of a
// kernel before anything else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "btf/kinds.h"

namespace btfx {

/// The largest of the type ids and string offsets that visit_type_ids() and visit_names() (btf/fields.h) would visit in
/// some records.
struct FieldLimits {
  std::uint32_t largest_id = 0, largest_name = 0;
};

/// The records of a type section that have been found.
struct FoundRecords {
  std::vector<std::uint32_t>& starts;  ///< appended to: the first word of each
  std::vector<Kind>& kinds;            ///< appended to: the kind of each
  std::size_t end = 0;                 ///< the word behind the last
  FieldLimits limits{};                ///< of all of them

  /// Adds the next record, which is of no known kind, but has a name like all others.
  void add_unknown(std::span<const std::uint32_t> words, std::uint64_t length);
};

/// Goes on from `found.end` to find one record after the other in `words`, the whole type section in native order, for
/// as long as they are of kinds that btfx knows and lie inside the section. Where it stops before the end of the
/// section, checked_record_words() (btf/header.h) tells why, and how long the record is if it is one.
void find_records(std::span<const std::uint32_t> words, FoundRecords& found);

}  // namespace btfx

#include "btf/find_records.h"

#include <algorithm>
#include <array>

#include "btf/fields.h"

namespace btfx {

namespace {

/// A bit for each kind whose records are a header and nothing else, with a type in it: four fifths of a kernel's.
constexpr std::uint32_t plain_references = [] {
  std::uint32_t kinds = 0;
  for (const KindInfo& info : kind_table) {
    if (detail::have_one_shape(info, kind_info(Kind::ptr))) kinds |= 1U << static_cast<unsigned>(info.kind);
  }
  return kinds;
}();
static_assert(known_kinds <= 32);

bool is_plain_reference(Kind kind) {
  return is_known(kind) && ((plain_references >> static_cast<unsigned>(kind)) & 1) != 0;
}

/// Adds what a record refers to that is no plain reference. Returns its length in words; 0 when it is of no known kind,
/// or longer than `left`.
std::uint64_t take(const std::uint32_t* words, std::uint64_t left, FieldLimits& limits) {
  const InfoWord record(words[1]);
  std::uint64_t length = 0;
  detail::with_shape(record.kind(), [&](auto kind) {
    if constexpr (kind != Kind::unkn) {
      constexpr const KindInfo& info = kind_info(kind);
      length = header_words + info.fixed_words + std::uint64_t{info.element_words} * record.vlen();
      if (length > left) {
        length = 0;
        return;
      }
      FieldLimits all = limits;  // in registers
      detail::visit_fields_as<kind>(
          words, [&all](std::uint32_t name) { all.largest_name = std::max(all.largest_name, name); },
          [&all](std::uint32_t id) { all.largest_id = std::max(all.largest_id, id); });
      limits = all;
    }
  });
  return length;
}

}  // namespace

void FoundRecords::add_unknown(std::span<const std::uint32_t> words, std::uint64_t length) {
  starts.push_back(static_cast<std::uint32_t>(end));
  kinds.push_back(InfoWord(words[end + 1]).kind());
  limits.largest_name = std::max(limits.largest_name, words[end]);
  end += length;
}

void find_records(std::span<const std::uint32_t> words, FoundRecords& found) {
  constexpr std::size_t batch = 512;  // to be appended together
  std::array<std::uint32_t, batch> starts{};
  std::array<Kind, batch> kinds{};
  FieldLimits limits = found.limits;
  std::size_t at = found.end, count = 0;
  const auto append = [&] {
    found.starts.insert(found.starts.end(), starts.begin(), starts.begin() + count);
    found.kinds.insert(found.kinds.end(), kinds.begin(), kinds.begin() + count);
    count = 0;
  };
  while (words.size() - at >= header_words) {
    const std::uint32_t* record = words.data() + at;
    const Kind kind = InfoWord(record[1]).kind();
    std::uint64_t length = header_words;
    if (is_plain_reference(kind)) {
      limits.largest_id = std::max(limits.largest_id, record[2]);
    } else {
      length = take(record, words.size() - at, limits);
      if (length == 0) break;
    }
    limits.largest_name = std::max(limits.largest_name, record[0]);
    starts[count] = static_cast<std::uint32_t>(at);
    kinds[count] = kind;
    if (++count == batch) append();
    at += length;
  }
  append();
  found.limits = limits;
  found.end = at;
}

}  // namespace btfx

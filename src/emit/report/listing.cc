#include "emit/report/listing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/palette.h"
#include "base/printable.h"

namespace btfx {

namespace {

/// Wrappings as one word: `xz,boot-image`.
std::string one_word(const std::vector<std::string>& wrappings) {
  std::string text = Value(wrappings).cell();
  std::ranges::replace(text, ' ', '-');
  return text;
}

Paint paint_of(const std::optional<Relation>& relation) {
  if (!relation) return Paint::yellow;
  switch (*relation) {
    case Relation::split:
      return Paint::cyan;
    case Relation::distilled:
      return Paint::green;
    case Relation::standalone:
      break;
  }
  return Paint::plain;
}

std::string owners(const ListedObject& object) {
  std::string text;
  const auto add = [&text](const char* word, const std::vector<std::uint32_t>& ids) {
    if (!ids.empty()) text += fmt::format("{}{} {}", text.empty() ? "" : "; ", word, fmt::join(ids, ","));
  };
  add("programs", object.programs);
  add("maps", object.maps);
  return text.empty() ? "-" : text;
}

}  // namespace

Table listing_table() {
  constexpr auto right = Column::Align::right;
  constexpr auto left = Column::Align::left;
  using Cut = Column::Cut;
  return Table({{"types", "TYPES", 7, right},
                {"strings", "STRINGS", 7, right, 1, Cut::none, 0, 8},
                {".BTF", ".BTF", 9, right},
                {".BTF.base", ".BTF.base", 9, right, 1, Cut::none, 0, 1},
                {".BTF.ext", ".BTF.ext", 8, right, 1, Cut::none, 0, 5},
                {".BTF_ids", ".BTF_ids", 8, right, 1, Cut::none, 0, 6},
                {"relation", "RELATION", 10},
                {"byte_order", "ORDER", 6, left, 1, Cut::none, 0, 7},
                {"file", "FILE", 7, left, 1, Cut::none, 0, 3},
                {"packed", "PACKED", 8, left, 1, Cut::none, 0, 4},
                {"release", "RELEASE", 24, left, 1, Cut::middle, 20},
                {"build_id", "BUILD-ID", 40, left, 1, Cut::end, 12, 2},
                {"source", "SOURCE", 0, left, 1, Cut::middle, 30}});
}

Record listing_record(const Listing& listing) {
  Record record;
  const std::string part = listing.parts > 1 ? fmt::format(" ({} of {})", listing.part, listing.parts) : std::string();
  record.add("source", listing.source, printable(listing.source) + part);
  record.add("file", listing.file);
  record.add("packed", listing.wrappings, one_word(listing.wrappings));
  Value::List sections;
  for (const auto& [name, size] : listing.sections) sections.emplace_back(Record{{"name", name}, {"size", size}});
  record.add("sections", std::move(sections));
  for (const auto& [name, size] : listing.sections) record.add_text(name, std::to_string(size));
  record.add("types", listing.types);
  record.add("strings", listing.strings);
  record.add("relation", listing.relation ? to_string(*listing.relation) : "none");
  record.paint("relation", paint_of(listing.relation));
  record.add("byte_order", listing.order ? Value(to_string(*listing.order)) : Value());
  record.add("release", or_null(listing.release));
  record.add("build_id", or_null(listing.build_id));
  if (listing.parts > 1) {
    record.add("part", listing.part);
    record.add("parts", listing.parts);
  }
  return record;
}

Table running_table() {
  constexpr auto right = Column::Align::right;
  return Table({{"id", "ID", 6, right},
                {"size", "SIZE", 9, right},
                {"kernel", "FROM", 6},
                {"name", "NAME", 24, Column::Align::left, 1, Column::Cut::middle, 16},
                {"used_by", "USED-BY", 0, Column::Align::left, 1, Column::Cut::wrap, 20}});
}

Record running_record(const ListedObject& object) {
  Record record;
  record.add("id", object.id);
  record.add("name", or_null(object.name));
  record.add("kernel", object.is_kernel, object.is_kernel ? "kernel" : "user");
  record.add("size", object.size);
  record.add("programs", object.programs);
  record.add("maps", object.maps);
  record.add_text("used_by", owners(object));
  return record;
}

}  // namespace btfx

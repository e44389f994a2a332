#include "emit/report/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace btfx {

namespace {

std::string relation_word(const Listing& listing) {
  return std::string(listing.relation ? to_string(*listing.relation) : "none");
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

template <typename Number>
std::string or_dash(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : "-";
}

std::string section_size(const Listing& listing, std::string_view name) {
  for (const auto& [section, size] : listing.sections) {
    if (section == name) return std::to_string(size);
  }
  return "-";
}

std::string one_word(const std::vector<std::string>& wrappings) {
  std::string text;
  for (const std::string& wrapping : wrappings) text += (text.empty() ? "" : ",") + wrapping;
  std::replace(text.begin(), text.end(), ' ', '-');
  return or_dash(text);
}

std::string row(const std::array<std::string, 13>& cells) {
  return fmt::format("{:>7} {:>7} {:>9} {:>9} {:>8} {:>8} {:<10} {:<6} {:<7} {:<8} {:<24} {:<40} {}\n", cells[0],
                     cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7], cells[8], cells[9],
                     cells[10], cells[11], cells[12]);
}

JsonRecord or_null(const std::string& text) {
  return text.empty() ? JsonRecord(nullptr) : JsonRecord(text);
}

template <typename Number>
JsonRecord or_null(const std::optional<Number>& number) {
  return number ? JsonRecord(*number) : JsonRecord(nullptr);
}

}  // namespace

std::string listing_header() {
  return row({"TYPES", "STRINGS", ".BTF", ".BTF.base", ".BTF.ext", ".BTF_ids", "RELATION", "ORDER", "FILE", "PACKED",
              "RELEASE", "BUILD-ID", "SOURCE"});
}

std::string listing_row(const Listing& listing) {
  return row(
      {or_dash(listing.types), or_dash(listing.strings), section_size(listing, ".BTF"),
       section_size(listing, ".BTF.base"), section_size(listing, ".BTF.ext"), section_size(listing, ".BTF_ids"),
       relation_word(listing), listing.order ? to_string(*listing.order) : "-", listing.file,
       one_word(listing.wrappings), or_dash(printable(listing.release)), or_dash(listing.build_id),
       printable(listing.source) + (listing.parts > 1 ? fmt::format(" ({} of {})", listing.part, listing.parts) : "")});
}

JsonRecord listing_record(const Listing& listing) {
  if (listing.error) return failed_record("source", listing.source, *listing.error);
  JsonRecord record{{"source", listing.source}};
  record["file"] = listing.file;
  record["packed"] = listing.wrappings;
  JsonRecord& sections = record["sections"] = JsonRecord::array();
  for (const auto& [name, size] : listing.sections) sections.push_back({{"name", name}, {"size", size}});
  record["types"] = or_null(listing.types);
  record["strings"] = or_null(listing.strings);
  record["relation"] = relation_word(listing);
  record["byte_order"] = listing.order ? JsonRecord(to_string(*listing.order)) : JsonRecord(nullptr);
  record["release"] = or_null(listing.release);
  record["build_id"] = or_null(listing.build_id);
  if (listing.parts > 1) {
    record["part"] = listing.part;
    record["parts"] = listing.parts;
  }
  return record;
}

}  // namespace btfx

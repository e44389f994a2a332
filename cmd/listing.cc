#include "cmd/listing.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "btf/btf.h"
#include "btf/scan.h"

namespace btfx {

namespace {

constexpr std::array<const char*, 4> section_names = {".BTF", ".BTF.base", ".BTF.ext", ".BTF_ids"};

std::string kind_of_file(const Image& image, const std::string& release) {
  if (image.form == Form::raw_btf) return "raw";
  if (image.form == Form::flat) return "kernel";
  const ElfFile& elf = *image.elf;
  if (elf.machine() == EM_BPF) return "bpf";
  if (elf.file_type() == ET_REL) return elf.find(".modinfo") != nullptr ? "module" : "object";
  return release.empty() ? "elf" : "vmlinux";
}

/// The names and sizes of the sections that are there.
std::vector<std::pair<std::string, std::uint64_t>> sections_of(const Image& image) {
  std::vector<std::pair<std::string, std::uint64_t>> sections;
  for (const char* name : section_names) {
    try {
      sections.emplace_back(name, btf_section(image, name).size());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::no_btf) throw;
    }
  }
  return sections;
}

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

std::vector<Listing> inspect(const Image& image) {
  Listing listing{.source = image.name};
  listing.wrappings = image.wrappings;
  listing.release = kernel_release(image);
  listing.file = kind_of_file(image, listing.release);
  if (image.elf) listing.build_id = build_id(*image.elf);
  listing.sections = sections_of(image);
  if (listing.sections.empty() || listing.sections.front().first != ".BTF") return {listing};
  std::vector<Listing> listings;
  try {
    const std::vector<Bytes> blobs = btf_sections(image);
    const Relation relation = relation_of(image);
    for (const Bytes& blob : blobs) {
      const BtfScan scan = scan_btf(blob.view());
      listing.part = listings.size() + 1;
      listing.parts = blobs.size();
      listing.sections.front().second = blob.size();
      listing.types = scan.types;
      listing.strings = scan.strings;
      listing.order = scan.order;
      listing.relation = relation;
      if (relation != Relation::split) {  // else it cannot be said what is wrong
        const bool is_distilled = relation == Relation::distilled;
        Btf::parse(blob, is_distilled ? load_btf(image, nullptr, ".BTF.base") : nullptr);
      }
      listings.push_back(listing);
    }
  } catch (const Error& error) {
    throw error.in(image.name, image.elf ? ".BTF" : "");
  }
  return listings;
}

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
  JsonRecord record;
  record["source"] = listing.source;
  if (listing.error) {
    record["error"] = json_record(*listing.error);
    return record;
  }
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

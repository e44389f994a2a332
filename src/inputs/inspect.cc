#include "inputs/inspect.h"

#include <elf.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "btf/btf.h"
#include "btf/load.h"
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
    if (image.elf && image.elf->find(name) == nullptr) continue;
    try {
      sections.emplace_back(name, btf_section(image, name).size());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::no_btf) throw;
    }
  }
  return sections;
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

}  // namespace btfx

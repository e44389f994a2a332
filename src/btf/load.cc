#include "btf/load.h"

#include <elf.h>
#include <fmt/format.h>

#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "btf/header.h"
#include "btf/scan.h"
#include "image/carve.h"

namespace btfx {

namespace {

/// The BTF in a flat image: the first place that looks like one and parses. Places inside of each other may all look
/// like one that spans the image, and each is parsed up to where it is wrong, so what they span together is bounded.
Bytes carved_btf(const Image& image) {
  constexpr std::uint64_t most_images = 64;
  std::uint64_t budget = most_images * image.rest.size();
  for (std::optional<Carved> found = carve_btf(image.rest, 0); found;
       found = carve_btf(image.rest, found->offset + 4)) {
    // What does not parse only looks like a header.
    if (optional_on_error([&] { return Btf::parse(found->blob); })) return found->blob;
    if (found->blob.size() > budget) {
      throw Error(ErrorCode::no_btf, "too much in this kernel image looks like BTF and is none", {.file = image.name});
    }
    budget -= found->blob.size();
  }
  throw Error(ErrorCode::no_btf, "kernel image has no BTF in it", {.file = image.name});
}

/// Whether the own strings of a blob are those of a split BTF; false when they cannot be found.
bool has_split_strings(ByteView blob) {
  if (!begins_like_btf(blob) || blob.size() < BtfHeader::old_length) return false;
  const ByteOrder order =
      load<std::uint16_t>(blob.data(), ByteOrder::little) == BtfHeader::magic ? ByteOrder::little : ByteOrder::big;
  const auto word = [&](std::size_t offset) { return std::uint64_t{load<std::uint32_t>(blob.data() + offset, order)}; };
  const std::uint64_t start = word(4) + word(16), length = word(20);
  if (start + length > blob.size()) return false;
  return length == 0 || blob[start] != std::byte{0};
}

BtfPtr parse_section(const Image& image, Bytes blob, BtfPtr base, std::string_view section) {
  return in_place(image.name, image.elf ? section : std::string_view(), [&] {
    return Btf::parse(std::move(blob), std::move(base), image.elf ? image.elf->pointer_size() : 0);
  });
}

}  // namespace

Bytes btf_section(const Image& image, std::string_view section) {
  if (image.form == Form::elf) {
    const ElfSection* found = image.elf->find(section);
    if (found == nullptr) {
      throw Error(ErrorCode::no_btf, fmt::format("has no section {}", section), {.file = image.name});
    }
    return in_place(image.name, section, [&] {
      Bytes content = image.elf->contents(*found);
      if (found->type != SHT_PROGBITS) {
        throw Error(ErrorCode::malformed, fmt::format("section has type {}, not SHT_PROGBITS", found->type));
      }
      return content;
    });
  }
  if (section != main_section) {
    throw Error(ErrorCode::no_btf, fmt::format("is not an ELF file, so it has no section {}", section),
                {.file = image.name});
  }
  return image.form == Form::flat ? carved_btf(image) : image.rest;
}

std::vector<Bytes> split_section(const Bytes& section) {
  constexpr std::uint64_t most_alignment = 64;
  std::vector<Bytes> parts;
  std::uint64_t begin = 0;
  while (true) {
    const Bytes rest = section.slice(begin, section.size() - begin);
    std::uint64_t end = 0;
    try {
      const BtfHeader header = read_header(rest.view()).header;
      end = std::uint64_t{header.header_length} + header.string_offset + header.string_length;
    } catch (const Error&) {
      break;  // parsing it reports what is wrong
    }
    std::uint64_t next = end;
    while (next < rest.size() && next - end < most_alignment && rest.view()[next] == std::byte{0}) ++next;
    if (rest.size() - next < BtfHeader::old_length || !begins_like_btf(rest.view().subspan(next))) break;
    parts.push_back(rest.slice(0, end));
    begin += next;
  }
  parts.push_back(section.slice(begin, section.size() - begin));
  return parts;
}

std::vector<Bytes> btf_sections(const Image& image) {
  return split_section(btf_section(image));
}

bool is_stored_compressed(const Image& image, std::string_view section) {
  const ElfSection* found = image.elf ? image.elf->find(section) : nullptr;
  return found != nullptr && (found->flags & SHF_COMPRESSED) != 0;
}

Bytes stored_section(const Image& image, std::string_view section) {
  if (!is_stored_compressed(image, section)) return btf_section(image, section);
  return in_place(image.name, section, [&] { return image.elf->stored(*image.elf->find(section)); });
}

bool has_section(const Image& image, std::string_view section) {
  return image.elf && image.elf->find(section) != nullptr;
}

BtfPtr load_btf(const Image& image, BtfPtr base, std::string_view section) {
  return parse_section(image, btf_section(image, section), std::move(base), section);
}

BtfPtr load_base(const std::string& source, const SearchPaths& paths) {
  return load_base(read_base_source(source, paths));
}

BtfPtr load_base(const Image& image) {
  if (relation_of(image) != Relation::standalone) {
    throw Error(ErrorCode::no_base, fmt::format("is {} BTF and cannot be a base itself", to_string(relation_of(image))),
                {.file = image.name});
  }
  Bytes blob = btf_section(image);
  // Of an unpacked kernel the BTF is a tenth: without a copy it would keep all of that in memory. A mapped file costs
  // nothing to keep.
  const bool is_mapped = image.wrappings.empty() && !image.path.empty();
  if (!is_mapped && image.form != Form::raw_btf) {
    const ByteView bytes = blob.view();
    blob = Bytes::copy_of(bytes);
  }
  return parse_section(image, std::move(blob), nullptr, main_section);
}

std::string_view to_string(Relation relation) {
  switch (relation) {
    case Relation::standalone:
      return "standalone";
    case Relation::split:
      return "split";
    case Relation::distilled:
      return "distilled";
  }
  return {};
}

Relation relation_of(const Image& image) {
  if (has_section(image, base_section)) return Relation::distilled;
  if (image.form == Form::flat) return Relation::standalone;  // only such can be carved
  const Bytes blob = btf_section(image);
  const bool is_split = has_split_strings(blob.view()) || is_moved_root(blob.view());
  return is_split ? Relation::split : Relation::standalone;
}

}  // namespace btfx

#include "image/image.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/atomic_file.h"
#include "base/attempt.h"
#include "base/error.h"
#include "image/carve.h"
#include "image/compress.h"
#include "image/decompress.h"
#include "image/embedded.h"
#include "image/kernel_image.h"
#include "image/package.h"

namespace btfx {

namespace {

constexpr std::size_t max_wrappings = 8;  // real files have three: a compressed zboot image in a compressed file

/// Takes one wrapping off the image's content; false when there is none.
bool unwrap_once(Image& image, bool& is_kernel, std::uint64_t limit) {
  const ByteView bytes = image.rest.view();
  if (std::optional<KernelPayload> payload = kernel_payload(image.rest)) {
    is_kernel = true;
    image.wrappings.emplace_back(payload->wrapping);
    image.rest = std::move(payload->content);
    const ByteView packed = image.rest.view();
    if (const std::optional<Compression> format = recognise_compression(packed)) {
      image.wrappings.emplace_back(to_string(*format));
      image.rest =
          payload->size_follows ? decompress_payload(packed, *format, limit) : decompress(packed, *format, limit);
    }
    return true;
  }
  if (const std::optional<Compression> format = recognise_compression(bytes)) {
    image.wrappings.emplace_back(to_string(*format));
    image.rest = decompress(bytes, *format, limit);
    return true;
  }
  return false;
}

/// What is left is neither BTF nor ELF: a kernel image without section headers, or something unknown.
/// `is_kernel`: it came out of a boot image.
void take_flat(Image& image, bool is_kernel, std::uint64_t limit) {
  const ByteView bytes = image.rest.view();
  image.form = Form::flat;
  if (carve_btf(image.rest, 0)) return;
  std::string_view kind = flat_kernel_kind(bytes);
  if (kind.empty() && !is_kernel) {
    throw Error(ErrorCode::malformed, "is neither BTF, nor an ELF file, nor a kernel image");
  }
  std::optional<EmbeddedKernel> kernel = find_embedded_kernel(bytes, limit);
  if (!kernel) return;
  image.wrappings.emplace_back(kind.empty() ? "kernel image" : kind);
  image.wrappings.emplace_back(to_string(kernel->format));
  image.rest = std::move(kernel->content);
}

void unwrap_all(Image& image, std::uint64_t limit) {
  bool is_kernel = false;
  for (;;) {
    const ByteView bytes = image.rest.view();
    if (bytes.empty()) {
      throw Error(ErrorCode::truncated, image.wrappings.empty() ? "is empty" : "is empty once unpacked");
    }
    if (begins_like_btf(bytes)) {
      image.form = Form::raw_btf;
      return;
    }
    if (ElfFile::recognise(bytes)) {
      image.form = Form::elf;
      image.elf = ElfFile::parse(std::exchange(image.rest, {}));
      return;
    }
    if (image.wrappings.size() >= max_wrappings) {
      throw Error(ErrorCode::unsupported, fmt::format("is packed more than {} times over", max_wrappings));
    }
    if (!unwrap_once(image, is_kernel, limit)) break;
  }
  const ByteView bytes = image.rest.view();
  if (const std::string_view package = package_kind(bytes); !package.empty()) {
    throw Error(ErrorCode::unsupported,
                fmt::format("is a {}, where one BTF, ELF file or kernel image is needed", package));
  }
  take_flat(image, is_kernel, limit);
}

}  // namespace

bool Image::has_place() const {
  return !path.empty() && !names_descriptor(path);
}

Image unwrap(Bytes content, std::string name, std::uint64_t limit) {
  Image image;
  image.name = std::move(name);
  image.rest = std::move(content);
  in_place(image.name, {}, [&] { unwrap_all(image, limit); });
  return image;
}

Image unwrap_file(const std::string& path, std::string name) {
  const FileParts file = FileParts::open(path);
  constexpr std::uint64_t small_file = std::uint64_t{16} << 10;  // of which parts are not worth while
  if (file.size() <= small_file) return unwrap(file.all(), std::move(name));
  const Bytes head = file.part(0, std::min<std::uint64_t>(file.size(), SELFMAG));
  if (!ElfFile::recognise(head.view())) return unwrap(file.all(), std::move(name));
  Image image;
  image.name = std::move(name);
  image.form = Form::elf;
  image.elf = in_place(image.name, {}, [&] { return ElfFile::parse(file); });
  return image;
}

Bytes rewrap(const Image& image, Bytes content) {
  for (auto wrapping = image.wrappings.rbegin(); wrapping != image.wrappings.rend(); ++wrapping) {
    const std::optional<Compression> format = compression_named(*wrapping);
    if (!format) {
      throw Error(ErrorCode::unsupported, fmt::format("cannot be put back into its {}", *wrapping),
                  {.file = image.name});
    }
    const ByteView plain = content.view();
    content = compress(plain, *format);
  }
  return content;
}

std::string modinfo(const ElfFile& elf, std::string_view name) {
  const ElfSection* section = elf.find(".modinfo");
  if (section == nullptr || section->type == SHT_NOBITS) return {};
  const Bytes content = elf.contents(*section);
  for (std::string_view rest = as_text(content.view()); !rest.empty();) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return std::string(entry.substr(name.size() + 1));
    }
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return {};
}

std::string kernel_release(const Image& image) {
  if (image.form == Form::raw_btf) return {};
  if (image.form == Form::flat) return std::string(banner_release(image.rest.view()));
  const std::string vermagic = modinfo(*image.elf, "vermagic");
  if (!vermagic.empty()) return vermagic.substr(0, vermagic.find(' '));
  const ElfSection* constants = image.elf->find(".rodata");
  if (image.elf->file_type() == ET_REL || constants == nullptr || constants->type == SHT_NOBITS) return {};
  const Bytes content = image.elf->contents(*constants);
  return std::string(banner_release(content.view()));
}

std::string build_id(const ElfFile& elf) {
  std::string text;
  for (const std::byte byte : elf.note("GNU", NT_GNU_BUILD_ID).value_or(std::vector<std::byte>())) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  return text;
}

}  // namespace btfx

#include "run/outputs/replace_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/atomic_file.h"
#include "image/signature.h"

namespace btfx {

namespace {

/// What stands behind the ELF file: a module's signature.
Bytes signature_of(const Image& image) {
  const FileParts& file = image.elf->file();
  const std::optional<ModuleSignature> found = find_signature(file);
  return found ? file.part(found->offset, file.size() - found->offset) : Bytes();
}

}  // namespace

std::vector<std::string> replace_sections(const Image& image, std::vector<SectionUpdate> updates, bool strip_signature,
                                          const Context& context) {
  if (!image.has_place())
    throw Error(ErrorCode::refused, "is not a file of its own to be changed", {.file = image.name});
  try {
    std::erase_if(updates, [&](const SectionUpdate& update) {
      const ElfSection* section = image.elf->find(update.name);
      if (section == nullptr) return false;
      const Bytes old = image.elf->contents(*section);
      const ByteView before = old.view(), after = update.content.view();
      return std::ranges::equal(before, after);
    });
    if (updates.empty()) return {};
    Bytes file = update_sections(*image.elf, updates);
    const Bytes signature = signature_of(image);
    const bool keeps_signature = !signature.empty() && !strip_signature;
    if (keeps_signature) {
      const ByteView parts[] = {file.view(), signature.view()};
      std::vector<std::byte> whole;
      for (const ByteView part : parts) whole.insert(whole.end(), part.begin(), part.end());
      file = Bytes(std::move(whole));
    }
    const Bytes packed = rewrap(image, file);
    replace_file(image.path, packed.view());
    if (keeps_signature) {
      context.warn(
          fmt::format("{}: its signature is wrong now: sign it again, or drop it with --strip-signature", image.name));
    }
    return {image.path};
  } catch (const Error& error) {
    throw error.in(image.name);
  }
}

}  // namespace btfx

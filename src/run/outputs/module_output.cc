#include "run/outputs/module_output.h"

#include <fmt/format.h>

#include <utility>

#include "base/atomic_file.h"
#include "btf/ids.h"
#include "image/elf_writer.h"
#include "image/modules.h"

namespace btfx {

namespace {

/// The one file that is asked for.
ModuleOutput write_file(const Bytes& content, const std::string& path) {
  ModuleOutput output{.files = {.written = {path}, .left = {}}};
  if (path == "-") {
    output.for_stdout = content;
  } else {
    replace_file(path, content.view());
  }
  return output;
}

ModuleOutput write_beside(const Module& module, const ModuleSections& sections, const std::string& directory) {
  const std::string stem = fmt::format("{}/{}", directory, uncompressed_file_name(module.name()));
  return {.files = write_sidecars(
              stem, {{".BTF", sections.btf}, {".BTF.base", sections.base}, {BtfIds::section_name, sections.ids}})};
}

Bytes changed_module(const Module& module, const ModuleSections& sections, bool strip_signature) {
  if (!module.image().elf) {
    if (sections.base.empty() && sections.ids.empty()) return sections.btf;
    throw Error(ErrorCode::refused, "is raw BTF, which has no room for a second section; use --output-dir");
  }
  if (module.is_signed() && !strip_signature) {
    throw Error(ErrorCode::refused,
                "is signed, and any change makes the signature wrong: use --strip-signature, and sign it again");
  }
  std::vector<SectionUpdate> updates{{".BTF", sections.btf}};
  if (!sections.base.empty()) updates.push_back({".BTF.base", sections.base});
  if (!sections.ids.empty()) updates.push_back({std::string(BtfIds::section_name), sections.ids});
  return update_sections(*module.image().elf, updates);
}

}  // namespace

ModuleOutput write_sections(const Module& module, const ModuleSections& sections, const ModuleDestination& destination,
                            bool strip_signature) {
  if (destination.nowhere()) return {};
  if (!destination.directory.empty()) return write_beside(module, sections, destination.directory);
  const Bytes changed = changed_module(module, sections, strip_signature);
  if (!destination.in_place) return write_file(changed, destination.output);
  const Image& image = module.image();
  if (!image.has_place()) {
    throw Error(ErrorCode::refused, "is not a file of its own, and so cannot be changed in place; use --output-dir");
  }
  const Bytes packed = rewrap(image, changed);
  replace_file(image.path, packed.view());
  return {.files = {.written = {image.path}, .left = {}}};
}

ModuleOutput write_raw(const Module& module, const ModuleSections& sections, const ModuleDestination& destination) {
  if (destination.nowhere()) return {};
  if (!destination.directory.empty()) return write_beside(module, sections, destination.directory);
  return write_file(sections.btf, destination.output);
}

ModuleOutput write_unchanged(const Module& module, const ModuleSections& sections,
                             const ModuleDestination& destination) {
  if (destination.nowhere() || destination.in_place) return {};
  if (!destination.directory.empty()) return write_beside(module, sections, destination.directory);
  return write_file(module.image().content(), destination.output);
}

void refuse_mixed_byte_orders(const Module& module, const Btf& btf) {
  const std::optional<ElfFile>& elf = module.image().elf;
  if (!elf || elf->byte_order() == btf.byte_order()) return;
  throw Error(
      ErrorCode::malformed,
      fmt::format("BTF is {}-endian in a {}-endian file", to_string(btf.byte_order()), to_string(elf->byte_order())),
      {.section = ".BTF"});
}

}  // namespace btfx

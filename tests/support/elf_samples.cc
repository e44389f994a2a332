#include "support/elf_samples.h"

#include <elf.h>

#include "support/btf_samples.h"
#include "support/elf_maker.h"

namespace btfx::test {

namespace {

/// A property note of the kind that comes before build ids, and a build id.
std::string notes() {
  Writer writer(ByteOrder::little);
  writer.put(std::uint32_t{4}).put(std::uint32_t{3}).put(std::uint32_t{NT_GNU_PROPERTY_TYPE_0});
  writer.put(std::string_view("GNU\0abc\0", 8));
  writer.put(std::uint32_t{6}).put(std::uint32_t{0}).put(std::uint32_t{NT_GNU_BUILD_ID});
  writer.put(std::string_view("Linux\0\0\0", 8));
  writer.put(std::uint32_t{4}).put(std::uint32_t{6}).put(std::uint32_t{NT_GNU_BUILD_ID});
  writer.put(std::string_view("GNU\0\x01\x23\x45\x67\x89\xab\0\0", 12));
  return writer.text();
}

}  // namespace

std::string module_file(std::string_view release, const std::string& btf, const std::string& distilled_base) {
  ElfMaker file;
  file.add({.name = ".note.gnu.build-id", .content = notes(), .type = SHT_NOTE, .alignment = 4});
  std::string modinfo = "license=GPL";
  for (const std::string& entry : {std::string("description=vermagic=no"),
                                   "vermagic=" + std::string(release) + " SMP preempt ", std::string("name=m")}) {
    modinfo += '\0' + entry;
  }
  file.add(".modinfo", modinfo + '\0');
  file.add(".BTF", btf);
  if (!distilled_base.empty()) file.add(".BTF.base", distilled_base);
  return file.make();
}

std::string vmlinux_file(std::string_view release, const std::string& btf) {
  ElfMaker file;
  file.add(".rodata",
           std::string("Linux version %s\0", 17) + "Linux version " + std::string(release) + " (builder) #1" + '\0');
  if (!btf.empty()) file.add({.name = ".BTF", .content = btf, .flags = SHF_ALLOC});
  return file.make(ET_EXEC);
}

std::string flat_kernel(std::string_view release, const std::string& btf) {
  std::string image(4096, '\0');
  image.replace(0, 2, "MZ");
  image.replace(0x38, 4, "ARM\x64");
  // A header that fits, with a type of no kind in it.
  const Bytes false_hit = blob_of({0, 0x7f000000, 0}, std::string(1, '\0'), ByteOrder::little);
  image.replace(1024, false_hit.size(), text_of(false_hit));
  image += "Linux version " + std::string(release) + " (builder)";
  image.resize((image.size() + 7) / 8 * 8);
  return image + btf + std::string(1000, '\xff');
}

std::string base_blob() {
  return text_of(small_base().finish());
}

std::string split_blob() {
  return text_of(small_split(small_base().build()).finish());
}

}  // namespace btfx::test

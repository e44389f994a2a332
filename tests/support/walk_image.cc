#include <cstdint>

#include "base/error.h"
#include "btf/ids.h"
#include "btf/load.h"
#include "support/walk.h"
#include "support/walk_parts.h"

namespace btfx::test {

void walk(const ElfFile& elf) {
  use(elf.machine());
  use(elf.file_type());
  use(elf.pointer_size());
  for (const ElfSection& section : elf.sections()) {
    use(section.name);
    hold(section.unused() || elf.find(section.name) != nullptr, "every section is found by its name");
    try {
      const Bytes contents = elf.contents(section);
      use(as_text(contents.view()));
    } catch (const Error& error) {
      hold(error.place().section == section.name, "an error in a section names it");
    }
  }
  try {
    for (const ElfSymbol& symbol : elf.symbols()) {
      use(symbol.name);
      use(symbol.value + symbol.size + symbol.section + symbol.type + symbol.binding);
    }
  } catch (const Error&) {
    use(1);  // a broken symbol table matters only to those who need symbols
  }
  try {
    if (const std::optional<BtfIds> ids = BtfIds::read(elf)) {
      use(ids->id_words().size());
      for (const IdEntry& entry : ids->entries()) use(ids->describe(entry.word));
    }
  } catch (const Error& error) {
    hold(!error.sentence().empty(), "an error says what is wrong");
  }
}

void walk(const Image& image) {
  const auto attempt = [](auto&& action) {
    try {
      action();
    } catch (const Error&) {
      use(1);
    }
  };
  attempt([&] { use(kernel_release(image)); });
  if (image.elf) {
    walk(*image.elf);
    attempt([&] { use(build_id(*image.elf)); });
    attempt([&] { use(modinfo(*image.elf, "vermagic")); });
  }
  attempt([&] { use(static_cast<std::uint64_t>(relation_of(image))); });
  attempt([&] { walk(*load_btf(image)); });
  attempt([&] { walk(*load_btf(image, load_btf(image, nullptr, ".BTF.base"))); });
}

}  // namespace btfx::test

#include "support/ids_object.h"

#include <elf.h>

#include "support/btf_samples.h"
#include "support/elf_maker.h"

namespace btfx::test {

namespace {

std::string full_name(const IdSymbol& symbol) {
  return symbol.name.starts_with('=') ? std::string(symbol.name.substr(1)) : "__BTF_ID__" + std::string(symbol.name);
}

}  // namespace

std::string IdsObject::make() const {
  ElfMaker maker(is_64, order);
  Writer content(order);
  for (const std::uint32_t word : words) content.put(word);
  content.put(after);
  const std::uint32_t section =
      maker.add({.name = std::string(BtfIds::section_name), .content = content.text(), .flags = SHF_ALLOC});
  if (!btf.empty()) maker.add(".BTF", text_of(btf));
  if (!base.empty()) maker.add(".BTF.base", text_of(base));
  if (has_symbols) {
    std::vector<ElfMaker::Symbol> table;
    for (const IdSymbol& symbol : symbols) {
      table.push_back({.name = full_name(symbol), .value = symbol.offset, .size = symbol.size, .section = section});
    }
    maker.add_symbols(table);
  }
  return maker.make();
}

BtfIds IdsObject::ids() const {
  return *BtfIds::read(ElfFile::parse(Bytes::copy_of(make())));
}

IdsObject sample_ids_object(bool is_64, ByteOrder order) {
  return {.is_64 = is_64,
          .order = order,
          .words = {0, 0, /* set */ 0, 0, 0, /* set8 */ 0, 1, 0, 9, 0, 8, 0, 7},
          .symbols = {{"=pair", 0, 0},
                      {"struct__s__1", 0},
                      {"typedef__t__2", 4},
                      {"set__both", 8, 12},
                      {"union__u__3", 12},
                      {"struct__s__4", 16},
                      {"set8__kfuncs", 20, 32},
                      {"func__fa__5", 28},
                      {"func__fb__6", 36},
                      {"func__fc__7", 44}}};
}

BtfBuilder ids_types() {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId proto = b.add(Kind::func_proto, {}, 0);
  b.add_param("a", int_id);
  for (const std::string_view name : {"fc", "fb", "fa"}) b.add(Kind::func, name, raw(proto), {}, 1);
  b.add_composite(Kind::struct_, "s", 4);
  b.add_composite(Kind::union_, "u", 4);
  b.add(Kind::typedef_, "t", raw(int_id));
  b.add_composite(Kind::struct_, "s", 8);
  for (std::uint32_t func = 3; func <= 5; ++func) b.add(Kind::decl_tag, "bpf_kfunc", func, {0xffffffff});
  return b;
}

std::vector<std::uint32_t> words_of(const Bytes& section, ByteOrder order) {
  std::vector<std::uint32_t> words(section.size() / 4);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = load<std::uint32_t>(section.data() + 4 * i, order);
  return words;
}

}  // namespace btfx::test

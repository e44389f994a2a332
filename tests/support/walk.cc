#include "support/walk.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "btf/fields.h"
#include "btf/names.h"
#include "support/btf_samples.h"
#include "support/walk_parts.h"

namespace btfx::test {

namespace {

void walk_type(const Btf& btf, TypeView type) {
  const auto id = [&](TypeId target) { hold(btf.contains(target), "every type id is in range"); };
  const auto name = [&](StringOffset offset) { use(btf.string(offset)); };
  use(type.name());
  for (const std::uint32_t word : type.words()) use(word);
  visit_type_ids(type.words().data(), [&](std::uint32_t target) { id(TypeId{target}); });
  visit_names(type.words().data(), [&](std::uint32_t offset) { name(StringOffset{offset}); });
  const std::uint32_t vlen = type.vlen();
  switch (type.kind()) {
    case Kind::int_:
      use(type.int_bits() + type.int_bit_offset() + type.int_encoding());
      break;
    case Kind::array:
      id(type.element());
      id(type.index_type());
      use(type.element_count());
      break;
    case Kind::struct_:
    case Kind::union_:
      for (std::uint32_t i = 0; i < vlen; ++i) {
        const Member member = type.member(i);
        id(member.type);
        name(member.name);
        use(std::uint64_t{member.bit_offset} + member.bitfield_size);
      }
      break;
    case Kind::enum_:
    case Kind::enum64:
      for (std::uint32_t i = 0; i < vlen; ++i) {
        name(type.enumerator_name(i));
        use(type.enumerator_value(i));
      }
      break;
    case Kind::func:
      hold(btf.type(type.target()).kind() == Kind::func_proto, "every function has a prototype");
      use(type.linkage());
      break;
    case Kind::func_proto:
      id(type.target());
      for (std::uint32_t i = 0; i < vlen; ++i) {
        id(type.param(i).type);
        name(type.param(i).name);
      }
      break;
    case Kind::var:
      use(type.linkage());
      break;
    case Kind::datasec:
      for (std::uint32_t i = 0; i < vlen; ++i) {
        const SectionEntry entry = type.entry(i);
        id(entry.type);
        use(std::uint64_t{entry.offset} + entry.size);
      }
      break;
    case Kind::decl_tag:
      use(static_cast<std::uint64_t>(type.component()));
      break;
    default:
      break;
  }
}

void walk_names(const Btf& btf) {
  for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    if (!type.is_named()) continue;
    bool found = false;
    for (const TypeId candidate : btf.names().find(type.name())) found = found || candidate == id;
    hold(found, "every named type is found by its name");
  }
}

void walk_serialised(const Btf& btf) {
  hold(text_of(serialise(btf, btf.byte_order())) == text_of(btf.blob()), "a BTF is written as it was read");
  if (btf.has_unknown_kinds() || btf.has_unknown_header()) return;
  const Bytes swapped = serialise(btf, other(btf.byte_order()));
  const BtfPtr again = Btf::parse(swapped, btf.base());
  hold(std::ranges::equal(again->own_words(), btf.own_words()), "both byte orders hold the same types");
  hold(text_of(serialise(*again, btf.byte_order())) == text_of(btf.blob()), "swapping twice changes nothing");
}

}  // namespace

void walk(const Btf& btf) {
  for (TypeId id{0}; id != btf.end_id(); ++id) walk_type(btf, btf.type(id));
  use(btf.pointer_size());
  use(btf.layout().size());
  walk_names(btf);
  walk_serialised(btf);
}

}  // namespace btfx::test

#include "kernel/corners.h"

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "btf/builder.h"

namespace btfx::test {

namespace {

Bytes finish(const BtfBuilder& builder) {
  return builder.finish(native_order, BtfHeader::old_length);
}

/// A blob with sections where they are told to be, in the order given by the offsets.
Bytes with_sections(std::uint32_t type_offset, std::uint32_t type_length, std::uint32_t string_offset,
                    std::uint32_t string_length, std::uint32_t body) {
  std::vector<std::byte> blob(BtfHeader::old_length + body);
  store(blob.data(), BtfHeader::magic, native_order);
  blob[2] = std::byte{1};
  std::size_t at = 4;
  for (const std::uint32_t word : {BtfHeader::old_length, type_offset, type_length, string_offset, string_length}) {
    store(blob.data() + at, word, native_order);
    at += 4;
  }
  return Bytes(std::move(blob));
}

Bytes many_types(std::uint32_t count) {
  std::vector<std::uint32_t> words;
  words.reserve(std::size_t{3} * count);
  for (std::uint32_t i = 0; i < count; ++i) {
    words.insert(words.end(), {0, InfoWord(Kind::ptr, 0, false).word, 0});
  }
  return assemble_btf(words, std::string_view("", 1), native_order, BtfHeader::old_length);
}

/// A chain of `length` types of one kind that ends in an INT.
Bytes chain_of(Kind kind, std::uint32_t length) {
  BtfBuilder b;
  for (std::uint32_t id = 1; id <= length; ++id) {
    if (kind == Kind::array) {
      b.add(kind, {}, 0, {id + 1, length + 1, 1});
    } else if (kind == Kind::struct_) {
      b.add_composite(kind, "s", 4);
      b.add_member("m", TypeId{id + 1}, 0);
    } else {
      b.add(kind, kind == Kind::typedef_ || kind == Kind::type_tag ? "name" : "", id + 1);
    }
  }
  b.add_int("int", 4, 1);
  return finish(b);
}

}  // namespace

std::vector<Corner> corners() {
  std::vector<Corner> all;
  const auto add = [&](std::string name, Bytes blob) { all.push_back({std::move(name), std::move(blob)}); };

  for (const std::uint32_t size : {0U, 1U, 4U, 7U, 8U, 23U, 24U}) {
    add("zeros of length " + std::to_string(size), Bytes(std::vector<std::byte>(size)));
  }
  add("one byte too large", Bytes(std::vector<std::byte>((std::size_t{16} << 20) + 1)));
  add("as large as allowed", Bytes(std::vector<std::byte>(std::size_t{16} << 20)));
  add("strings before types", with_sections(4, 12, 0, 4, 16));
  add("no types, at an odd offset", with_sections(5, 0, 0, 5, 5));
  add("no types", with_sections(0, 0, 0, 1, 1));
  add("no strings", with_sections(0, 12, 12, 0, 12));
  add("offset beyond 2^31 sorts first", with_sections(0x90000000, 1, 0, 4, 4));
  add("a record of 4 bytes", with_sections(0, 4, 4, 1, 5));
  add("types of odd length", with_sections(0, 13, 13, 1, 14));

  // With void the table of types has room for 2^20 - 1.
  for (const std::uint32_t count : {0xffffeU, 0x100001U}) {
    add(std::to_string(count) + " types", many_types(count));
  }
  for (const Kind kind : {Kind::const_, Kind::typedef_, Kind::ptr, Kind::array, Kind::struct_, Kind::type_tag}) {
    for (const std::uint32_t length : {31U, 32U, 33U, 34U}) {
      add(std::to_string(length) + " times " + std::string(kind_info(kind).name), chain_of(kind, length));
    }
  }
  {
    BtfBuilder b;  // an entry whose end wraps, so that the next may overlap it
    b.add_int("int", 4, 1);
    const TypeId var = b.add(Kind::var, "v", 1, {1});
    b.add(Kind::datasec, ".data", 0xc0000000);
    b.add_entry(var, 0x80000000, 0x90000000);
    b.add_entry(var, 0x10000000, 0x90000000);
    add("sum of entries", finish(b));
  }
  for (const std::uint32_t bits : {0U, 8U, 16U}) {
    BtfBuilder b;
    b.add(Kind::int_, "odd", 8, {bits << 16 | 8});
    b.add_composite(Kind::struct_, "large", 0x20000000);
    b.add_member("last", TypeId{1}, 0xfffffff8 - 8);
    b.add_member("past", TypeId{1}, 0xfffffff8);
    add("bit offset past 32 bits, " + std::to_string(bits), finish(b));
  }
  {
    BtfBuilder b;  // what a list contains has its node, but of the second type of that name
    b.add_int("int", 4, 1);
    for (const auto& [name, size] : {std::pair("bpf_spin_lock", 4U), std::pair("bpf_list_head", 16U),
                                     std::pair("bpf_list_node", 24U), std::pair("bpf_list_node", 24U)}) {
      b.add_composite(Kind::struct_, name, size);
    }
    b.add_composite(Kind::struct_, "element", 24);
    b.add_member("node", TypeId{5}, 0);
    const TypeId list = b.add_composite(Kind::struct_, "list", 24);
    b.add_member("lock", TypeId{2}, 0);
    b.add_member("head", TypeId{3}, 64);
    b.add(Kind::decl_tag, "contains:element:node", raw(list), {1});
    add("a list of what is not looked at", finish(b));
  }
  for (const Kind kind : {Kind::struct_, Kind::array}) {
    for (const std::uint32_t length : {30U, 31U, 32U, 33U}) {
      BtfBuilder b;  // nested beside a special field, with the innermost first, so that resolving goes one deep only
      b.add_int("int", 4, 1);
      TypeId inner = b.add_composite(Kind::struct_, "bpf_refcount", 4);
      b.add_member("opaque", TypeId{1}, 0);
      for (std::uint32_t i = 0; i < length; ++i) {
        if (kind == Kind::array) {
          inner = b.add(kind, {}, 0, {i == 0 ? 1 : raw(inner), 1, 1});
        } else {
          const TypeId held = i == 0 ? TypeId{1} : inner;
          inner = b.add_composite(kind, "s", 4);
          b.add_member("m", held, 0);
        }
      }
      b.add_composite(Kind::struct_, "outer", 8);
      b.add_member("count", TypeId{2}, 0);
      b.add_member("nested", inner, 32);
      add("special field beside " + std::to_string(length) + " times " + std::string(kind_info(kind).name), finish(b));
    }
  }
  for (const std::size_t length : {1000U, 1015U, 1016U, 1022U, 1023U, 1024U, 5000U}) {
    BtfBuilder b;  // the kernel cuts pieces of the log at 1023 bytes; INT and tags may have any name
    b.add_int(std::string(length, 'i'), 4, 1);
    b.add(Kind::type_tag, std::string(length, 't'), 1);
    const TypeId proto = b.add(Kind::func_proto, {}, 0);
    b.add_param(std::string(length, 'p'), TypeId{1});
    b.add(Kind::func, "f", raw(proto));
    b.add_composite(Kind::struct_, "s", 4);
    b.add_member(std::string(length, 'm'), TypeId{1}, 0);
    add("names of " + std::to_string(length), finish(b));
  }
  for (const std::size_t length : {128U, 129U, 511U, 512U, 513U}) {
    BtfBuilder b;
    b.add_int("int", 4, 1);
    b.add(Kind::typedef_, std::string(length, 'd'), 1);
    b.add(Kind::var, std::string(length, 'v'), 1, {1});
    b.add(Kind::datasec, std::string(length, ' '), 4);
    b.add_entry(TypeId{3}, 0, 4);
    add("identifier of " + std::to_string(length), finish(b));
  }
  for (unsigned c = 1; c < 256; ++c) {
    const std::string byte(1, static_cast<char>(c));
    for (const Kind kind : {Kind::fwd, Kind::datasec}) {
      for (const std::string_view before : {"", "a"}) {
        BtfBuilder b;
        b.add(kind, std::string(before) + byte, kind == Kind::datasec ? 4 : 0);
        add("byte " + std::to_string(c) + " in a name of " + std::string(kind_info(kind).name), finish(b));
      }
    }
  }
  return all;
}

}  // namespace btfx::test

#include "support/btf_samples.h"

#include <cstddef>
#include <vector>

namespace btfx::test {

BtfBuilder all_kinds() {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);                                     // 1
  const TypeId char_id = b.add_int("char", 1, 1);                                   // 2
  const TypeId long_id = b.add_int("long unsigned int", 8);                         // 3
  const TypeId flag = b.add_int("_Bool", 1, 4);                                     // 4
  const TypeId ptr = b.add_ptr(int_id);                                             // 5
  b.add_ptr(void_id);                                                               // 6
  const TypeId array = b.add(Kind::array, {}, 0, {raw(char_id), raw(int_id), 16});  // 7
  const TypeId point = b.add_composite(Kind::struct_, "point", 16);                 // 8
  b.add_member("x", int_id, 0);
  b.add_member("y", int_id, 32);
  b.add_member("next", TypeId{10}, 64);
  const TypeId bits = b.add_composite(Kind::struct_, "bits", 4, true);  // 9
  b.add_member("low", int_id, 0, 3);
  b.add_member("high", int_id, 3, 29);
  b.add_ptr(point);                                             // 10
  const TypeId any = b.add_composite(Kind::union_, "any", 16);  // 11
  b.add_member("number", long_id, 0);
  b.add_member("text", array, 0);
  b.add_member("", point, 0);
  const TypeId color = b.add(Kind::enum_, "color", 4);  // 12
  b.add_enumerator("RED", 0);
  b.add_enumerator("GREEN", 0xffffffff);
  b.add(Kind::enum_, "sign", 4, {}, 0, true);  // 13
  b.add_enumerator("MINUS", static_cast<std::uint64_t>(-1));
  b.add(Kind::fwd, "opaque", 0);                                        // 14
  b.add(Kind::fwd, "opaque_union", 0, {}, 0, true);                     // 15
  const TypeId point_t = b.add(Kind::typedef_, "point_t", raw(point));  // 16
  const TypeId vol = b.add(Kind::volatile_, {}, raw(int_id));           // 17
  b.add(Kind::const_, {}, raw(vol));                                    // 18
  b.add(Kind::restrict_, {}, raw(ptr));                                 // 19
  const TypeId proto = b.add(Kind::func_proto, {}, raw(int_id));        // 20
  b.add_param("where", TypeId{10});
  b.add_param("", flag);
  b.add_param("", void_id);
  const TypeId func = b.add(Kind::func, "move_point", raw(proto), {}, 1);  // 21
  const TypeId var = b.add(Kind::var, "origin", raw(point_t), {1});        // 22
  b.add(Kind::datasec, ".data", 20);                                       // 23
  b.add_entry(var, 0, 16);
  b.add(Kind::float_, "double", 8);                                       // 24
  b.add(Kind::decl_tag, "checked", raw(func), {0});                       // 25
  b.add(Kind::decl_tag, "attribute", raw(point), {0xffffffff}, 0, true);  // 26
  const TypeId tag = b.add(Kind::type_tag, "user", raw(bits));            // 27
  b.add_ptr(tag);                                                         // 28
  b.add(Kind::enum64, "wide", 8, {}, 0, true);                            // 29
  b.add_enumerator("WIDE_MIN", 0x8000000000000000);
  b.add_enumerator("WIDE_ONE", 1);
  b.add(Kind::enum64, "huge", 8);  // 30
  b.add_enumerator("HUGE_MAX", 0xffffffffffffffff);
  static_cast<void>(any);
  static_cast<void>(color);
  return b;
}

BtfBuilder small_base() {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId base_type = b.add_composite(Kind::struct_, "base_type", 4);
  b.add_member("a", int_id, 0);
  b.add_ptr(base_type);
  b.add_int("long", 8, 1);
  return b;
}

BtfBuilder small_split(const BtfPtr& base) {
  BtfBuilder b(base);
  const TypeId split_type = b.add_composite(Kind::struct_, "split_type", 16);
  b.add_member("held", TypeId{2}, 0);
  b.add_member("self", split_type + 1, 64);
  b.add_ptr(split_type);
  const TypeId proto = b.add(Kind::func_proto, {}, 1);
  b.add_param("self", split_type + 1);
  b.add(Kind::func, "split_func", raw(proto), {}, 0);
  return b;
}

Bytes blob_of(std::initializer_list<std::uint32_t> type_words, std::string_view strings, ByteOrder order,
              std::uint32_t header_length) {
  return assemble_btf(std::vector<std::uint32_t>(type_words), strings, order, header_length);
}

Bytes patched(const Bytes& blob, std::size_t offset, std::initializer_list<unsigned> bytes) {
  const ByteView view = blob.view();
  std::vector<std::byte> copy(view.begin(), view.end());
  for (const unsigned byte : bytes) copy.at(offset++) = static_cast<std::byte>(byte);
  return Bytes(std::move(copy));
}

Bytes patched_word(const Bytes& blob, std::size_t offset, std::uint32_t word, ByteOrder order) {
  const ByteView view = blob.view();
  std::vector<std::byte> copy(view.begin(), view.end());
  if (offset + sizeof word > copy.size()) throw Error(ErrorCode::usage, "patch outside the blob");
  store(copy.data() + offset, word, order);
  return Bytes(std::move(copy));
}

Bytes exact_copy(ByteView view) {
  std::vector<std::byte> copy;
  copy.reserve(view.size());
  copy.assign(view.begin(), view.end());
  return Bytes(std::move(copy));
}

std::string text_of(const Bytes& bytes) {
  return std::string(as_text(bytes.view()));
}

}  // namespace btfx::test

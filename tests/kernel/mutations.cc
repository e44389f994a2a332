#include "kernel/mutations.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "btf/builder.h"
#include "kernel/special.h"

namespace btfx::test {

namespace {

constexpr auto every_kind = [] {
  std::array<Kind, known_kinds - 1> kinds{};
  for (std::uint32_t i = 0; i < kinds.size(); ++i) kinds[i] = static_cast<Kind>(i + 1);
  return kinds;
}();

constexpr std::array<std::uint32_t, 24> odd_words{
    0,        1,        2,         3,          4,          5,          7,          8,
    15,       16,       31,        32,         127,        0xffff,     0x10000,    0xfffff,
    0x100000, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xfffffffe, 0xffffffff};

std::string random_name(Dice& dice) {
  static const std::array<std::string, 16> names{"",    "",    "a",    "b",         "name", "_x9",   ".hidden", "9bad",
                                                 "a-b", "a b", "\x7f", "\xe9t\xe9", "\xd7", ".data", "a\tb",    "int"};
  if (!dice.once_in(400)) return dice.one_of(names);
  const std::array<std::size_t, 6> lengths{127, 128, 129, 511, 512, 513};
  std::string name(dice.once_in(3) ? 1000 + dice.below(40) : dice.one_of(lengths), 'n');
  return name;
}

/// A name that suits the kind.
std::string tame_name(Kind kind) {
  switch (kind) {
    case Kind::ptr:
    case Kind::array:
    case Kind::const_:
    case Kind::volatile_:
    case Kind::restrict_:
    case Kind::func_proto:
      return "";
    default:
      return "name";
  }
}

/// A name that suits the kind, mostly.
std::string name_for(Kind kind, Dice& dice) {
  return dice.once_in(25) ? random_name(dice) : tame_name(kind);
}

class RandomTypes {
 public:
  explicit RandomTypes(Dice& dice)
      : dice_(dice), tame_(!dice.once_in(3)), count_(1 + dice.below(dice.once_in(8) ? 48 : 9)) {}

  Bytes make() {
    // A long chain now and then, to meet the limits of depth.
    const bool chain = dice_.once_in(12);
    const Kind link = dice_.one_of(std::array{Kind::const_, Kind::ptr, Kind::typedef_, Kind::array, Kind::struct_});
    if (chain) count_ = 28 + dice_.below(10);
    for (std::uint32_t id = 1; id <= count_; ++id) {
      chain_target_ = chain ? id + 1 : 0;
      add(chain && !dice_.once_in(60) && id < count_ ? link : dice_.one_of(every_kind));
    }
    return builder_.finish(native_order, dice_.once_in(4) ? BtfHeader::layout_header_length : BtfHeader::old_length);
  }

 private:
  /// A type id; `least` is 1 where void is refused.
  std::uint32_t target(std::uint32_t least = 0) {
    if (chain_target_ != 0 && !dice_.once_in(80)) return chain_target_;
    if (tame_) return least + dice_.below(count_ + 1 - least);
    return dice_.once_in(40) ? dice_.one_of(odd_words) : dice_.below(count_ + (dice_.once_in(30) ? 2 : 1));
  }
  std::uint32_t size() {
    const std::array<std::uint32_t, 10> sizes{0, 1, 2, 4, 4, 8, 8, 16, 64, 4096};
    return dice_.once_in(40) ? dice_.one_of(odd_words) : dice_.one_of(sizes);
  }
  bool rarely() { return !tame_ && dice_.once_in(40); }

  void add(Kind kind) {
    const std::string name = tame_ ? tame_name(kind) : name_for(kind, dice_);
    const bool flag = rarely();
    switch (kind) {
      case Kind::int_: {
        const std::uint32_t bytes = 1U << dice_.below(5), encoding = 1U << dice_.below(rarely() ? 5 : 3);
        std::uint32_t bits = bytes * 8, offset = 0;
        if (tame_ && dice_.once_in(4)) {  // irregular, but sound
          bits = 1 + dice_.below(bits);
          offset = dice_.below(bytes * 8 - bits + 1);
        } else if (!tame_) {
          bits = dice_.once_in(6) ? dice_.below(200) : bits;
          offset = dice_.once_in(12) ? dice_.below(20) : 0;
        }
        builder_.add(kind, name, rarely() ? size() : bytes, {encoding << 24 | offset << 16 | bits}, 0, flag);
        return;
      }
      case Kind::array:
        builder_.add(kind, name, rarely() ? 1 : 0, {target(1), target(1), size()}, 0, flag);
        return;
      case Kind::struct_:
      case Kind::union_: {
        const bool bitfields = dice_.once_in(3);
        builder_.add_composite(kind, name, !tame_ && dice_.once_in(4) ? size() : 64, bitfields);
        const std::uint32_t members = chain_target_ != 0 ? 1 : dice_.below(4);
        for (std::uint32_t i = 0, offset = 0; i < members; ++i) {
          builder_.add_member(!tame_ && dice_.once_in(3) ? random_name(dice_) : "m", TypeId{target(1)}, offset,
                              dice_.once_in(3) ? dice_.below(70) : 0);
          if (kind == Kind::struct_)
            offset += rarely() ? dice_.below(600) : dice_.one_of(std::array{0U, 1U, 4U, 8U, 32U, 64U, 128U});
        }
        return;
      }
      case Kind::enum_:
      case Kind::enum64:
        builder_.add(kind, name, rarely() ? size() : 1U << dice_.below(4), {}, 0, dice_.once_in(2));
        for (std::uint32_t i = dice_.below(3); i > 0; --i) {
          builder_.add_enumerator(rarely() ? random_name(dice_) : "E",
                                  std::uint64_t{dice_.one_of(odd_words)} << (8 * i));
        }
        return;
      case Kind::fwd:
        builder_.add(kind, name, rarely() ? 1 : 0, {}, 0, dice_.once_in(2));
        return;
      case Kind::func:
        builder_.add(kind, name, target(), {}, dice_.below(rarely() ? 4 : 2), flag);
        return;
      case Kind::func_proto:
        builder_.add(kind, name, target(), {}, 0, flag);
        for (std::uint32_t i = dice_.below(4); i > 0; --i) {
          const bool variadic = i == 1 && dice_.once_in(3);
          builder_.add_param(variadic           ? ""
                             : dice_.once_in(6) ? random_name(dice_)
                                                : "p",
                             TypeId{variadic ? 0 : target()});
        }
        return;
      case Kind::var:
        builder_.add(kind, name, target(1), {dice_.below(rarely() ? 4 : 2)}, 0, flag);
        return;
      case Kind::datasec:
        builder_.add(kind, name, rarely() ? size() : 64, {}, 0, flag);
        for (std::uint32_t i = dice_.below(4), offset = 0; i > 0; --i) {
          const std::uint32_t length = rarely() ? size() : dice_.one_of(std::array{4U, 8U, 16U});
          builder_.add_entry(TypeId{target(1)}, offset, length);
          offset += length + (rarely() ? dice_.below(20) - 8 : 0);
        }
        return;
      case Kind::float_:
        builder_.add(kind, name, rarely() ? size() : dice_.one_of(std::array{2U, 4U, 8U, 12U, 16U}), {}, 0, flag);
        return;
      case Kind::decl_tag:
        builder_.add(kind, name, target(),
                     {dice_.once_in(2) ? dice_.below(3)
                      : rarely()       ? size()
                                       : 0xffffffff},
                     0, dice_.once_in(3));
        return;
      default:  // pointers, modifiers, TYPEDEF
        builder_.add(kind, name, target(), {}, rarely() ? 1 : 0, kind == Kind::type_tag ? dice_.once_in(2) : flag);
        return;
    }
  }

  Dice& dice_;
  bool tame_;  // each type by itself is as it should be, so that only what they refer to can be wrong
  std::uint32_t count_;
  std::uint32_t chain_target_ = 0;
  BtfBuilder builder_;
};

using Buffer = std::vector<std::byte>;

std::uint32_t get(const Buffer& blob, std::size_t at) {
  return load<std::uint32_t>(blob.data() + at, native_order);
}
void put(Buffer& blob, std::size_t at, std::uint32_t word) {
  store(blob.data() + at, word, native_order);
}

std::uint32_t spoiled_word(std::uint32_t word, Dice& dice) {
  switch (dice.below(5)) {
    case 0:
      return dice.one_of(odd_words);
    case 1:
      return word ^ (1U << dice.below(32));
    case 2:
      return word + dice.below(9) - 4;
    case 3:
      return dice.below(40);
    default:  // another kind with the same vlen
      return (word & 0x80ffffff) | (dice.below(22) << 24);
  }
}

void spoil_once(Buffer& blob, Dice& dice) {
  const std::size_t header = std::min<std::size_t>(blob.size(), BtfHeader::old_length);
  if (blob.size() < BtfHeader::old_length + 4) {
    if (!blob.empty()) blob[dice.below(blob.size())] = static_cast<std::byte>(dice.below(256));
    return;
  }
  const std::size_t words = (blob.size() - header) / 4;
  switch (dice.below(20)) {
    case 0: {  // a header field
      const std::size_t at = 4 * std::size_t{dice.below(6)};
      put(blob, at, spoiled_word(get(blob, at), dice));
      return;
    }
    case 1:  // a byte of the header
      blob[dice.below(header)] = static_cast<std::byte>(dice.below(256));
      return;
    case 2: {  // sections that move
      const std::uint32_t step = dice.below(3) * 4;
      put(blob, 8, get(blob, 8) + step);
      put(blob, 16, get(blob, 16) + (dice.once_in(2) ? step : 0));
      return;
    }
    case 3:  // cut short
      blob.resize(dice.below(blob.size()));
      return;
    case 4:  // something behind
      blob.resize(blob.size() + 1 + dice.below(16), static_cast<std::byte>(dice.below(2)));
      return;
    case 5:  // a shorter string section, or type section
      put(blob, dice.once_in(2) ? 20 : 12, dice.below(blob.size()));
      return;
    case 6: {  // a longer header
      const std::uint32_t extra = 1 + dice.below(12);
      blob.insert(blob.begin() + static_cast<std::ptrdiff_t>(header), extra,
                  static_cast<std::byte>(dice.once_in(4) ? 1 : 0));
      put(blob, 4, get(blob, 4) + extra);
      return;
    }
    case 7:
    case 8:  // any byte
      blob[dice.below(blob.size())] = static_cast<std::byte>(dice.below(256));
      return;
    case 9: {  // a word leaves
      const std::size_t at = header + 4 * std::size_t{dice.below(words)};
      blob.erase(blob.begin() + static_cast<std::ptrdiff_t>(at), blob.begin() + static_cast<std::ptrdiff_t>(at + 4));
      put(blob, 12, get(blob, 12) - 4);
      put(blob, 16, get(blob, 16) - 4);
      return;
    }
    default: {  // a word of the types, most often
      const std::size_t at = header + 4 * std::size_t{dice.below(words)};
      put(blob, at, spoiled_word(get(blob, at), dice));
      return;
    }
  }
}

}  // namespace

Bytes sound_btf() {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId long_id = b.add_int("long unsigned int", 8);
  const TypeId bool_id = b.add_int("_Bool", 1, 4);
  const TypeId ptr = b.add_ptr(int_id);
  const TypeId array = b.add(Kind::array, {}, 0, {raw(bool_id), raw(int_id), 16});
  const TypeId point = b.add_composite(Kind::struct_, "point", 16);
  b.add_member("x", int_id, 0);
  b.add_member("y", int_id, 32);
  b.add_member("next", point + 1, 64);
  const TypeId point_ptr = b.add_ptr(point);
  const TypeId bits = b.add_composite(Kind::struct_, "bits", 24, true);
  b.add_member("low", int_id, 0, 3);
  b.add_member("high", int_id, 3, 29);
  b.add_member("plain", long_id, 64);
  b.add_member("", point_ptr, 128);
  const TypeId any = b.add_composite(Kind::union_, "any", 16);
  b.add_member("number", long_id, 0);
  b.add_member("text", array, 0);
  b.add_member("", point, 0);
  const TypeId color = b.add(Kind::enum_, "color", 4);
  b.add_enumerator("RED", 0);
  b.add_enumerator("GREEN", 0xffffffff);
  b.add(Kind::enum_, "sign", 4, {}, 0, true);
  b.add_enumerator("MINUS", 0xffffffff);
  const TypeId opaque = b.add(Kind::fwd, "opaque", 0);
  b.add(Kind::fwd, "opaque_union", 0, {}, 0, true);
  const TypeId point_t = b.add(Kind::typedef_, "point_t", raw(point));
  const TypeId vol = b.add(Kind::volatile_, {}, raw(int_id));
  const TypeId con = b.add(Kind::const_, {}, raw(vol));
  b.add(Kind::restrict_, {}, raw(ptr));
  b.add_ptr(b.add(Kind::const_, {}, 0));
  b.add_ptr(opaque);
  const TypeId proto = b.add(Kind::func_proto, {}, raw(int_id));
  b.add_param("where", point_ptr);
  b.add_param("flag", bool_id);
  b.add_param("", void_id);
  const TypeId func = b.add(Kind::func, "move_point", raw(proto), {}, 1);
  const TypeId var = b.add(Kind::var, "origin", raw(point_t), {1});
  const TypeId other = b.add(Kind::var, "limit", raw(con), {0});
  b.add(Kind::datasec, ".data.x y", 32);
  b.add_entry(var, 0, 16);
  b.add_entry(other, 20, 4);
  const TypeId number = b.add(Kind::float_, "double", 8);
  b.add(Kind::decl_tag, "checked", raw(func), {1});
  b.add(Kind::decl_tag, "attribute", raw(point), {0xffffffff}, 0, true);
  b.add(Kind::decl_tag, "on a variable", raw(var), {0xffffffff});
  b.add_ptr(b.add(Kind::type_tag, "user", raw(bits)));
  b.add_ptr(b.add(Kind::type_tag, "attribute", raw(con), {}, 0, true));
  b.add(Kind::enum64, "wide", 8, {}, 0, true);
  b.add_enumerator("WIDE_MIN", 0x8000000000000000);
  b.add(Kind::enum64, "huge", 8);
  b.add_enumerator("HUGE_MAX", 0xffffffffffffffff);
  b.add_composite(Kind::struct_, "holder", 64);
  b.add_member("any", any, 0);
  b.add_member("color", color, 128);
  b.add_member("number", number, 192);
  b.add_member("con", con, 256);
  b.add_member("tail", array, 320);
  return b.finish(native_order, BtfHeader::old_length);
}

Bytes random_btf(Dice& dice) {
  return RandomTypes(dice).make();
}

Bytes spoil(const Bytes& blob, Dice& dice) {
  const ByteView view = blob.view();
  Buffer copy(view.begin(), view.end());
  for (std::uint32_t faults = dice.once_in(3) ? 2 + dice.below(2) : 1; faults > 0; --faults) spoil_once(copy, dice);
  return Bytes(std::move(copy));
}

Bytes next_subject(Dice& dice) {
  static const Bytes sound = sound_btf();
  switch (dice.below(6)) {
    case 0:
      return spoil(sound, dice);
    case 1:
      return spoil(random_btf(dice), dice);
    case 2:
      return special_btf(dice);
    default:
      return random_btf(dice);
  }
}

}  // namespace btfx::test

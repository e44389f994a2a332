#include "emit/c/sort.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/endian.h"
#include "btf/type_groups.h"

namespace btfx {

namespace {

constexpr int max_steps = 1000;  // along a chain of references, which may be endless

bool is_reference(Kind kind) {
  return is_modifier(kind) || kind == Kind::ptr || kind == Kind::typedef_ || kind == Kind::decl_tag;
}

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  return 31 * hash + value;
}

std::uint64_t sort_hash(std::string_view text) {
  std::uint64_t hash = 0;
  for (const char c : text) {
    hash = mix(hash, static_cast<std::uint64_t>(std::int64_t{static_cast<signed char>(c)}));
  }
  return hash;
}

/// A number for each byte that keeps their order. Those of NUL and of the letters, digits and underscores are even, and
/// nobody else's; the few others have odd ones, which they share.
constexpr std::size_t letters = 128;
constexpr auto letter_numbers = [] {
  std::array<std::uint8_t, 256> numbers{};
  std::uint8_t last = 0;
  for (std::size_t c = 1; c < numbers.size(); ++c) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (is_plain) last = static_cast<std::uint8_t>(last + 2);
    numbers.at(c) = static_cast<std::uint8_t>(is_plain ? last : last + 1);
  }
  return numbers;
}();
constexpr std::size_t second_letters = letters / 4;  // told apart

}  // namespace

/// The types of one rank are in the order of their sort names, then of their own.
struct CSort::Key {
  std::uint32_t rank;
  std::uint32_t id;
  std::uint64_t prefix[2];  // the first bytes of both names, a NUL between them, which nearly always decide
  const char* sort_name;
};

CSort::CSort(const Btf& btf) : btf_(btf) {}

CSort::~CSort() = default;

CSort::End CSort::end_of(TypeId id) {
  constexpr int long_chain = 16;  // the ends of such are remembered, and asked for every so many steps
  const TypeId start = id;
  bool after_array = false;
  for (int step = 0; step < max_steps; ++step) {
    if (step != 0 && step % long_chain == 0) {
      if (const auto known = long_chains_.find(raw(id)); known != long_chains_.end()) {
        const LongChain rest = known->second;
        if (rest.steps + step > max_steps) break;
        return long_chains_.try_emplace(raw(start), LongChain{rest.end, rest.steps + step}).first->second.end;
      }
    }
    const TypeView type = btf_.type(id);
    after_array = type.kind() == Kind::array;
    if (!after_array && !is_reference(type.kind())) return {void_id, false};
    id = after_array ? type.element() : type.target();
    if (const Kind next = btf_.type(id).kind(); next != Kind::array && !is_reference(next)) {
      if (step >= long_chain) long_chains_.try_emplace(raw(start), LongChain{{id, after_array}, step + 1});
      return {id, after_array};
    }
  }
  return long_chains_.try_emplace(raw(start), LongChain{{void_id, false}, max_steps + 1}).first->second.end;
}

unsigned CSort::rank(TypeId id) {
  Kind kind = btf_.kind(id);
  const TypeView type = btf_.type(id);
  const bool named = type.is_named();
  if (is_enum(kind) && !named) return 0;
  if (kind == Kind::array || is_reference(kind)) {
    if (!named) return no_rank;
    kind = btf_.type(end_of(id).id).kind();
  }
  switch (kind) {
    case Kind::enum_:
    case Kind::enum64:
      return 1;
    case Kind::int_:
    case Kind::float_:
      return 2;
    case Kind::struct_:
    case Kind::union_:
      return named ? 3 : no_rank;
    case Kind::func_proto:
      return named ? 4 : no_rank;
    default:
      return no_rank;
  }
}

const char* CSort::sort_name(TypeId id) {
  TypeView type = btf_.type(id);
  bool is_direct = true;  // not reached through a reference: an array's element counts as direct again
  if (type.kind() == Kind::array || is_reference(type.kind())) {
    const End end = end_of(id);
    type = btf_.type(end.id);
    is_direct = end.after_array;
  }
  StringOffset name = type.name_offset();
  if (is_enum(type.kind()) && is_direct && !type.is_named() && type.vlen() != 0) name = type.enumerator_name(0);
  return type.btf().c_string(name);
}

std::uint64_t CSort::hash(TypeId id, bool with_members) {
  // Chains are walked to their end first, then hashed backwards: they may be long.
  std::vector<TypeId> chain;
  std::uint64_t result = 0;
  for (;;) {
    const std::uint64_t key = std::uint64_t{raw(id)} << 1 | (with_members ? 1 : 0);
    if (const auto known = hashes_.find(key); known != hashes_.end()) {
      result = known->second;
      break;
    }
    const TypeView type = btf_.type(id);
    if (type.kind() == Kind::array || is_reference(type.kind())) {
      chain.push_back(id);
      if (chain.size() == max_steps) break;
      id = type.kind() == Kind::array ? type.element() : type.target();
      continue;
    }
    if (type.is_named()) result = mix(0, sort_hash(type.name()));
    if (is_enum(type.kind())) {
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
        const StringOffset name = type.enumerator_name(i);
        if (raw(name) != 0) result = mix(result, sort_hash(type.btf().string(name)));
      }
    } else if (is_composite(type.kind()) && with_members) {
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
        const Member member = type.member(i);
        if (raw(member.name) != 0) result = mix(result, sort_hash(type.btf().string(member.name)));
        result = mix(result, hash(member.type, false));
      }
    }
    hashes_.emplace(key, result);
    break;
  }
  for (; !chain.empty(); chain.pop_back()) {
    const TypeView type = btf_.type(chain.back());
    std::uint64_t own = type.is_named() ? mix(0, sort_hash(type.name())) : 0;
    if (type.kind() == Kind::array) own = mix(own, type.element_count());
    result = mix(own, result);
    hashes_.emplace(std::uint64_t{raw(chain.back())} << 1 | (with_members ? 1 : 0), result);
  }
  return result;
}

void CSort::set_prefix(Key& key) const {
  std::array<std::byte, sizeof key.prefix> prefix{};
  const std::size_t length = ::strnlen(key.sort_name, prefix.size());
  std::memcpy(prefix.data(), key.sort_name, length);
  if (length + 1 < prefix.size()) {
    const char* const own = own_name(TypeId{key.id});
    const std::size_t room = prefix.size() - length - 1;
    std::memcpy(prefix.data() + length + 1, own, ::strnlen(own, room));
  }
  key.prefix[0] = load<std::uint64_t>(prefix.data(), ByteOrder::big);
  key.prefix[1] = load<std::uint64_t>(prefix.data() + sizeof(std::uint64_t), ByteOrder::big);
}

/// The order of types of the same rank and prefix.
bool CSort::less(const Key& a, const Key& b) {
  if (const int order = std::strcmp(a.sort_name, b.sort_name); order != 0) return order < 0;
  if (const int order = std::strcmp(own_name(TypeId{a.id}), own_name(TypeId{b.id})); order != 0) return order < 0;
  const std::uint64_t hash_a = hash(TypeId{a.id}, true), hash_b = hash(TypeId{b.id}, true);
  if (hash_a != hash_b) return hash_a < hash_b;
  return a.id < b.id;
}

const char* CSort::own_name(TypeId id) const {
  const TypeView type = btf_.type(id);
  return type.btf().c_string(type.name_offset());
}

/// Where keys are put before they are compared: keys on a shelf come before all on the next.
std::size_t CSort::shelf_of(const Key& key) {
  const auto byte = [&](unsigned i) { return key.prefix[0] >> (56 - 8 * i) & 0xff; };
  const std::size_t first = letter_numbers[byte(0)];
  const bool is_shared = first % 2 != 0;  // by several letters, so that the second says nothing
  return (key.rank * letters + first) * second_letters + (is_shared ? 0 : letter_numbers[byte(1)] / 4);
}

void CSort::add_key(TypeId id, unsigned rank) {
  keys_.push_back({rank, raw(id), {0, 0}, sort_name(id)});
  __builtin_prefetch(keys_.back().sort_name);
}

std::vector<TypeId> CSort::take_sorted() {
  // First by the rank and two letters, which takes no comparison of keys: half of all, each guessed wrong as often as
  // not.
  constexpr std::size_t shelf_count = (no_rank + 1) * letters * second_letters;
  std::vector<std::uint32_t> places(shelf_count + 1);
  for (Key& key : keys_) {
    set_prefix(key);
    ++places[shelf_of(key) + 1];
  }
  for (std::size_t i = 0; i < shelf_count; ++i) places[i + 1] += places[i];
  std::vector<Key> sorted(keys_.size());
  for (const Key& key : keys_) sorted[places[shelf_of(key)]++] = key;
  keys_.clear();
  const auto comes_before = [this](const Key& a, const Key& b) {
    if (a.prefix[0] != b.prefix[0]) return a.prefix[0] < b.prefix[0];
    if (a.prefix[1] != b.prefix[1]) return a.prefix[1] < b.prefix[1];
    return less(a, b);
  };
  std::uint32_t begin = 0;
  for (const std::uint32_t end : std::span(places).first(shelf_count)) {  // of each shelf, now that it has been filled
    if (end - begin > 1) std::sort(sorted.begin() + begin, sorted.begin() + end, comes_before);
    begin = end;
  }
  std::vector<TypeId> in_order;
  in_order.reserve(sorted.size());
  for (const Key& key : sorted) in_order.push_back(TypeId{key.id});
  return in_order;
}

std::vector<TypeId> CSort::ranked() {
  const auto add = [this](TypeId id) {
    if (const unsigned own = rank(id); own != no_rank) add_key(id, own);
  };
  btf_.groups().for_each([&](TypeGroup group, std::span<const TypeId> types) {
    if (group == TypeGroup::functions) return;  // which never have one
    const bool should_be_nameless =
        group == TypeGroup::references || group == TypeGroup::arrays || group == TypeGroup::prototypes;
    for (const TypeId id : types) {
      if (should_be_nameless && !btf_.type(id).is_named()) continue;
      add(id);
    }
  });
  std::vector<TypeId> ids = take_sorted();
  // Void has no rank and the least of all keys, so that it is skipped when there is nothing better.
  if (!ids.empty()) ids.erase(ids.begin());
  return ids;
}

std::vector<TypeId> CSort::others(const std::vector<TypeId>& ids) {
  for (const TypeId id : ids) {
    if (rank(id) == no_rank) add_key(id, no_rank);
  }
  return take_sorted();
}

}  // namespace btfx

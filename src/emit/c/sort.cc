#include "emit/c/sort.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/endian.h"

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

}  // namespace

struct CSort::Key {
  static constexpr int prefix_length = 16;

  std::uint32_t rank;
  std::uint32_t id;
  std::uint64_t prefix[2];  // the first bytes of the sort name, which nearly always decide
  const char* sort_name;
};

CSort::CSort(const Btf& btf) : btf_(btf) {}

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
  if (kind == Kind::func) return no_rank;  // as nearly half of the types of a kernel, which need not be looked at
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

void CSort::set_prefix(Key& key) {
  std::array<std::byte, Key::prefix_length> prefix{};
  std::memcpy(prefix.data(), key.sort_name, ::strnlen(key.sort_name, prefix.size()));
  key.prefix[0] = load<std::uint64_t>(prefix.data(), ByteOrder::big);
  key.prefix[1] = load<std::uint64_t>(prefix.data() + sizeof(std::uint64_t), ByteOrder::big);
}

/// The order of types of the same rank and prefix.
bool CSort::less(const Key& a, const Key& b) {
  if ((a.prefix[1] & 0xff) != 0) {
    const int order = std::strcmp(a.sort_name + Key::prefix_length, b.sort_name + Key::prefix_length);
    if (order != 0) return order < 0;
  }
  const auto own_name = [this](const Key& key) {
    const TypeView type = btf_.type(TypeId{key.id});
    return type.btf().c_string(type.name_offset());
  };
  if (const int order = std::strcmp(own_name(a), own_name(b)); order != 0) return order < 0;
  const std::uint64_t hash_a = hash(TypeId{a.id}, true), hash_b = hash(TypeId{b.id}, true);
  if (hash_a != hash_b) return hash_a < hash_b;
  return a.id < b.id;
}

std::vector<TypeId> CSort::sorted(const std::vector<TypeId>& ids) {
  std::vector<Key> keys;
  keys.reserve(ids.size());
  for (const TypeId id : ids) {
    keys.push_back({rank(id), raw(id), {0, 0}, sort_name(id)});
    __builtin_prefetch(keys.back().sort_name);
  }
  for (Key& key : keys) set_prefix(key);
  std::ranges::sort(keys, [this](const Key& a, const Key& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    if (a.prefix[0] != b.prefix[0]) return a.prefix[0] < b.prefix[0];
    if (a.prefix[1] != b.prefix[1]) return a.prefix[1] < b.prefix[1];
    return less(a, b);
  });
  std::vector<TypeId> in_order;
  in_order.reserve(keys.size());
  for (const Key& key : keys) in_order.push_back(TypeId{key.id});
  return in_order;
}

std::vector<TypeId> CSort::ranked() {
  std::vector<TypeId> ids;
  for (TypeId id{1}; id != btf_.end_id(); ++id) {
    if (rank(id) != no_rank) ids.push_back(id);
  }
  ids = sorted(ids);
  // Void has no rank and the least of all keys, so that it is skipped when there is nothing better.
  if (!ids.empty()) ids.erase(ids.begin());
  return ids;
}

}  // namespace btfx

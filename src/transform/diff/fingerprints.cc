#include "transform/diff/fingerprints.h"

#include <algorithm>
#include <utility>

#include "btf/declared.h"
#include "btf/fields.h"
#include "btf/name_hash.h"

namespace btfx {

namespace {

/// Combines two numbers: all bits of the product count, and the order matters.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return fold_product(a ^ 0xa0761d6478bd642f, b ^ 0xe7037ed1a0b428db);
}

std::uint64_t kind_hash(Kind kind) {
  return (static_cast<std::uint64_t>(kind) + 1) * 0x9e3779b97f4a7c15;
}

/// Whether the type counts by its name where it is used.
bool is_named(TypeView type) {
  switch (type.kind()) {
    case Kind::unkn:
    case Kind::ptr:
    case Kind::array:
    case Kind::func_proto:
    case Kind::decl_tag:
      return false;
    default:
      return !is_modifier(type.kind()) && !type.name().empty();
  }
}

/// How often an array with loops is gone over: types in a loop that differ only farther away than this look the same.
constexpr int cycle_rounds = 8;

}  // namespace

std::uint64_t declaration_key(Kind declared_kind, std::string_view name) {
  return mix(kind_hash(declared_kind), hash_text(name));
}

bool holds_halves(const Btf& btf) {
  for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    if (type.kind() == Kind::enum_ && is_wide_enum(type)) return true;
  }
  return false;
}

bool is_wide_enum(TypeView type) {
  return is_enum(type.kind()) && type.size() == 8;
}

Fingerprints::Fingerprints(BtfPtr btf, std::shared_ptr<const Fingerprints> base, Aliases aliases, bool halves)
    : btf_(std::move(btf)),
      base_(std::move(base)),
      aliases_(std::move(aliases)),
      halves_(halves),
      first_(raw(btf_->first_id())),
      references_(btf_->own_types()) {
  find_tags();
  name_types();  // now: every named type has its reference
  std::vector<State> states(references_.size(), State::unseen);
  std::vector<std::uint32_t> stack, cyclic;
  for (std::uint32_t i = 0; i < references_.size(); ++i) {
    if (references_[i] == 0) visit_anonymous(first_ + i, states, stack, cyclic);
  }
  resolve_cycles(cyclic);  // now: every type has
}

std::uint64_t Fingerprints::name_hash(StringOffset name) const {
  return raw(name) == 0 ? 0 : hash_text(btf_->string(name));
}

void Fingerprints::find_tags() {
  for (TypeId id = btf_->first_id(); id != btf_->end_id(); ++id) {
    if (btf_->type(id).kind() == Kind::decl_tag) tags_.push_back(id);
  }
  std::ranges::stable_sort(tags_, {}, [&](TypeId tag) { return btf_->type(tag).target(); });
  if (!tags_.empty()) tagged_.resize(references_.size());
  for (const TypeId tag : tags_) {
    if (const TypeId target = btf_->type(tag).target(); target >= btf_->first_id())
      tagged_[raw(target) - first_] = true;
  }
}

std::span<const TypeId> Fingerprints::tags_on(TypeId id) const {
  const auto target = [&](TypeId tag) { return btf_->type(tag).target(); };
  return {std::ranges::lower_bound(tags_, id, {}, target), std::ranges::upper_bound(tags_, id, {}, target)};
}

void Fingerprints::name_types() {
  for (std::uint32_t i = 0; i < references_.size(); ++i) {
    const TypeView type = btf_->type(TypeId{first_ + i});
    if (!is_named(type)) continue;
    std::uint64_t key = declaration_key(declared_kind(type), type.name());
    if (const auto alias = aliases_.find(key); alias != aliases_.end()) key = alias->second;
    references_[i] = key | (key == 0);  // 0 says "not known yet"
  }
}

/// Computes the references of an anonymous type and of all that it holds, those below first; notes the types that are
/// part of a loop or lead into one, which well-formed BTF does not have.
void Fingerprints::visit_anonymous(std::uint32_t id, std::vector<State>& states, std::vector<std::uint32_t>& stack,
                                   std::vector<std::uint32_t>& cyclic) {
  stack.push_back(id);
  while (!stack.empty()) {
    const std::uint32_t index = stack.back() - first_;
    State& state = states[index];
    if (references_[index] != 0 || state == State::cyclic) {
      stack.pop_back();
      continue;
    }
    const TypeView type = btf_->type(TypeId{stack.back()});
    const std::size_t height = stack.size();
    bool loops = false;
    state = State::open;
    visit_type_ids(type.record(), [&](std::uint32_t child) {
      if (child < first_ || references_[child - first_] != 0) return;
      if (states[child - first_] == State::unseen) {
        stack.push_back(child);
      } else {
        loops = true;  // it is open, or leads into a loop itself
      }
    });
    if (stack.size() != height) continue;  // again, when these are done
    stack.pop_back();
    if (loops) {
      state = State::cyclic;
      cyclic.push_back(first_ + index);
    } else {
      references_[index] = anonymous_reference(TypeId{first_ + index});
    }
  }
}

/// Distinguishes types in loops by what they hold a few steps away. The order of ids has no influence.
void Fingerprints::resolve_cycles(const std::vector<std::uint32_t>& cyclic) {
  for (const std::uint32_t id : cyclic) references_[id - first_] = kind_hash(declared_kind(btf_->type(TypeId{id})));
  std::vector<std::uint64_t> next(cyclic.size());
  for (int round = 0; round < cycle_rounds && !cyclic.empty(); ++round) {
    for (std::size_t i = 0; i < cyclic.size(); ++i) next[i] = anonymous_reference(TypeId{cyclic[i]});
    for (std::size_t i = 0; i < cyclic.size(); ++i) references_[cyclic[i] - first_] = next[i];
  }
}

/// Finds the anonymous composites and enums that no declaration holds, not even through pointers and the like that are
/// themselves held by nothing.
std::vector<TypeId> Fingerprints::find_unheld() const {
  std::vector<TypeId> unheld;
  std::vector<std::uint32_t> holders(references_.size());
  for (std::uint32_t i = 0; i < references_.size(); ++i) {
    const TypeView type = btf_->type(TypeId{first_ + i});
    if (type.kind() == Kind::decl_tag) continue;
    visit_type_ids(type.record(), [&](std::uint32_t id) {
      if (id >= first_) ++holders[id - first_];
    });
  }
  std::vector<std::uint32_t> dangling;
  const auto drop = [&](std::uint32_t index) {
    const TypeView type = btf_->type(TypeId{first_ + index});
    if (is_named(type) || type.kind() == Kind::decl_tag) return;
    if (is_composite(type.kind()) || is_enum(type.kind())) {
      unheld.push_back(TypeId{first_ + index});
    } else {
      dangling.push_back(index);
    }
  };
  for (std::uint32_t i = 0; i < holders.size(); ++i) {
    if (holders[i] == 0) drop(i);
  }
  while (!dangling.empty()) {
    const TypeView type = btf_->type(TypeId{first_ + dangling.back()});
    dangling.pop_back();
    visit_type_ids(type.record(), [&](std::uint32_t id) {
      if (id >= first_ && --holders[id - first_] == 0) drop(id - first_);
    });
  }
  return unheld;
}

std::vector<Declaration> Fingerprints::list_declarations() const {
  std::vector<Declaration> declarations;
  declarations.reserve(references_.size() * 5 / 8);
  const auto add = [&](std::uint64_t key, TypeId id) { declarations.push_back({key, content(id), id}); };
  for (std::uint32_t i = 0; i < references_.size(); ++i) {
    const TypeId id{first_ + i};
    const TypeView type = btf_->type(id);
    if (type.kind() == Kind::decl_tag) {
      if (type.target() < btf_->first_id()) add(anonymous_reference(id), id);
    } else if (is_named(type)) {
      add(references_[i], id);
    }
  }
  for (const TypeId id : find_unheld()) add(references_[raw(id) - first_], id);
  std::ranges::sort(declarations);
  // Equal ones are one; a forward declaration, whose content comes first, gives way to a definition.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < declarations.size(); ++i) {
    const Declaration& current = declarations[i];
    if (kept != 0 && declarations[kept - 1].key == current.key) {
      if (declarations[kept - 1].content == current.content) continue;
      if (declarations[kept - 1].content == incomplete_content) --kept;
    } else if (current.content == incomplete_content && base_ && !base_->find(current.key).empty()) {
      continue;
    }
    declarations[kept++] = current;
  }
  declarations.resize(kept);
  return declarations;
}

std::span<const Declaration> Fingerprints::find(std::uint64_t key) const {
  const std::span<const Declaration> all = declarations();
  return {std::ranges::lower_bound(all, key, {}, &Declaration::key),
          std::ranges::upper_bound(all, key, {}, &Declaration::key)};
}

std::uint64_t Fingerprints::anonymous_reference(TypeId id) const {
  const std::uint64_t hash = mix(kind_hash(declared_kind(btf_->type(id))), record_hash(id));
  return hash | (hash == 0);
}

std::uint64_t Fingerprints::content(TypeId id) const {
  const TypeView type = btf_->type(id);
  if (is_forward(type)) return incomplete_content;
  const std::uint64_t hash = record_hash(id);
  return hash | (hash == incomplete_content);
}

/// All that a record says but its own name. Elements are added up where their order says nothing: members have offsets,
/// enumerators values.
std::uint64_t Fingerprints::record_hash(TypeId id) const {
  const TypeView type = btf_->type(id);
  std::uint64_t hash = type.kind_flag();
  const std::uint32_t count = type.vlen();
  switch (type.kind()) {
    case Kind::int_:
      hash = mix(type.size(), type.payload()[0]);
      break;
    case Kind::float_:
      hash = type.size();
      break;
    case Kind::struct_:
    case Kind::union_:
      hash = type.size();  // whether a composite has bitfields is said by its members
      for (std::uint32_t i = 0; i < count; ++i) {
        const Member member = type.member(i);
        hash += mix(mix(name_hash(member.name), reference(member.type)),
                    std::uint64_t{member.bit_offset} << 8 | member.bitfield_size);
      }
      break;
    case Kind::enum_:
    case Kind::enum64: {
      const bool is_halved = halves_ && is_wide_enum(type);
      const std::uint64_t mask = is_halved ? 0xffffffff : ~std::uint64_t{0};
      hash = mix(type.size(), is_halved ? 0 : hash);
      for (std::uint32_t i = 0; i < count; ++i) {
        hash += mix(name_hash(type.enumerator_name(i)), type.enumerator_value(i) & mask);
      }
      break;
    }
    case Kind::array:
      hash = mix(reference(type.element()), type.element_count());  // the index type is never spelled
      break;
    case Kind::func:
    case Kind::var:
      hash = mix(type.linkage(), reference(type.target()));
      break;
    case Kind::func_proto:
      hash = reference(type.target());
      for (std::uint32_t i = 0; i < count; ++i) {
        const Param param = type.param(i);
        hash = mix(hash, mix(name_hash(param.name), reference(param.type)));
      }
      break;
    case Kind::datasec:
      hash = type.size();
      for (std::uint32_t i = 0; i < count; ++i) {
        const SectionEntry entry = type.entry(i);
        hash += mix(reference(entry.type), std::uint64_t{entry.offset} << 32 | entry.size);
      }
      break;
    case Kind::type_tag:
      hash = mix(hash, mix(name_hash(type.name_offset()), reference(type.target())));
      break;
    case Kind::decl_tag:
      hash = mix(mix(hash, type.payload()[0]), mix(name_hash(type.name_offset()), reference(type.target())));
      break;
    case Kind::ptr:
    case Kind::typedef_:
    case Kind::volatile_:
    case Kind::const_:
    case Kind::restrict_:
      hash = reference(type.target());
      break;
    default:
      for (const std::uint32_t word : type.words().subspan(1)) hash = mix(hash, word);
  }
  return tagged_.empty() || id < btf_->first_id() || !tagged_[raw(id) - first_] ? hash : hash + tags_hash(id);
}

/// All declaration tags on a type, in any order, each counted once.
std::uint64_t Fingerprints::tags_hash(TypeId id) const {
  const TypeView type = btf_->type(id);
  std::vector<std::uint64_t> hashes;
  for (const TypeId tag_id : tags_on(id)) {
    const TypeView tag = btf_->type(tag_id);
    const auto component = static_cast<std::uint32_t>(tag.component());
    const bool on_member = is_composite(type.kind()) && component < type.vlen();
    hashes.push_back(mix(mix(tag.kind_flag(), name_hash(tag.name_offset())),
                         on_member ? name_hash(type.member(component).name) : component));
  }
  std::ranges::sort(hashes);
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  std::uint64_t sum = 0;
  for (const std::uint64_t hash : hashes) sum += hash;
  return sum;
}

}  // namespace btfx

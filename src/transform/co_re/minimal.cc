#include "transform/co_re/minimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "btf/builder.h"
#include "btf/fields.h"

namespace btfx {

namespace {

/// How far a type is kept: bits, because several uses may come to one type.
enum Reach : std::uint8_t {
  shallow = 1,      // up to pointers and members
  through = 2,      // through pointers, up to members
  matched = 4,      // with members, up to those of composites behind pointers
  behind = 8,       // the same, behind a pointer
  everything = 16,  // with members, through pointers
};

/// The reach of what a type of that kind refers to.
Reach reach_below(Kind kind, Reach reach) {
  if (kind == Kind::ptr && reach == matched) return behind;
  return reach;
}

/// Whether a type that is kept so far keeps what it refers to.
bool goes_on(Kind kind, Reach reach) {
  if (is_composite(kind)) return reach == matched || reach == everything;
  return kind != Kind::ptr || reach != shallow;
}

/// What is kept of one source's own types.
struct Part {
  explicit Part(const Btf& source) : btf(&source) {}

  [[nodiscard]] std::size_t index(TypeId id) const { return raw(id) - raw(btf->first_id()); }

  const Btf* btf;
  std::vector<std::uint8_t> reached;  // bits of Reach; empty until something is kept
  std::unordered_map<std::uint32_t, std::vector<bool>> members;
  std::vector<std::uint32_t> new_ids;
};

class Minimal {
 public:
  explicit Minimal(std::span<const BtfPtr> sources) {
    for (const BtfPtr& source : sources) {
      if (places_.emplace(source.get(), parts_.size()).second) parts_.emplace_back(*source);
    }
  }

  void add(const CoreUse& use) {
    switch (use.extent) {
      case CoreUse::Extent::field:
        return keep_path(use);
      case CoreUse::Extent::type:
        return keep(*use.btf, use.root, through);
      case CoreUse::Extent::match:
        return keep(*use.btf, use.root, matched);
      case CoreUse::Extent::whole:
        return keep(*use.btf, use.root, everything);
    }
  }

  /// The size of pointers is not written anywhere in a BTF: `long` tells it, and without `long` one takes 8 bytes.
  void keep_pointer_size() {
    if (parts_.empty()) return;
    const Btf& root = *parts_.front().btf;
    const TypeId tells = find_long(root);
    if (tells != void_id && root.type(tells).size() == 4) keep(root, tells, shallow);
  }

  Bytes finish(ByteOrder order) {
    for (Part& part : parts_) copy(part);
    for (Part& part : parts_) renumber(part);
    return result_.finish(order);
  }

 private:
  Part& part_of(TypeView type) { return parts_[places_.at(&type.btf())]; }

  void keep(const Btf& btf, TypeId root, Reach reach) {
    std::vector<std::pair<TypeId, Reach>> pending{{root, reach}};
    while (!pending.empty()) {
      const auto [id, reach_here] = pending.back();
      pending.pop_back();
      if (id == void_id || !mark(btf.type(id), id, reach_here)) continue;
      const TypeView type = btf.type(id);
      if (!goes_on(type.kind(), reach_here)) continue;
      const Reach below = reach_below(type.kind(), reach_here);
      visit_type_ids(type.record(), [&](std::uint32_t target) { pending.emplace_back(TypeId{target}, below); });
    }
  }

  /// False when the type was kept so far before.
  bool mark(TypeView type, TypeId id, Reach reach) {
    switch (type.kind()) {
      case Kind::func:
      case Kind::var:
      case Kind::datasec:
      case Kind::decl_tag:
        throw Error(ErrorCode::unsupported,
                    fmt::format("is a {}, which no member can have", kind_info(type.kind()).name),
                    {.type_id = raw(id)});
      default:
        break;
    }
    if (!is_known(type.kind())) {
      throw Error(ErrorCode::unsupported, "is of an unknown kind, so that nobody knows what it needs",
                  {.type_id = raw(id)});
    }
    Part& part = part_of(type);
    if (part.reached.empty()) part.reached.resize(part.btf->own_types());
    std::uint8_t& bits = part.reached[part.index(id)];
    if ((bits & reach) != 0) return false;
    bits = static_cast<std::uint8_t>(bits | reach);
    return true;
  }

  void keep_path(const CoreUse& use) {
    keep(*use.btf, use.root, shallow);
    TypeId id = use.root;
    for (std::size_t step = 1; step < use.path.size(); ++step) {
      id = without_modifiers(*use.btf, id);
      const TypeView type = use.btf->type(id);
      const std::uint32_t index = use.path[step];
      if (is_composite(type.kind()) && index < type.vlen()) {
        std::vector<bool>& members = part_of(type).members[raw(id)];
        members.resize(type.vlen());
        members[index] = true;
        id = type.member(index).type;
        keep(*use.btf, id, shallow);
      } else if (type.kind() == Kind::array) {
        id = type.element();  // which was kept with the array
      } else {
        throw Error(ErrorCode::malformed, fmt::format("has no element {}", index), {.type_id = raw(id)});
      }
    }
  }

  static TypeId without_modifiers(const Btf& btf, TypeId id) {
    for (std::uint32_t steps = raw(btf.end_id()); steps != 0; --steps) {
      const TypeView type = btf.type(id);
      if (!is_modifier(type.kind()) && type.kind() != Kind::typedef_) break;
      id = type.target();
    }
    return id;
  }

  void copy(Part& part) {
    part.new_ids.resize(part.reached.size());
    for (std::size_t i = 0; i < part.reached.size(); ++i) {
      if (part.reached[i] == 0) continue;
      const TypeId id = part.btf->first_id() + static_cast<std::uint32_t>(i);
      const TypeView type = part.btf->type(id);
      const bool with_members = (part.reached[i] & (matched | everything)) != 0;
      part.new_ids[i] =
          raw(is_composite(type.kind()) ? copy_composite(part, id, type, with_members) : result_.copy(type));
    }
  }

  /// A composite with the members that are kept. It has a kind_flag only where a bitfield wants one.
  TypeId copy_composite(const Part& part, TypeId id, TypeView type, bool with_members) {
    std::vector<Member> kept;
    const auto asked_for = part.members.find(raw(id));
    for (std::uint32_t i = 0; i < type.vlen(); ++i) {
      if (with_members || (asked_for != part.members.end() && asked_for->second[i])) kept.push_back(type.member(i));
    }
    const bool has_bitfield = std::ranges::any_of(kept, [](const Member& member) { return member.bitfield_size != 0; });
    const TypeId copied = result_.add_composite(type.kind(), type.name(), type.size(), has_bitfield);
    for (const Member& member : kept) {
      result_.add_member(type.btf().string(member.name), member.type, member.bit_offset, member.bitfield_size);
    }
    return copied;
  }

  void renumber(const Part& part) {
    for (const std::uint32_t new_id : part.new_ids) {
      if (new_id == 0) continue;
      visit_type_ids(result_.record(TypeId{new_id}).data(), [&](std::uint32_t& target) {
        if (target == 0) return;
        const Part& owner = part_of(part.btf->type(TypeId{target}));
        target = owner.new_ids.empty() ? 0 : owner.new_ids[owner.index(TypeId{target})];
      });
    }
  }

  std::vector<Part> parts_;
  std::unordered_map<const Btf*, std::size_t> places_;
  BtfBuilder result_;
};

/// Whether a relocation comes to the same on both kernels. Ids of types may differ, but not what they mean.
bool same_outcome(const CoreRelocation& relocation, const CoreResult& a, const CoreKernel& kernel_a,
                  const CoreResult& b, const CoreKernel& kernel_b) {
  if (relocation.kind != CoreKind::target_type_id) return a.verdict == b.verdict && a.new_value == b.new_value;
  if (a.access.has_value() != b.access.has_value()) return false;
  if (!a.access) return a.verdict == b.verdict;
  const TypeView type_a = kernel_a.parts()[a.part].btf->type(a.access->root);
  const TypeView type_b = kernel_b.parts()[b.part].btf->type(b.access->root);
  return type_a.kind() == type_b.kind() && type_a.name() == type_b.name();
}

/// What the relocations of all objects use.
std::vector<CoreUse> uses_of(std::span<const CoreObject> objects, std::span<const CoreAnswer> answers,
                             const CoreKernel& kernel) {
  std::vector<CoreUse> uses;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    for (std::size_t r = 0; r < objects[i].relocations.size(); ++r) {
      const CoreRelocation& relocation = objects[i].relocations[r];
      const CoreResult& result = answers[i].results[r];
      if (result.verdict == CoreVerdict::ambiguous) {
        throw Error(ErrorCode::refused,
                    fmt::format("{}, instruction {}: {} is ambiguous on {}, so that no BTF can serve it",
                                objects[i].programs[relocation.program].name, relocation.program_insn, relocation.path,
                                kernel.name()),
                    {.file = objects[i].name, .section = std::string(relocation.section)});
      }
      if (std::optional<CoreUse> use = core_use(relocation, result, kernel)) uses.push_back(*std::move(use));
    }
  }
  return uses;
}

}  // namespace

Bytes core_minimal(std::span<const BtfPtr> sources, std::span<const CoreUse> uses, ByteOrder order) {
  Minimal minimal(sources);
  for (const CoreUse& use : uses) minimal.add(use);
  minimal.keep_pointer_size();
  return minimal.finish(order);
}

std::optional<CoreUse> core_use(const CoreRelocation& relocation, const CoreResult& result, const CoreKernel& kernel) {
  if (!relocation.kind || !result.access || relocation.kind == CoreKind::local_type_id) return std::nullopt;
  CoreUse use{.btf = kernel.parts()[result.part].btf.get(), .root = result.access->root};
  if (core_kind_info(*relocation.kind).group == CoreGroup::field) {
    use.extent = CoreUse::Extent::field;
    use.path = result.access->numbers;
  } else if (relocation.kind == CoreKind::type_matches) {
    use.extent = CoreUse::Extent::match;
  }
  return use;
}

Bytes core_minimal(std::span<const CoreObject> objects, const CoreKernel& kernel) {
  std::vector<CoreAnswer> answers;
  for (const CoreObject& object : objects) answers.push_back(resolve_core(object, kernel));
  std::vector<BtfPtr> sources;
  for (const CorePart& part : kernel.parts()) sources.push_back(part.btf);
  std::vector<CoreUse> uses = uses_of(objects, answers, kernel);
  // Now: what matched is served. But a type without its members may match where the whole one does not, or not match
  // where it took part in deciding which candidates the next relocation had. Both are rare, and found by trying.
  std::string unserved;
  for (const CoreUse::Extent more : {CoreUse::Extent::match, CoreUse::Extent::whole, CoreUse::Extent::whole}) {
    Bytes bytes = core_minimal(sources, uses, sources.front()->byte_order());
    const CoreKernel small(kernel.name(), Btf::parse(bytes));
    unserved.clear();
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const CoreAnswer answer = resolve_core(objects[i], small);
      for (std::size_t r = 0; r < answer.results.size(); ++r) {
        const CoreRelocation& relocation = objects[i].relocations[r];
        const CoreResult& wanted = answers[i].results[r];
        if (same_outcome(relocation, wanted, kernel, answer.results[r], small)) continue;
        unserved = fmt::format("{} of {} is {} on {}, but {} on any part of it", relocation.spec, objects[i].name,
                               to_string(wanted.verdict), kernel.name(), to_string(answer.results[r].verdict));
        for (const CoreCandidate& candidate : wanted.candidates) {
          uses.push_back({kernel.parts()[candidate.part].btf.get(), candidate.id, more});
        }
      }
    }
    if (unserved.empty()) return bytes;
  }
  throw Error(ErrorCode::unsupported, unserved);
}

}  // namespace btfx

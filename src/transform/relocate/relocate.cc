#include "transform/relocate/relocate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "btf/fields.h"
#include "btf/measure.h"

namespace btfx {

namespace {

constexpr std::uint64_t max_comparisons = std::uint64_t{1} << 26;  // more only where names repeat by malice
constexpr std::uint32_t max_candidates = 64;
constexpr std::uint32_t size_mask = 0x7fffffff;  // libbpf keeps sizes in 31 bits

/// Whether a FWD declares what a composite or another FWD is: a struct or a union.
bool is_union(TypeView type) {
  return type.kind() == Kind::fwd ? type.kind_flag() : type.kind() == Kind::union_;
}

/// What a candidate is for a distilled type, by the sound rules.
enum class CandidateRole { none, declaration, definition };

CandidateRole role(TypeView wanted, TypeView candidate) {
  const Kind kind = wanted.kind();
  if (kind == Kind::fwd || is_composite(kind)) {
    if (candidate.kind() != Kind::fwd && !is_composite(candidate.kind())) return CandidateRole::none;
    if (is_union(wanted) != is_union(candidate)) return CandidateRole::none;
    return candidate.kind() == Kind::fwd ? CandidateRole::declaration : CandidateRole::definition;
  }
  const bool same = is_enum(kind) ? is_enum(candidate.kind()) : kind == candidate.kind();
  return same ? CandidateRole::definition : CandidateRole::none;
}

void add(TypeFit& fit, FitFinding finding) {
  fit.findings = static_cast<std::uint16_t>(fit.findings | 1U << static_cast<unsigned>(finding));
}

void remove(TypeFit& fit, FitFinding finding) {
  fit.findings = static_cast<std::uint16_t>(fit.findings & ~(1U << static_cast<unsigned>(finding)));
}

/// Sets `shared` to the names that several composites among `types` have, in ascending order. The kernel compares
/// offsets, so that a name stored twice is two names.
void find_shared_names(const Btf& base, std::span<const TypeId> types, std::vector<StringOffset>& shared) {
  shared.clear();
  for (const TypeId id : types) {
    const TypeView type = base.type(id);
    if (is_composite(type.kind())) shared.push_back(type.name_offset());
  }
  std::ranges::sort(shared);
  std::size_t kept = 0;
  for (std::size_t i = 1; i < shared.size(); ++i) {
    if (shared[i] == shared[i - 1]) shared[kept++] = shared[i];
  }
  shared.resize(kept);
}

/// Whether the kernel compares no sizes: for a FWD, and for the only composite of its name.
bool takes_any_size(TypeView candidate, std::span<const StringOffset> shared) {
  return candidate.kind() == Kind::fwd ||
         (is_composite(candidate.kind()) && !std::ranges::binary_search(shared, candidate.name_offset()));
}

}  // namespace

RelocationTarget::RelocationTarget(BtfPtr base) : base_(std::move(base)) {
  if (base_->is_split()) throw Error(ErrorCode::unsupported, "is split BTF, and cannot be the base of a relocation");
}

TypeId RelocationTarget::find_poison() const {
  std::vector<TypeId> nameless;
  for (const TypeId id : base_->names().find({})) {
    if (is_relocation_candidate(base_->type(id).kind())) nameless.push_back(id);
  }
  std::vector<StringOffset> shared;
  find_shared_names(*base_, nameless, shared);
  for (const TypeId id : nameless) {
    const TypeView type = base_->type(id);
    if (takes_any_size(type, shared) || (type.size() & size_mask) == 0) return id;
  }
  return void_id;
}

std::optional<KernelFailure> refuse_distilled_base(const Btf& distilled) {
  for (TypeId id = distilled.first_id(); id != distilled.end_id(); ++id) {
    const TypeView type = distilled.type(id);
    const Kind kind = type.kind();
    const auto number = static_cast<unsigned>(kind);
    if (!is_relocation_candidate(kind) || kind == Kind::enum64) {
      return KernelFailure{
          fmt::format("type [{}] in distilled based BTF has unexpected kind [{}]", raw(id), number),  // as it is spelt
          EINVAL};
    }
    if (!type.is_named()) {
      return KernelFailure{
          fmt::format("type [{}], kind [{}] is invalid for distilled base BTF; it is anonymous", raw(id), number),
          EINVAL};
    }
  }
  return std::nullopt;
}

std::optional<TypeId> Relocation::find(TypeId id) const {
  if (!succeeded()) return std::nullopt;
  const std::size_t distilled = map.size();
  if (raw(id) < distilled) return map[raw(id)];
  if (raw(id) - distilled >= split_types) return std::nullopt;
  return first_new + (raw(id) - static_cast<std::uint32_t>(distilled));
}

Relocation Relocator::run(const Btf& split, const RelocationTarget& target, const RelocateOptions& options) {
  if (!split.is_split()) throw Error(ErrorCode::no_base, "is not split BTF: there is nothing to relocate");
  split_ = &split;
  distilled_ = split.base().get();
  target_ = &target;
  options_ = options;
  comparisons_ = 0;
  check_distilled_base();
  if (split.has_unknown_kinds()) {
    throw Error(ErrorCode::unsupported, "holds types of unknown kinds, whose references are unknown");
  }

  Relocation result;
  survey();  // now: how every distilled composite is held
  if (options.origins == nullptr) find_string_gaps(result);
  const std::uint32_t end = raw(distilled_->end_id());
  result.types.reserve(end - 1);
  for (std::uint32_t id = 1; id < end; ++id) {
    TypeFit& type = result.types.emplace_back();
    type.id = TypeId{id};
    fit(type, result);
  }
  if (options.notes) find_foreign_forwards(result);
  result.kernel_failure = kernel_failure(result);
  result.sound = result.string_gaps.empty() &&
                 std::ranges::none_of(result.types, [](const TypeFit& type) { return type.sound_target == void_id; });
  map(result);
  if (options.strict ? result.sound : !result.kernel_failure) rewrite(result);
  return result;
}

void Relocator::check_distilled_base() const {
  if (distilled_->is_split()) throw Error(ErrorCode::unsupported, "the distilled base is split BTF itself");
  for (TypeId id = distilled_->first_id(); id != distilled_->end_id(); ++id) {
    const TypeView type = distilled_->type(id);
    const Kind kind = type.kind();
    if (!is_relocation_candidate(kind) || kind == Kind::enum64) {
      throw Error(ErrorCode::malformed,
                  fmt::format("is of kind {}, which has no place in a distilled base", kind_info(kind).name),
                  {.section = ".BTF.base", .type_id = raw(id)});
    }
    if (!type.is_named()) {
      throw Error(ErrorCode::malformed,
                  fmt::format("is an anonymous {}, but a distilled base has only named types", kind_info(kind).name),
                  {.section = ".BTF.base", .type_id = raw(id)});
    }
  }
}

/// Walks the split BTF once, for everything that must be known about its types before types are fitted.
void Relocator::survey() {
  holdings_.assign(raw(distilled_->end_id()), {});
  referenced_.assign(split_->own_types(), 0);
  type_names_.clear();
  forwards_.clear();
  const std::uint32_t* words = split_->own_words().data();
  TypeId id = split_->first_id();
  for (std::size_t i = 0; i < split_->own_starts().size(); ++i, ++id) {
    survey_type(TypeView(split_, words + split_->own_starts()[i]), split_->own_kinds()[i], id);
  }
  hold_unused_names();
}

/// Finds strings of the distilled base that the split BTF uses and that are no name of a type there.
void Relocator::find_string_gaps(Relocation& relocation) {
  const std::uint32_t end = raw(distilled_->end_id()), strings = distilled_->string_end();
  names_.assign(strings, 0);
  for (std::uint32_t id = 1; id < end; ++id) names_[raw(distilled_->type(TypeId{id}).name_offset())] = 1;
  TypeId id = split_->first_id();
  for_each_record(split_->own_words(), [&](const std::uint32_t* record) {
    visit_names(record, [&](std::uint32_t name) {
      if (name != 0 && name < strings && names_[name] == 0) relocation.string_gaps.emplace_back(id, StringOffset{name});
    });
    ++id;
  });
}

void Relocator::survey_type(TypeView type, Kind kind, TypeId id) {
  if (kind != Kind::decl_tag) {
    const std::uint32_t first = raw(split_->first_id());
    visit_type_ids(type.record(), [&](std::uint32_t target) {
      if (target >= first) referenced_[target - first] = 1;
    });
  }
  switch (kind) {
    case Kind::struct_:
    case Kind::union_:
      for (std::uint32_t i = 0; i < type.vlen(); ++i) {
        hold(held_composite(type.member(i).type, id), HeldAs::member, id, i);
      }
      break;
    case Kind::func_proto:
      for (std::uint32_t i = 0; i < type.vlen(); ++i) {
        hold(held_composite(type.param(i).type, void_id), HeldAs::parameter, id, i);
      }
      hold(held_composite(type.target(), void_id), HeldAs::parameter, id, type.vlen());
      break;
    case Kind::var:
      hold(held_composite(type.target(), void_id), HeldAs::variable, id);
      break;
    case Kind::array:
      hold(held_composite(type.element(), void_id), HeldAs::array, id);
      break;
    case Kind::typedef_:
      if (const TypeId named = held_composite(type.target(), void_id); named != void_id) {
        type_names_.emplace_back(id, named);
      }
      break;
    case Kind::fwd:
      forwards_.push_back(id);
      break;
    default:
      break;
  }
}

/// The distilled composite that a type is, under modifiers, typedefs and arrays; void when it is something else.
/// The kernel follows members only, and without a bound; for them (see their `holder`) an endless chain is an
/// error.
TypeId Relocator::held_composite(TypeId type, TypeId holder) const {
  const TypeId first_split = split_->first_id();
  const Kind* const kinds = split_->own_kinds().data();
  for (int steps = 0; steps <= max_chain; ++steps) {
    if (type < first_split) return is_composite(distilled_->kind(type)) ? type : void_id;
    const std::uint32_t place = raw(type) - raw(first_split);
    const Kind kind = kinds[place];
    const bool is_link = is_modifier(kind) || kind == Kind::typedef_;
    if (!is_link && kind != Kind::array) return void_id;
    const TypeView link(split_, split_->own_words().data() + split_->own_starts()[place]);
    type = is_link ? link.target() : link.element();
  }
  if (holder == void_id) return void_id;
  throw Error(
      ErrorCode::malformed,
      fmt::format("has a member whose type leads through more than {} modifiers, typedefs and arrays", max_chain),
      {.type_id = raw(holder)});
}

void Relocator::hold(TypeId composite, HeldAs use, TypeId holder, std::uint32_t element) {
  if (composite == void_id) return;
  ByValueUse& holding = holdings_[raw(composite)];
  const auto bit = static_cast<std::uint8_t>(use);
  const bool first = holding.uses == 0 || (use == HeldAs::member && (holding.uses & bit) == 0);
  holding.uses = static_cast<std::uint8_t>(holding.uses | bit);
  if (!first) return;
  holding.holder = holder;
  holding.element = element;
}

/// A TYPEDEF that nothing refers to may be meant for anything, so its composite counts as held by value.
void Relocator::hold_unused_names() {
  std::erase_if(type_names_, [&](const auto& name) { return holdings_[raw(name.second)].uses != 0; });
  for (const auto& [name, composite] : type_names_) {
    if (referenced_[raw(name) - raw(split_->first_id())] == 0) hold(composite, HeldAs::name, name);
  }
}

/// The types of the target that have the name of a distilled type.
NameIndex::Range Relocator::candidates(const TypeFit& fit) const {
  if (options_.links != nullptr) return options_.links->find((*options_.origins)[raw(fit.id) - 1]);
  return target_->btf()->names().find(distilled_->type(fit.id).name());
}

void Relocator::fit(TypeFit& fit, Relocation& relocation) {
  const TypeView wanted = distilled_->type(fit.id);
  const ByValueUse& holding = holdings_[raw(fit.id)];
  fit.uses = holding.uses;
  fit.holder = holding.holder;
  fit.element = holding.element;
  same_name_.clear();
  for (const TypeId candidate : candidates(fit)) {
    if (++comparisons_ > max_comparisons) throw Error(ErrorCode::unsupported, "too many types of the same name");
    if (is_relocation_candidate(target_->btf()->type(candidate).kind())) same_name_.push_back(candidate);
  }
  find_shared_names(*target_->btf(), same_name_, shared_names_);
  for (const TypeId candidate : same_name_) {
    if (!kernel_accepts(fit, wanted, candidate)) continue;
    if (fit.kernel_target == void_id) {
      fit.kernel_target = candidate;
    } else if (fit.kernel_rival == void_id) {
      fit.kernel_rival = candidate;
    }
  }
  if (fit.kernel_target != void_id) {
    fit.kernel = fit.kernel_rival == void_id ? TypeFit::Kernel::mapped : TypeFit::Kernel::ambiguous;
  }
  judge(fit, wanted);
  if (fit.kernel == TypeFit::Kernel::mapped && fit.sound_target == fit.kernel_target) return;
  fit.first_candidate = static_cast<std::uint32_t>(relocation.candidates.size());
  fit.candidates = std::min(max_candidates, static_cast<std::uint32_t>(same_name_.size()));
  relocation.candidates.insert(relocation.candidates.end(), same_name_.begin(), same_name_.begin() + fit.candidates);
}

/// The kernel's rules for one pair of equal name.
bool Relocator::kernel_accepts(const TypeFit& fit, TypeView wanted, TypeId id) const {
  const TypeView candidate = target_->btf()->type(id);
  const Kind kind = candidate.kind();
  if (!takes_any_size(candidate, shared_names_) && (candidate.size() & size_mask) != (wanted.size() & size_mask))
    return false;
  switch (wanted.kind()) {
    case Kind::fwd:
      if (kind == Kind::fwd) return candidate.kind_flag() == wanted.kind_flag();
      // The flag of a composite says that it has bitfields; the kernel reads it as that of a FWD.
      return is_composite(kind) && candidate.kind_flag() == (kind == Kind::union_);
    case Kind::int_:
      return kind == Kind::int_ && candidate.int_encoding() == wanted.int_encoding();
    case Kind::float_:
      return kind == Kind::float_;
    case Kind::enum_:
      return is_enum(kind);
    default:  // a composite takes any kind
      return !fit.has(HeldAs::member) || candidate.size() == wanted.size();
  }
}

/// The sound rules for one distilled type, and where the kernel's say otherwise.
void Relocator::judge(TypeFit& fit, TypeView wanted) const {
  struct Group {
    std::uint32_t count = 0;
    TypeId first = void_id;
    void add(TypeId id) {
      if (count++ == 0) first = id;
    }
  } exact, definitions, declarations;
  const Kind kind = wanted.kind();
  bool other_encoding = false;
  for (const TypeId id : same_name_) {
    const TypeView candidate = target_->btf()->type(id);
    const CandidateRole is = role(wanted, candidate);
    if (is == CandidateRole::none) continue;
    (is == CandidateRole::definition ? definitions : declarations).add(id);
    if (is != CandidateRole::definition || candidate.size() != wanted.size()) continue;
    if (kind == Kind::int_ && candidate.int_encoding() != wanted.int_encoding()) {
      other_encoding = true;
    } else {
      exact.add(id);
    }
  }

  const bool has_declaration_only = kind == Kind::fwd;
  const bool through_pointers = has_declaration_only || (is_composite(kind) && fit.uses == 0);
  if (exact.count > 1 && !has_declaration_only) {
    add(fit, FitFinding::ambiguous);
  } else if (exact.count == 1 && !has_declaration_only) {
    fit.sound_target = exact.first;
    if (kind == Kind::enum_) add(fit, FitFinding::enum_only_size);
  } else if (!through_pointers) {
    add(fit, other_encoding            ? FitFinding::int_encoding
             : definitions.count == 0  ? FitFinding::missing
             : fit.has(HeldAs::member) ? FitFinding::member_size
                                       : FitFinding::byvalue_size);
  } else if (definitions.count == 1) {
    fit.sound_target = definitions.first;
    if (!has_declaration_only) add(fit, FitFinding::pointer_size);
  } else if (declarations.count != 0 && (definitions.count == 0 || has_declaration_only)) {
    fit.sound_target = declarations.first;
  } else if (definitions.count != 0) {
    fit.sound_target = definitions.first;
    add(fit, FitFinding::ambiguous_pointer);
  } else {
    add(fit, FitFinding::missing);
  }

  if (fit.kernel == TypeFit::Kernel::mapped) {
    if (fit.kernel_target == fit.sound_target) return;
    if (role(wanted, target_->btf()->type(fit.kernel_target)) == CandidateRole::none) {
      remove(fit, FitFinding::missing);
      add(fit, FitFinding::wrong_kind);
    } else if (fit.sound_target != void_id) {
      add(fit, FitFinding::forward_and_struct);
    }
  } else if (fit.sound_target != void_id && !fit.has(FitFinding::ambiguous_pointer)) {
    if (fit.kernel == TypeFit::Kernel::missing) {
      const TypeView chosen = target_->btf()->type(fit.sound_target);
      const bool by_flag = has_declaration_only && chosen.kind_flag() != is_union(chosen);
      add(fit, by_flag ? FitFinding::forward_rule : FitFinding::kind_clash);
      return;
    }
    const CandidateRole first = role(wanted, target_->btf()->type(fit.kernel_target));
    const CandidateRole second = role(wanted, target_->btf()->type(fit.kernel_rival));
    add(fit, first == CandidateRole::none || second == CandidateRole::none ? FitFinding::kind_clash
             : first != second                                             ? FitFinding::forward_and_struct
                                                                           : FitFinding::ambiguous_pointer);
  }
}

void Relocator::find_foreign_forwards(Relocation& relocation) const {
  std::vector<std::string_view> defined;  // names of the split BTF's composites, once they are needed
  for (const TypeId id : forwards_) {
    const TypeView forward = split_->type(id);
    bool found = false;
    for (const TypeId candidate : target_->btf()->names().find(forward.name())) {
      found = found || role(forward, target_->btf()->type(candidate)) == CandidateRole::definition;
    }
    if (found) continue;
    if (defined.empty()) {
      for (TypeId other = split_->first_id(); other != split_->end_id(); ++other) {
        const TypeView type = split_->type(other);
        if (is_composite(type.kind()) && !type.name().empty()) defined.push_back(type.name());
      }
      std::ranges::sort(defined);
    }
    if (!std::ranges::binary_search(defined, forward.name())) relocation.foreign_forwards.push_back(id);
  }
}

/// What the kernel stops at. It walks the target by ascending id, comparing with the distilled types of that name by
/// ascending size; after that it looks for distilled types without counterpart; and then maps strings.
std::optional<KernelFailure> Relocator::kernel_failure(const Relocation& relocation) const {
  const TypeFit* rival = nullptr;
  const TypeFit* missing = nullptr;
  const auto order = [&](const TypeFit& fit) {
    return std::pair(fit.kernel_rival, distilled_->type(fit.id).size() & size_mask);
  };
  for (const TypeFit& fit : relocation.types) {
    if (fit.kernel == TypeFit::Kernel::missing && missing == nullptr) missing = &fit;
    if (fit.kernel == TypeFit::Kernel::ambiguous && (rival == nullptr || order(fit) < order(*rival))) rival = &fit;
  }
  if (const TypeId poison = target_->poison();
      poison != void_id && (rival == nullptr || poison <= rival->kernel_rival)) {
    return KernelFailure{
        fmt::format("base BTF id [{}] maps to invalid distilled base BTF id [0]", raw(target_->poison())), EINVAL};
  }
  if (rival != nullptr) {
    return KernelFailure{
        fmt::format("distilled base BTF type '{}' [{}], size {} has multiple candidates of the same size "
                    "(ids [{}, {}]) in base BTF",
                    distilled_->type(rival->id).name(), raw(rival->id),
                    target_->btf()->type(rival->kernel_rival).size(), raw(rival->kernel_rival),
                    raw(rival->kernel_target)),
        EINVAL};
  }
  if (missing != nullptr) {
    return KernelFailure{fmt::format("distilled base BTF type '{}' [{}] is not mapped to base BTF id",
                                     distilled_->type(missing->id).name(), raw(missing->id)),
                         EINVAL};
  }
  if (!relocation.string_gaps.empty()) {
    return KernelFailure{
        fmt::format("string '' [offset {}] is not mapped to base BTF", raw(relocation.string_gaps.front().second)),
        ENOENT};
  }
  return std::nullopt;
}

/// Collects the counterparts that the chosen rules found, and what must be known to rewrite names by them.
void Relocator::map(Relocation& relocation) {
  relocation.map.assign(raw(distilled_->end_id()), void_id);
  relocation.first_new = target_->btf()->end_id();
  relocation.split_types = split_->own_types();
  mapped_.clear();
  for (const TypeFit& fit : relocation.types) {
    const TypeId chosen = options_.strict                         ? fit.sound_target
                          : fit.kernel == TypeFit::Kernel::mapped ? fit.kernel_target
                                                                  : void_id;
    if (chosen == void_id) continue;
    relocation.map[raw(fit.id)] = chosen;
    mapped_.emplace_back(raw(chosen), raw(fit.id));
  }
  std::ranges::sort(mapped_);
  for (std::size_t i = 0; i < mapped_.size(); ++i) {
    const auto [target, id] = mapped_[i];
    if (options_.origins == nullptr) {
      // Of several distilled types with one name the last that the kernel comes by gives the offset.
      names_[raw(distilled_->type(TypeId{id}).name_offset())] = raw(target_->btf()->type(TypeId{target}).name_offset());
    }
    if (i == 0 || mapped_[i - 1].first != target) continue;
    add(relocation.types[id - 1], FitFinding::merged);
    add(relocation.types[mapped_[i - 1].second - 1], FitFinding::merged);
  }
}

void Relocator::rewrite(Relocation& relocation) {
  const std::uint32_t old_first = raw(split_->first_id()), old_strings = distilled_->string_end();
  const std::uint64_t shift = std::uint64_t{raw(relocation.first_new)} - old_first;
  const std::uint64_t string_shift = std::uint64_t{target_->btf()->string_end()} - old_strings;
  if (std::uint64_t{raw(relocation.first_new)} + relocation.split_types > 0x7fffffff ||
      std::uint64_t{target_->btf()->string_end()} + split_->own_strings().size() > 0xffffffff) {
    throw Error(ErrorCode::unsupported, "too many types or strings for this base");
  }
  if (split_->has_unknown_header()) {
    throw Error(ErrorCode::unsupported, "has a header with unknown fields, and must not be changed");
  }
  relocation.is_mapped = true;
  if (options_.verdict_only || options_.origins != nullptr) return;
  const ByteView blob = split_->blob().view();
  std::vector<std::byte> result(blob.begin(), blob.end());
  const std::size_t start = std::size_t{split_->header().header_length} + split_->header().type_offset;
  std::byte* types = result.data() + start;
  const std::span<const std::uint32_t> own = split_->own_words();
  std::span<std::uint32_t> words(reinterpret_cast<std::uint32_t*>(types), own.size());
  const bool in_place = split_->byte_order() == native_order && start % sizeof words[0] == 0;
  if (!in_place) {
    words_.assign(own.begin(), own.end());
    words = words_;
  }
  for_each_record(words, [&](std::uint32_t* record) {
    visit_names(record, [&](std::uint32_t& name) {
      name = name >= old_strings ? static_cast<std::uint32_t>(name + string_shift) : name == 0 ? 0 : names_[name];
    });
    visit_type_ids(record, [&](std::uint32_t& id) {
      id = id >= old_first ? static_cast<std::uint32_t>(id + shift) : raw(relocation.map[id]);
    });
  });
  if (!in_place) {
    for (std::size_t i = 0; i < words_.size(); ++i) store(types + 4 * i, words_[i], split_->byte_order());
  }
  relocation.split = Bytes(std::move(result));
}

}  // namespace btfx

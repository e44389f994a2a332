#include "transform/co_re/resolve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/counted.h"
#include "base/once.h"
#include "btf/declared.h"
#include "btf/names.h"
#include "btf/spelling.h"
#include "results/change.h"
#include "transform/co_re/externs.h"
#include "transform/co_re/features.h"
#include "transform/co_re/guard.h"
#include "transform/co_re/match.h"
#include "transform/co_re/patch.h"
#include "transform/co_re/targets.h"
#include "transform/co_re/types.h"
#include "transform/co_re/values.h"

namespace btfx {

/// The types of one part whose names have a flavour, by essential name. All others are in the names of the BTF.
struct CoreKernel::Index {
  using Flavours = std::unordered_map<std::string_view, std::vector<TypeId>>;
  Once<Flavours> flavours;
};

CoreKernel::CoreKernel(std::string name, BtfPtr base) : name_(std::move(name)) {
  add_module(std::string(base_part), std::move(base));
}
CoreKernel::~CoreKernel() = default;
CoreKernel::CoreKernel(CoreKernel&&) noexcept = default;
CoreKernel& CoreKernel::operator=(CoreKernel&&) noexcept = default;

void CoreKernel::add_module(std::string name, BtfPtr btf) {
  parts_.push_back({std::move(name), std::move(btf)});
  indexes_.push_back(std::make_unique<Index>());
}

CoreColumn CoreKernel::column() const {
  CoreColumn column{.name = name_, .parts = {}};
  for (const CorePart& part : parts_) column.parts.push_back(part.name);
  return column;
}

std::string CoreKernel::searched() const {
  const std::size_t modules = parts_.size() - 1 + passed_;
  if (modules == 0) return parts_.front().name;
  if (modules == 1 && passed_ == 0) return fmt::format("{} and {}", parts_[0].name, parts_[1].name);
  return fmt::format("{} and {}", parts_.front().name, counted(modules, "module"));
}

std::vector<TypeId> CoreKernel::find(std::size_t part, std::string_view essential) const {
  const Btf& btf = *parts_[part].btf;
  const Index::Flavours& flavours = indexes_[part]->flavours.get([&] {
    Index::Flavours found;
    for (TypeId id = btf.first_id(); id < btf.end_id(); ++id) {
      const std::string_view name = btf.type(id).name();
      const std::string_view stem = essential_name(name);
      if (stem.size() != name.size()) found[stem].push_back(id);
    }
    return found;
  });
  std::vector<TypeId> ids;
  // A name that has a flavour itself is not its own essential name.
  if (essential_name(essential).size() == essential.size()) {
    for (const TypeId id : btf.names().find(essential)) ids.push_back(id);
  }
  if (const auto found = flavours.find(essential); found != flavours.end()) {
    ids.insert(ids.end(), found->second.begin(), found->second.end());
    std::ranges::sort(ids);
  }
  return ids;
}

namespace {

/// A type of a kernel.
struct KernelType {
  std::size_t part = 0;
  TypeId id = void_id;
};

struct Match {
  KernelType where;
  CoreAccess access;
  CoreValue value;
};

/// What came of trying candidates.
struct Found {
  std::vector<CoreCandidate> candidates;
  std::vector<Match> matches;
  std::optional<CoreFailure> failure;  ///< they contradict each other, or one makes the reference give up
};

void fail(CoreResult& result, CoreVerdict verdict, CoreFailure failure) {
  result.verdict = verdict;
  result.reason = failure.reason;
  result.message = std::move(failure.message);
  result.new_value.reset();
}

std::string spell_number(std::uint64_t value, bool is_signed) {
  return is_signed ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
}

std::string spell_bits(std::uint64_t bits) {
  return bits % 8 == 0 ? fmt::format("{}", bits / 8) : fmt::format("{}.{}", bits / 8, bits % 8);
}

void warn(CoreResult& result, FindingCode code, std::string text) {
  result.findings.push_back({Severity::warning, code, std::move(text)});
}

/// What lies at a byte offset.
std::string spell_value(const Btf& btf, const CoreValue& value) {
  if (value.bitfield_size != 0) return "a bitfield of " + counted(value.bitfield_size, "bit");
  return fmt::format("'{}' of {}", spell_type(btf, value.type), counted(value.size, "byte"));
}

/// What a type is called, without its flavour.
std::string spell_essential(TypeView type) {
  std::string text = spell_name(type);  // which ends with the name
  text.resize(text.size() - (type.name().size() - essential_name(type.name()).size()));
  return text;
}

/// A bitfield that is read without the builtins: the load's offset is relocated, shifts and masks are not.
void warn_of_bitfield(const CoreRelocation& relocation, const CoreSlot& slot, const CoreValue& local,
                      const CoreValue& target, CoreResult& result) {
  if (slot.form != CoreForm::memory || local.bitfield_size == 0 || target.bitfield_size == 0) return;
  // Modulo 2^64: the program reads the bit that lies as far from the load as it did in the local type.
  const std::uint64_t from_load = relocation.access.bit_offset - slot.value * 8;
  const std::uint64_t read = target.value * 8 + from_load;
  if (read == result.access->bit_offset && local.bitfield_size == target.bitfield_size) return;
  warn(result, "bitfield-place",
       fmt::format("a bitfield is accessed without the builtins for that: the program takes {} at {}, but the field "
                   "is {} at {}",
                   counted(local.bitfield_size, "bit"), spell_bits(read), counted(target.bitfield_size, "bit"),
                   spell_bits(result.access->bit_offset)));
}

/// Resolves the relocations of one object on one kernel in their order, by one set of rules.
class CoreResolver {
 public:
  CoreResolver(const CoreObject& object, const CoreKernel& kernel, bool search_all)
      : object_(object), kernel_(kernel), search_all_(search_all) {}

  CoreResult run(const CoreRelocation& relocation);

 private:
  using Places = std::vector<KernelType>;

  [[nodiscard]] const Btf& btf_of(std::size_t part) const { return *kernel_.parts()[part].btf; }
  [[nodiscard]] TypeView type_of(KernelType where) const { return btf_of(where.part).type(where.id); }
  [[nodiscard]] TypeView root_of(const CoreRelocation& relocation) const {
    return object_.btf->type(relocation.access.root);
  }
  /// Whether the type bears the root's name without a flavour.
  [[nodiscard]] bool is_exact(KernelType where) const {
    return essential_name(type_of(where).name()) == type_of(where).name();
  }
  [[nodiscard]] std::string spell(KernelType where) const;
  [[nodiscard]] std::string module_list(const Places& places) const;

  Places& candidates_of(const CoreRelocation& relocation);
  void search(std::size_t part, const CoreRelocation& relocation, Places& places) const;
  void search_modules(const CoreRelocation& relocation, Places& places) const;
  [[nodiscard]] Places search_definitions(const CoreRelocation& relocation) const;
  [[nodiscard]] Places search_further(const CoreRelocation& relocation, const Places& candidates) const;

  [[nodiscard]] Found match_all(const CoreRelocation& relocation, const Places& places);
  /// Whether results may take so many bytes more, and there was not too much work for those so far.
  [[nodiscard]] bool afford(std::size_t bytes);
  [[nodiscard]] CoreMatch match(const CoreRelocation& relocation, KernelType where) const;
  [[nodiscard]] std::optional<CoreFailure> difference(CoreKind kind, const Match& one, const Match& other) const;

  void conclude_absence(const CoreRelocation& relocation, const Found& further, CoreResult& result) const;
  [[nodiscard]] CoreFailure why_no_candidates(const CoreRelocation& relocation) const;
  void write(const CoreRelocation& relocation, CoreValue value, const Btf& btf, CoreResult& result) const;
  [[nodiscard]] bool correct_sign(const CoreRelocation& relocation, CoreWrite& write, const Btf& btf,
                                  CoreResult& result) const;
  void complete_cut(const CoreRelocation& relocation, CoreWrite& write, const Btf& btf, CoreResult& result) const;

  const CoreObject& object_;
  const CoreKernel& kernel_;
  bool search_all_;
  std::map<std::uint32_t, Places> candidates_;  // by the local root: those that have not been ruled out
  std::uint64_t worked_ = 0;                    // members and such that were looked at so far
  std::size_t told_ = 0;                        // bytes that the results so far take, roughly
};

std::string CoreResolver::spell(KernelType where) const {
  return fmt::format("{} [{}] in {}", spell_name(type_of(where)), raw(where.id), kernel_.parts()[where.part].name);
}

std::string CoreResolver::module_list(const Places& places) const {
  std::vector<std::string_view> names;
  for (const KernelType& where : places) {
    const std::string_view name = kernel_.parts()[where.part].name;
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void CoreResolver::search(std::size_t part, const CoreRelocation& relocation, Places& places) const {
  const TypeView root = root_of(relocation);
  for (const TypeId id : kernel_.find(part, essential_name(root.name()))) {
    if (same_core_kind(btf_of(part).type(id), root)) places.push_back({part, id});
  }
}

void CoreResolver::search_modules(const CoreRelocation& relocation, Places& places) const {
  for (std::size_t part = 1; part < kernel_.parts().size(); ++part) search(part, relocation, places);
}

CoreResolver::Places& CoreResolver::candidates_of(const CoreRelocation& relocation) {
  const auto [found, is_new] = candidates_.try_emplace(raw(relocation.access.root));
  Places& places = found->second;
  if (!is_new) return places;
  search(0, relocation, places);
  if (places.empty()) search_modules(relocation, places);
  if (search_all_) {
    std::stable_partition(places.begin(), places.end(), [&](KernelType where) { return is_exact(where); });
  }
  return places;
}

/// What a root that is a forward declaration declares: in vmlinux, or else in modules.
CoreResolver::Places CoreResolver::search_definitions(const CoreRelocation& relocation) const {
  const TypeView root = root_of(relocation);
  Places places;
  for (std::size_t part = 0; part < kernel_.parts().size(); ++part) {
    for (const TypeId id : kernel_.find(part, essential_name(root.name()))) {
      if (btf_of(part).type(id).kind() == declared_kind(root)) places.push_back({part, id});
    }
    if (part == 0 && !places.empty()) break;
  }
  return places;
}

/// Where the reference does not look, after no candidate matched.
CoreResolver::Places CoreResolver::search_further(const CoreRelocation& relocation, const Places& candidates) const {
  if (root_of(relocation).kind() == Kind::fwd) return search_definitions(relocation);
  Places places;
  if (!candidates.empty() && candidates.front().part == 0) search_modules(relocation, places);
  return places;
}

CoreMatch CoreResolver::match(const CoreRelocation& relocation, KernelType where) const {
  if (root_of(relocation).kind() == Kind::fwd && type_of(where).kind() != Kind::fwd) {
    return {.state = CoreMatch::State::match, .access = {.root = where.id, .numbers = {0}}};
  }
  return match_core(*object_.btf, *relocation.kind, relocation.access, btf_of(where.part), where.id);
}

/// What two matches do not agree in; nothing when either will do.
std::optional<CoreFailure> CoreResolver::difference(CoreKind kind, const Match& one, const Match& other) const {
  const auto tell = [&](CoreReason reason, std::string_view what, const std::string& first, const std::string& second) {
    return CoreFailure{reason, fmt::format("several types match, but differ in {}: {} is {}, {} is {}", what,
                                           spell(one.where), first, spell(other.where), second)};
  };
  if (one.access.bit_offset != other.access.bit_offset) {
    return tell(CoreReason::offsets_differ, "the offset", spell_bits(one.access.bit_offset),
                spell_bits(other.access.bit_offset));
  }
  if (one.value.value != other.value.value) {
    return tell(CoreReason::values_differ, core_kind_info(kind).name,
                spell_number(one.value.value, one.value.is_signed),
                spell_number(other.value.value, other.value.is_signed));
  }
  return std::nullopt;
}

bool CoreResolver::afford(std::size_t bytes) {
  // Relocations times candidates, or members, is much more than either.
  constexpr std::size_t most_bytes = std::size_t{1} << 28;
  constexpr std::uint64_t most_work = std::uint64_t{1} << 28;
  told_ += bytes;
  return told_ <= most_bytes && worked_ <= most_work;
}

/// Tries candidates one after the other, until they contradict each other.
Found CoreResolver::match_all(const CoreRelocation& relocation, const Places& places) {
  Found found;
  if (!afford(places.size() * sizeof(CoreCandidate))) {
    found.failure = {CoreReason::too_many,
                     "matching this object takes too much: too many types of one name, or with too many members"};
    return found;
  }
  for (const KernelType& where : places) found.candidates.push_back({.part = where.part, .id = where.id});
  bool exact = false;
  for (CoreCandidate& candidate : found.candidates) {
    const KernelType where{candidate.part, candidate.id};
    if (search_all_ && exact && !is_exact(where)) break;  // flavours count when nothing of the very name matches
    CoreMatch tried = match(relocation, where);
    worked_ += tried.work;
    if (tried.state != CoreMatch::State::match) {
      candidate.state = CoreCandidate::State::rejected;
      candidate.reason = tried.failure.reason;
      candidate.message = tried.failure.message;
      told_ += candidate.message.size();
      if (tried.state == CoreMatch::State::rejected) continue;
      found.failure = std::move(tried.failure);
      break;
    }
    candidate.state = CoreCandidate::State::match;
    exact = exact || is_exact(where);
    auto value = core_value(btf_of(where.part), *relocation.kind, tried.access, object_.order);
    if (auto* failure = std::get_if<CoreFailure>(&value)) {
      found.failure = std::move(*failure);
      break;
    }
    found.matches.push_back({where, std::move(tried.access), std::get<CoreValue>(value)});
    found.failure = difference(*relocation.kind, found.matches.front(), found.matches.back());
    if (found.failure) break;
  }
  return found;
}

CoreFailure CoreResolver::why_no_candidates(const CoreRelocation& relocation) const {
  const TypeView root = root_of(relocation);
  const std::string wanted = spell_essential(root);
  Places definitions, declarations, others;
  for (std::size_t part = 0; part < kernel_.parts().size(); ++part) {
    for (const TypeId id : kernel_.find(part, essential_name(root.name()))) {
      const TypeView type = btf_of(part).type(id);
      const bool alike = declared_kind(type) == declared_kind(root);
      (!alike ? others : type.kind() == Kind::fwd ? declarations : definitions).push_back({part, id});
    }
  }
  if (!definitions.empty()) {  // of a type that has the root's kind they would have been candidates
    return {CoreReason::local_forward, fmt::format("{} is only declared in the object, and so its definition does not "
                                                   "count; there is one in {}",
                                                   wanted, module_list(definitions))};
  }
  if (!declarations.empty()) {
    return {CoreReason::forward_only, fmt::format("{} is only declared in {}", wanted, module_list(declarations))};
  }
  if (!others.empty()) return {CoreReason::kind_differs, fmt::format("no {}, but {}", wanted, spell(others.front()))};
  return {CoreReason::no_type, fmt::format("no {} in {}", wanted, kernel_.searched())};
}

/// Nothing matches; `further` is what the reference does not find.
void CoreResolver::conclude_absence(const CoreRelocation& relocation, const Found& further, CoreResult& result) const {
  CoreFailure why;
  if (result.candidates.empty()) {
    why = why_no_candidates(relocation);
  } else {
    // Of several candidates the one that bears just the name tells best what is missing.
    auto best = std::ranges::find_if(result.candidates, [&](const auto& candidate) {
      return is_exact({candidate.part, candidate.id});
    });
    if (best == result.candidates.end()) best = result.candidates.begin();
    why = {best->reason, best->message};
    if (const std::size_t more = result.candidates.size() - 1; more != 0) {
      why.message += more == 1 ? "; another type of that name does not match either"
                               : fmt::format("; {} other types of that name do not match either", more);
    }
    if (!further.matches.empty()) {
      Places places;
      for (const Match& match : further.matches) places.push_back(match.where);
      why.reason = CoreReason::modules_not_searched;
      why.message += fmt::format(
          "; there is a match in {}, but modules are not searched when vmlinux has a type of "
          "that name",
          module_list(places));
    }
  }
  if (core_kind_info(*relocation.kind).can_poison) return fail(result, CoreVerdict::poison, std::move(why));
  write(relocation, {.value = 0}, *object_.btf, result);
  if (result.verdict == CoreVerdict::error) return;
  result.verdict = CoreVerdict::absent;
  result.reason = why.reason;
  result.message = std::move(why.message);
}

/// An enumerator without a sign that does not fit in 31 bits: clang writes it as it is, the reference expects it to be
/// extended as a signed number, and refuses. True when that is the case; then `write` has the right values.
bool CoreResolver::correct_sign(const CoreRelocation& relocation, CoreWrite& write, const Btf& btf,
                                CoreResult& result) const {
  if (relocation.kind != CoreKind::enumerator_value || !result.access || write.old_value == relocation.held_value) {
    return false;
  }
  const auto value_in = [](const Btf& of, const CoreAccess& access) {
    return of.type(access.steps[0].type).enumerator_value(access.steps[0].index);
  };
  if (value_in(*object_.btf, relocation.access) != relocation.held_value) return false;
  write.old_value = relocation.held_value;
  write.new_value = value_in(btf, *result.access);
  result.is_signed = btf.type(result.access->steps[0].type).kind_flag();
  return true;
}

/// Before Linux 6.0 BTF had no enumerators of more than 32 bits: an enum of eight bytes lost their upper halves. What
/// the object says of the same enumerator is right if the lower halves are equal; the reference takes what is left.
void CoreResolver::complete_cut(const CoreRelocation& relocation, CoreWrite& write, const Btf& btf,
                                CoreResult& result) const {
  if (relocation.kind != CoreKind::enumerator_value || !result.access || !relocation.own_value) return;
  const TypeView type = btf.type(result.access->steps[0].type);
  const std::uint64_t own = *relocation.own_value, left = write.new_value;
  if (type.kind() != Kind::enum_ || type.size() != 8 || own == left) return;
  if (search_all_ && static_cast<std::uint32_t>(own) == static_cast<std::uint32_t>(left)) {
    write.new_value = own;
    result.is_signed = relocation.own_is_signed;
    return;
  }
  warn(
      result, "enum-cut",
      fmt::format("{} has 8 bytes, of which the kernel's BTF holds 4: the program gets {}, the object has {}",
                  spell_name(type), spell_number(left, result.is_signed), spell_number(own, relocation.own_is_signed)));
}

/// Writes a value into the instruction, in mind. `btf` is where it comes from.
void CoreResolver::write(const CoreRelocation& relocation, CoreValue value, const Btf& btf, CoreResult& result) const {
  CoreSlot slot;
  if (auto failure = read_slot(object_.programs[relocation.program], object_.order, relocation.program_insn, slot)) {
    return fail(result, CoreVerdict::error, std::move(*failure));
  }
  const CoreKind kind = *relocation.kind;
  CoreWrite write{.old_value = *relocation.old_value, .new_value = value.value, .checked = relocation.checked};
  result.is_signed = value.is_signed;
  const auto local = core_value(*object_.btf, kind, relocation.access, object_.order);
  const auto* local_value = std::get_if<CoreValue>(&local);
  if (kind == CoreKind::byte_offset && local_value != nullptr) {
    if (sizes_clash(*object_.btf, *local_value, btf, value)) {
      write.clash = fmt::format(
          "'{}' is {}, in the object {}: a load or store is only adapted from pointer to pointer "
          "and from unsigned integer to unsigned integer",
          relocation.path, spell_value(btf, value), spell_value(*object_.btf, *local_value));
    }
    write.old_size = local_value->size;
    write.new_size = value.size;
  }
  if (correct_sign(relocation, write, btf, result) && !search_all_) {
    return fail(
        result, CoreVerdict::error,
        {CoreReason::reference_rejects,
         fmt::format("the instruction holds {}, which is right for an enum without sign, but libbpf expects {}; "
                     "the value would become {}",
                     relocation.held_value, spell_number(*relocation.old_value, false),
                     spell_number(write.new_value, result.is_signed))});
  }
  complete_cut(relocation, write, btf, result);
  CoreWritten written = write_slot(slot, write);
  if (written.verdict == CoreVerdict::error || written.verdict == CoreVerdict::poison) {
    fail(result, written.verdict, std::move(written.failure));
    if (written.verdict == CoreVerdict::poison) result.new_value = write.new_value;
    return;
  }
  result.verdict = written.verdict;
  result.new_value = write.new_value;
  result.new_width = written.new_width;
  if (written.loses_bits) {
    warn(result, "immediate-cut",
         fmt::format("{} does not fit in the instruction's 32 bits, and is cut",
                     spell_number(write.new_value, result.is_signed)));
  }
  if (!result.access || local_value == nullptr) return;
  warn_of_bitfield(relocation, slot, *local_value, value, result);
  if (kind == CoreKind::target_type_id && result.part != 0) {
    warn(result, "module-type-id",
         fmt::format("the id is one of module {}, which the instruction cannot tell",
                     kernel_.parts()[result.part].name));
  }
}

CoreResult CoreResolver::run(const CoreRelocation& relocation) {
  CoreResult result;
  if (relocation.reason != CoreReason::none) {
    fail(result, CoreVerdict::error, {relocation.reason, relocation.message});
    return result;
  }
  if (relocation.kind == CoreKind::local_type_id) {
    write(relocation, {.value = raw(relocation.access.root)}, *object_.btf, result);
    return result;
  }
  Places& candidates = candidates_of(relocation);
  Found found = match_all(relocation, candidates), further;
  if (!found.matches.empty() && !found.failure) {
    // What does not match is not asked again, whatever else is accessed through the same local type.
    candidates.clear();
    for (const Match& match : found.matches) candidates.push_back(match.where);
  } else if (!found.failure) {
    further = match_all(relocation, search_further(relocation, candidates));
    if (search_all_ && !further.matches.empty()) found = std::exchange(further, {});
  }
  result.candidates = std::move(found.candidates);
  if (found.matches.empty() && !found.failure) {
    conclude_absence(relocation, further, result);
    told_ += result.message.size();
    return result;
  }
  // Now: something matches, or stands in the way.
  if (!found.matches.empty()) {
    Match& first = found.matches.front();
    result.part = first.where.part;
    result.access = std::move(first.access);
    result.spec = core_spec(btf_of(result.part), *relocation.kind, *result.access);
    told_ += result.spec.size();
  }
  if (found.failure) {
    told_ += found.failure->message.size();
    const CoreReason reason = found.failure->reason;
    const bool ambiguous = reason == CoreReason::values_differ || reason == CoreReason::offsets_differ;
    fail(result, ambiguous ? CoreVerdict::ambiguous : CoreVerdict::error, std::move(*found.failure));
    return result;
  }
  write(relocation, found.matches.front().value, btf_of(result.part), result);
  return result;
}

/// Marks what comes out differently than with the reference.
void mark_difference(CoreResult& result, const CoreResult& reference) {
  const auto id = [](const CoreResult& of) { return of.access ? of.access->root : void_id; };
  const bool same = result.verdict == reference.verdict && result.new_value == reference.new_value &&
                    id(result) == id(reference) && result.part == reference.part;
  if (same) return;
  result.beyond_reference = true;
  std::string text = fmt::format("differs from the reference, which gives {}", to_string(reference.verdict));
  if (reference.new_value) text += fmt::format(" {}", spell_number(*reference.new_value, reference.is_signed));
  if (!reference.message.empty()) text += fmt::format(": {}", reference.message);
  result.findings.push_back({"beyond-reference", std::move(text)});
}

bool is_optional(const CoreObject& object, const CoreRelocation& relocation) {
  return object.programs[relocation.program].is_optional();
}

/// A result for each relocation, in its place. `optional`: whether programs that are left out by default are loaded; if
/// not, their results are empty.
std::vector<CoreResult> resolve_all(const CoreObject& object, const CoreKernel& kernel, const CoreOptions& options,
                                    bool optional) {
  std::vector<CoreResult> results;
  CoreResolver reference(object, kernel, false), further(object, kernel, true);
  for (const CoreRelocation& relocation : object.relocations) {
    CoreResult& result = results.emplace_back();
    if (!optional && is_optional(object, relocation)) continue;
    result = reference.run(relocation);
    if (!options.search_all) continue;
    CoreResult sound = further.run(relocation);
    mark_difference(sound, result);
    result = std::move(sound);
  }
  return results;
}

}  // namespace

namespace {

/// Counts what there is to say about an object and its relocations.
void count(const CoreObject& object, CoreAnswer& answer) {
  for (std::size_t i = 0; i < answer.results.size(); ++i) {
    const CoreResult& result = answer.results[i];
    if (result.guard == CoreGuard::not_loaded) ++answer.optional_failures;
    if (is_optional(object, object.relocations[i])) continue;
    if (result.may_fail()) ++(result.verdict == CoreVerdict::poison ? answer.unguarded : answer.failures);
    if (result.has_warning()) ++answer.warnings;
  }
  for (const CoreExternResult& external : answer.externs) {
    if (external.fails()) ++answer.failures;
    if (external.state == CoreExternResult::State::unknown || external.is_called) ++answer.doubts;
  }
  for (std::size_t i = 0; i < answer.targets.size(); ++i) {
    const CoreTargetResult& target = answer.targets[i];
    const bool is_unknown = target.state == CoreTargetResult::State::unknown;
    if (object.programs[i].is_optional()) {
      if (target.fails()) ++answer.optional_failures;
    } else if (target.at_load) {
      if (target.fails()) ++answer.failures;
      if (is_unknown) ++answer.doubts;
    } else {
      if (target.fails()) ++answer.unattached;
      if (is_unknown) ++answer.unsure_targets;
    }
  }
  for (const Diagnostic& finding : answer.findings) {
    if (finding.severity == Severity::error) ++answer.failures;
    if (finding.severity == Severity::warning) ++answer.doubts;
  }
}

}  // namespace

CoreAnswer resolve_core(const CoreObject& object, const CoreKernel& kernel, const CoreOptions& options) {
  CoreAnswer answer;
  answer.results = resolve_all(object, kernel, options, false);
  const auto asks_optionally = [&](const CoreRelocation& relocation) { return is_optional(object, relocation); };
  if (std::ranges::any_of(object.relocations, asks_optionally)) {
    // What they ask would narrow the candidates of others, if they were loaded.
    std::vector<CoreResult> all = resolve_all(object, kernel, options, true);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (asks_optionally(object.relocations[i])) answer.results[i] = std::move(all[i]);
    }
  }
  answer.externs = resolve_core_externs(object, kernel);
  const ResolvedTargets targets = resolve_core_targets(object, kernel);
  answer.findings = targets.findings;
  append(answer.findings, check_features(object, *kernel.base()));
  for (const ResolvedTarget& target : targets.programs) answer.targets.push_back(target.result);
  judge_core(object, *kernel.base(), targets.programs, answer);
  if (object.order != kernel.base()->byte_order()) {
    answer.findings.push_back({Severity::error, "byte-order",
                               fmt::format("the object is {}-endian and the kernel {}-endian: loaders refuse it",
                                           to_string(object.order), to_string(kernel.base()->byte_order()))});
  }
  count(object, answer);
  return answer;
}

}  // namespace btfx

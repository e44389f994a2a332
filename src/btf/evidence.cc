#include "btf/evidence.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "btf/fields.h"
#include "btf/measure.h"
#include "btf/names.h"

namespace btfx {

namespace {

constexpr std::size_t most_examples = 3;

/// The strings that an offset can lie in, of a BTF and all its bases.
class StringSpace {
 public:
  explicit StringSpace(const RawBtf& btf) : btf_(btf) {}

  /// Where the string begins that holds the byte at `offset`.
  [[nodiscard]] std::uint32_t beginning(std::uint32_t offset) const {
    while (!begins(offset)) --offset;
    return offset;
  }

  [[nodiscard]] bool begins(std::uint32_t offset) const {
    if (offset >= btf_.string_start()) return begins_in(btf_.strings(), offset - btf_.string_start());
    const Btf* btf = btf_.base();
    while (offset < btf->string_start()) btf = btf->base().get();
    return begins_in(btf->own_strings(), offset - btf->string_start());
  }

 private:
  static bool begins_in(std::string_view strings, std::uint32_t at) { return at == 0 || strings[at - 1] == '\0'; }

  const RawBtf& btf_;
};

/// Kinds that only few others refer to.
constexpr bool is_declaration(Kind kind) {
  return kind == Kind::func || kind == Kind::var || kind == Kind::datasec || kind == Kind::decl_tag;
}

/// Whether a type of kind `holder` may refer to one of kind `target`. An index of an array is asked for by is_index().
constexpr bool makes_sense(Kind holder, Kind target) {
  switch (holder) {
    case Kind::func:
      return target == Kind::func_proto;
    case Kind::datasec:
      return target == Kind::var || target == Kind::func;
    case Kind::decl_tag:
      return is_composite(target) || target == Kind::func || target == Kind::var || target == Kind::typedef_;
    case Kind::struct_:
    case Kind::union_:
    case Kind::array:
    case Kind::var:
    case Kind::func_proto:
      return !is_declaration(target) && target != Kind::func_proto;
    default:
      return !is_declaration(target);
  }
}

/// The kinds of types that one of each kind may refer to, a bit for each; the highest stands for unknown ones.
class SensibleTargets {
 public:
  constexpr SensibleTargets() {
    for (std::uint32_t holder = 0; holder < known_kinds; ++holder) {
      for (std::uint32_t target = 0; target <= unknown; ++target) {
        if (makes_sense(static_cast<Kind>(holder), static_cast<Kind>(target))) targets_[holder] |= 1U << target;
      }
    }
  }
  /// `holder` is a known kind.
  [[nodiscard]] bool has(Kind holder, Kind target) const { return has(of(holder), target); }
  /// All that one of a known kind may refer to.
  [[nodiscard]] std::uint32_t of(Kind holder) const { return targets_[static_cast<std::size_t>(holder)]; }
  [[nodiscard]] static bool has(std::uint32_t targets, Kind target) {
    return (targets >> std::min(static_cast<std::uint32_t>(target), unknown) & 1) != 0;
  }

 private:
  static constexpr std::uint32_t unknown = 31;
  std::array<std::uint32_t, known_kinds> targets_{};
};
constexpr SensibleTargets sensible_targets;

/// Whether an array may be indexed by a type: an integer under any name.
bool is_index(const RawBtf& btf, std::uint32_t id) {
  for (int i = 0; i < max_chain; ++i) {
    const std::optional<RawRecord> record = btf.record(id);
    if (!record) return false;
    if (!is_modifier(record->kind()) && record->kind() != Kind::typedef_) return record->kind() == Kind::int_;
    id = record->size_or_type();
  }
  return false;
}

/// A record without its numbers, for comparing it with one of another BTF: names are texts, and references the kinds
/// and names of what they lead to.
struct Spelled {
  std::vector<std::uint32_t> words;
  std::vector<std::string_view> names;
  std::vector<Kind> kinds;

  void read(TypeView type) {
    const auto source = type.words();
    words.assign(source.begin(), source.end());
    names.clear();
    kinds.clear();
    visit_type_ids(words.data(), [&](std::uint32_t& word) {
      const TypeView target = type.btf().type(TypeId{word});
      names.push_back(target.name());
      kinds.push_back(target.kind());
      word = 0;
    });
    visit_names(words.data(), [&](std::uint32_t& word) {
      names.push_back(type.btf().string(StringOffset{word}));
      word = 0;
    });
  }
  bool operator==(const Spelled&) const = default;
};

}  // namespace

bool BaseEvidence::is_certain() const {
  constexpr std::uint64_t many = 3, share = 20, enough = 8;
  if (belongs()) return false;
  if (defined >= enough && repeated * 2 >= defined) return true;
  return faults() >= many || faults() * share >= names + references;
}

namespace {

/// Counts what the split BTF defines, and what of that the base has.
void count_repeated(const RawBtf& btf, BaseEvidence& evidence) {
  for (std::uint32_t id = btf.first_id(); id < btf.end_id(); ++id) {
    const RawRecord record = *btf.record(id);
    const Kind kind = record.kind();
    if ((!is_composite(kind) && !is_enum(kind)) || record.name() == 0 || !btf.has_string(record.name())) continue;
    ++evidence.defined;
    if (btf.base()->names().find(btf.string(record.name()), kind) != void_id) ++evidence.repeated;
  }
}

/// Takes the names and references of a BTF one after the other, with no branch that depends on where they lead, and
/// knows whether all are right.
class SoundFields {
 public:
  /// `btf` has strings of its own, and its base, if there is one, is a root.
  explicit SoundFields(const RawBtf& btf)
      : own_text_(btf.strings().data()),
        base_text_(btf.base() != nullptr ? btf.base()->own_strings().data() : nullptr),
        own_kinds_(btf.kinds().data()),
        base_kinds_(btf.base() != nullptr ? btf.base()->own_kinds().data() : nullptr),
        string_start_(btf.string_start()),
        string_end_(btf.string_start() + static_cast<std::uint32_t>(btf.strings().size())),
        first_id_(btf.first_id()),
        end_id_(btf.end_id()) {}

  void take_name(std::uint32_t name) {
    is_sound_ &= name < string_end_;
    name = name < string_end_ ? name : 0;
    const bool is_own = name >= string_start_;
    const std::uint32_t at = name - (is_own ? string_start_ : 0);
    const char* const text = is_own ? own_text_ : base_text_;
    const bool is_first = at == 0;
    is_sound_ &= is_first | (text[at - (is_first ? 0 : 1)] == '\0');
  }
  /// `sensible`: what a type of the holder's kind may refer to.
  void take_type(std::uint32_t target, std::uint32_t sensible) {
    if (target == 0) return;
    is_sound_ &= target < end_id_;
    target = target < end_id_ ? target : 1;  // there is one, that of `target`'s holder if no other
    const bool is_own = target >= first_id_;
    const Kind* const kinds = is_own ? own_kinds_ : base_kinds_;
    is_sound_ &= SensibleTargets::has(sensible, kinds[target - (is_own ? first_id_ : 1)]);
  }
  void take_index(const RawBtf& btf, std::uint32_t target) {
    is_sound_ &= target == 0 || (target < end_id_ && is_index(btf, target));
  }

  [[nodiscard]] bool is_sound() const { return is_sound_; }

 private:
  const char* own_text_;
  const char* base_text_;
  const Kind* own_kinds_;
  const Kind* base_kinds_;
  std::uint32_t string_start_, string_end_, first_id_, end_id_;
  bool is_sound_ = true;
};

/// Whether nothing is wrong, which takes a fraction of the time that it takes to say what is. May be false for what is
/// unusual.
[[gnu::flatten]]  // calls would keep the fields in memory
bool is_sound(const RawBtf& btf) {
  const Btf* base = btf.base();
  if (btf.strings().empty() || (base != nullptr && base->is_split())) return false;
  const std::uint32_t* words = btf.words().data();
  SoundFields fields(btf);
  for (const std::uint32_t at : btf.starts()) {
    const std::uint32_t* record = words + at;
    const Kind kind = InfoWord(record[1]).kind();
    if (!is_known(kind)) continue;
    const std::uint32_t sensible = sensible_targets.of(kind);
    if (kind == Kind::array) {
      fields.take_name(record[0]);
      fields.take_type(record[header_words], sensible);
      fields.take_index(btf, record[header_words + 1]);
    } else {
      visit_fields(
          record, [&](std::uint32_t name) { fields.take_name(name); },
          [&](std::uint32_t target) { fields.take_type(target, sensible); });
    }
    if (!fields.is_sound()) return false;
  }
  return true;
}

}  // namespace

BaseEvidence weigh_base(const RawBtf& btf) {
  BaseEvidence evidence;
  if (is_sound(btf)) return evidence;
  const StringSpace space(btf);
  const std::uint32_t* words = btf.words().data();
  std::uint32_t id = btf.first_id() - 1;
  for (const std::uint32_t at : btf.starts()) {
    const std::uint32_t* record = words + at;
    const Kind kind = InfoWord(record[1]).kind();
    ++id;
    if (!is_known(kind)) continue;
    visit_names(record, [&](std::uint32_t name) {
      if (name == 0) return;
      ++evidence.names;
      if (!btf.has_string(name)) {
        ++evidence.names_outside;
      } else if (!space.begins(name)) {
        ++evidence.misplaced;
        if (evidence.examples.size() < most_examples) evidence.examples.push_back({TypeId{id}, StringOffset{name}});
      }
    });
    const std::uint32_t* index = kind == Kind::array ? record + header_words + 1 : nullptr;
    visit_type_ids(record, [&](const std::uint32_t& target) {
      if (target == 0) return;
      ++evidence.references;
      if (target >= btf.end_id()) {
        ++evidence.references_outside;
        return;
      }
      if (&target == index ? is_index(btf, target) : sensible_targets.has(kind, btf.kind(target))) return;
      ++evidence.senseless;
      if (evidence.senseless_examples.size() < most_examples) {
        evidence.senseless_examples.push_back({TypeId{id}, TypeId{target}});
      }
    });
  }
  if (btf.base() != nullptr && !evidence.belongs()) count_repeated(btf, evidence);
  return evidence;
}

BaseEvidence weigh_base(const Btf& btf) {
  return weigh_base(RawBtf::of_parsed(btf));
}

std::string describe(const BaseEvidence& evidence, const RawBtf& btf) {
  std::vector<std::string> parts;
  const auto kind_name = [&](TypeId id) { return kind_info(btf.record(raw(id))->kind()).name; };
  if (evidence.misplaced != 0) {
    // One that shows something: at the end of a string there is nothing to be seen.
    const auto shows = [&](const BaseEvidence::Misplaced& one) { return !btf.string(raw(one.offset)).empty(); };
    const auto found = std::ranges::find_if(evidence.examples, shows);
    const BaseEvidence::Misplaced& example = found == evidence.examples.end() ? evidence.examples.front() : *found;
    const std::uint32_t offset = raw(example.offset), beginning = StringSpace(btf).beginning(offset);
    parts.push_back(fmt::format("{} of {} names begin inside a string, as '{}' in '{}' ({}, type {})",
                                evidence.misplaced, evidence.names, btf.string(offset), btf.string(beginning),
                                kind_name(example.type), raw(example.type)));
  }
  if (evidence.names_outside != 0) {
    parts.push_back(fmt::format("{} of {} names lie outside the strings", evidence.names_outside, evidence.names));
  }
  if (evidence.senseless != 0) {
    const BaseEvidence::Senseless& example = evidence.senseless_examples.front();
    parts.push_back(
        fmt::format("{} of {} references lead to a kind that cannot be there, as from type {} ({}) to {} ({})",
                    evidence.senseless, evidence.references, raw(example.type), kind_name(example.type),
                    raw(example.target), kind_name(example.target)));
  }
  if (evidence.references_outside != 0) {
    parts.push_back(
        fmt::format("{} of {} references lead to no type", evidence.references_outside, evidence.references));
  }
  if (evidence.repeated != 0) {
    parts.push_back(fmt::format("it defines {} of its {} named structs, unions and enums although the base has them",
                                evidence.repeated, evidence.defined));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string describe(const BaseEvidence& evidence, const Btf& btf) {
  return describe(evidence, RawBtf::of_parsed(btf));
}

std::optional<TypeId> first_divergence(const Btf& one, const Btf& other) {
  const TypeId end = std::min(one.end_id(), other.end_id());
  Spelled of_one, of_other;
  for (TypeId id{1}; id != end; ++id) {
    of_one.read(one.type(id));
    of_other.read(other.type(id));
    if (of_one != of_other) return id;
  }
  return one.end_id() == other.end_id() ? std::nullopt : std::optional(end);
}

Error hint_at_base(const Error& error, std::string_view hint) {
  if (error.code() != ErrorCode::malformed || !error.place().type_id) return error;
  return {error.code(), fmt::format("{}; {}", error.sentence(), hint), error.place()};
}

BtfPtr parse_on_base(Bytes blob, const BtfPtr& base, unsigned pointer_size) {
  try {
    {
      const RawBtf records = RawBtf::read(blob.view(), base.get());
      if (records.is_whole() && weigh_base(records).belongs()) {
        return Btf::parse_weighed(blob, base, records, pointer_size);
      }
    }
    BtfPtr btf = Btf::parse(std::move(blob), base, pointer_size);
    const BaseEvidence evidence = weigh_base(*btf);
    if (evidence.belongs()) return btf;
    throw Error(ErrorCode::refused, "does not belong to this base: " + describe(evidence, *btf));
  } catch (const Error& error) {
    throw hint_at_base(error);
  }
}

bool is_standalone(const Bytes& blob) {
  // What does not parse is not standalone.
  return optional_on_error([&] { return weigh_base(*Btf::parse(blob)).belongs(); }).value_or(false);
}

}  // namespace btfx

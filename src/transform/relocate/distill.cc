#include "transform/relocate/distill.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "btf/builder.h"
#include "btf/fields.h"
#include "btf/name_hash.h"
#include "btf/raw_btf.h"
#include "transform/edit/sort.h"

namespace btfx {

namespace {

/// Whether a needed type is distilled, which needs nothing that it refers to; else it is moved.
bool is_distilled(TypeView type) {
  const Kind kind = type.kind();
  if (kind == Kind::int_ || kind == Kind::float_ || kind == Kind::fwd) return true;
  return (is_composite(kind) || is_enum(kind)) && type.is_named();
}

}  // namespace

std::optional<TypeId> DistilledIds::find(TypeId old) const {
  const std::uint32_t id = raw(old);
  std::uint32_t found = 0;
  if (id == 0) return void_id;
  if (id >= end_old_) return std::nullopt;
  if (id >= first_old_) {
    found = id - first_old_ + first_new_;
  } else {
    const auto at = std::ranges::lower_bound(base_, id, {}, &std::pair<std::uint32_t, std::uint32_t>::first);
    if (at == base_.end() || at->first != id) return std::nullopt;
    found = at->second;
  }
  return found < first_new_ || sorted_.empty() ? TypeId{found} : sorted_[found - first_new_];
}

BtfPtr parse_distilled(const Distilled& distilled, unsigned pointer_size) {
  // It was made of sound BTF, so that its references need not be looked at again.
  const BtfPtr base =
      Btf::parse_weighed(distilled.base, nullptr, RawBtf::at(nullptr, distilled.base_starts), pointer_size);
  return Btf::parse_weighed(distilled.split, base, RawBtf::at(base.get(), distilled.split_starts), pointer_size);
}

/// Calls `on_name(offset)` for each name of the split BTF.
template <typename OnName>
void Distiller::find_needed(const Btf& split, std::span<const TypeId> keep, OnName&& on_name) {
  if (!split.is_split()) throw Error(ErrorCode::no_base, "is not split BTF: there is no base to distill");
  if (split.base()->is_split()) throw Error(ErrorCode::unsupported, "the base is split BTF itself");
  if (split.has_unknown_kinds()) {
    throw Error(ErrorCode::unsupported, "holds types of unknown kinds, whose references are unknown");
  }
  split_ = &split;
  base_ = split.base().get();
  first_split_ = raw(split.first_id());

  mark_needed(keep, on_name);
  number_needed();
}

/// Now: names_ has the old offsets.
void Distiller::find_needed_and_names(const Btf& split, std::span<const TypeId> keep) {
  names_.clear();
  // Each name is a word. Which words are 0 cannot be predicted: all are written, and some of them over the last.
  std::uint32_t* last = names_.grow(split.own_words().size());
  find_needed(split, keep, [&last](std::uint32_t name) {
    *last = name;
    last += name != 0 ? 1 : 0;
  });
  names_.shrink(static_cast<std::size_t>(last - names_.data()));
  for (const TypeId id : moved_) {
    visit_names(base_->type(id).record(), [this](std::uint32_t name) {
      if (name != 0) names_.push_back(name);
    });
  }
}

DistilledIds Distiller::new_ids() const {
  DistilledIds ids;
  ids.first_old_ = first_split_;
  ids.end_old_ = raw(split_->end_id());
  ids.first_new_ = static_cast<std::uint32_t>(distilled_.size()) + 1;
  std::vector<TypeId> needed(distilled_.size() + moved_.size());
  std::ranges::merge(distilled_, moved_, needed.begin());
  ids.base_.reserve(needed.size());
  for (const TypeId id : needed) ids.base_.emplace_back(raw(id), new_ids_[raw(id)]);
  return ids;
}

DistillSketch Distiller::sketch(const BtfPtr& split) {
  find_needed(*split, {}, [](std::uint32_t) {});
  const auto same_name = [](std::uint32_t name) { return name; };
  // An empty text has no place of its own in what is written.
  write_base([](TypeView type) { return type.name().empty() ? 0 : raw(type.name_offset()); });
  const BtfPtr base = Btf::of_records(words_, starts_, nullptr, split->base());
  write_split(same_name);
  return {Btf::of_records(words_, starts_, base, split), new_ids(), distilled_};
}

Distilled Distiller::run(const Btf& split, const DistillOptions& options) {
  find_needed_and_names(split, options.keep);
  Distilled result;
  write_base_with_names();
  const std::uint32_t base_strings = strings_.end();
  const ByteOrder order = split.byte_order();
  result.base = assemble_btf(words_, strings_.bytes(), order);
  result.base_starts = starts_;
  renew({names_.data(), names_.size()});
  write_split([name = names_.begin()](std::uint32_t old) mutable { return old == 0 ? 0 : *name++; });
  result.split = assemble_btf(words_, strings_.bytes().substr(base_strings), order);
  result.split_starts = starts_;
  static_cast<DistilledFacts&>(result) = facts(result.base.size(), result.split.size());
  const std::string_view strings = strings_.bytes();
  result.has_long_strings =
      may_have_long_strings(strings.substr(0, base_strings)) || may_have_long_strings(strings.substr(base_strings));
  if (options.sort) {
    SortedBtf sorted = sort_types(*parse_distilled(result), order);
    result.split = std::move(sorted.btf);
    result.split_starts = RawBtf::read(result.split.view(), nullptr).starts();
    result.ids.sorted_ = std::move(sorted.new_ids);
  }
  return result;
}

DistilledFacts Distiller::measure(const Btf& split, std::span<const TypeId> keep) {
  find_needed_and_names(split, keep);
  write_base_with_names();
  const std::uint64_t base_size = assembled_size(words_.size(), strings_.end());
  const std::uint32_t base_strings = strings_.end();
  renew({names_.data(), names_.size()});
  std::uint64_t words = split.own_words().size();
  for (const TypeId id : moved_) words += base_->type(id).words().size();
  return facts(base_size, assembled_size(words, strings_.end() - base_strings));
}

/// Now: the strings are those of the distilled base.
void Distiller::write_base_with_names() {
  // About as many strings as names, but where names are used again and again.
  const std::size_t most = (split_->own_strings().size() + base_->own_strings().size()) / 4;
  strings_.reset(0, std::min(distilled_.size() + names_.size(), most));
  base_names_.clear();
  for (const TypeId id : distilled_) base_names_.push_back(raw(base_->type(id).name_offset()));
  renew(base_names_);
  write_base([name = base_names_.begin()](TypeView) mutable { return *name++; });
}

/// Replaces offsets into the strings of the split BTF and its base with new ones; the strings that are not there yet
/// are appended.
void Distiller::renew(std::span<std::uint32_t> names) {
  // What is far from the last name is fetched while others are looked up.
  constexpr std::size_t batch = 16;
  std::array<HashedName, batch> texts;
  for (; !names.empty(); names = names.subspan(std::min(batch, names.size()))) {
    const std::span some = names.first(std::min(batch, names.size()));
    for (std::size_t i = 0; i < some.size(); ++i) {
      texts[i] = hashed_name(split_->strings_from(StringOffset{some[i]}));
      strings_.prefetch(texts[i].hash);
    }
    for (std::size_t i = 0; i < some.size(); ++i) some[i] = raw(strings_.add(texts[i]));
  }
}

/// Of what was found to be needed, and the sizes of the blobs.
DistilledFacts Distiller::facts(std::uint64_t base_size, std::uint64_t split_size) const {
  DistilledFacts facts{.ids = new_ids(), .origins = distilled_, .statistics = {}, .findings = {}};
  DistillStatistics& statistics = facts.statistics;
  statistics.distilled = static_cast<std::uint32_t>(distilled_.size());
  statistics.moved = static_cast<std::uint32_t>(moved_.size());
  statistics.old_split_size = split_->blob().size();
  statistics.base_size = base_size;
  statistics.split_size = split_size;
  for (const TypeId id : distilled_) {
    const Kind kind = base_->kind(id);
    ++statistics.of_kind[static_cast<std::size_t>(is_enum(kind) ? Kind::enum_ : kind)];
  }
  if (distilled_.empty()) {
    facts.findings.push_back({Severity::warning, "empty-base",
                              "no named base type is needed, so the distilled base holds no type: kernels count one "
                              "id less in such a base, and read every id one too low"});
  }
  return facts;
}

/// Marks a base type as needed by `user`, a type of the split BTF or of the base; 0: by no type.
inline void Distiller::mark(std::uint32_t id, std::uint32_t user) {
  if (id == 0 || id >= first_split_) return;
  std::uint64_t& needed = needed_[id / 64].needed;
  const std::uint64_t mark = std::uint64_t{1} << (id % 64);
  if ((needed & mark) != 0) return;
  needed |= mark;
  occupied_[id / 4096] |= std::uint64_t{1} << (id / 64 % 64);
  queue_.push_back({id, user});
}

/// Finds out what becomes of a needed type, and marks what it refers to.
void Distiller::settle(Needed needed) {
  const TypeView type = base_->type(TypeId{needed.id});
  const Kind kind = type.kind();
  if (!has_place_in_distilled_btf(kind)) {
    Place place;
    if (needed.user != 0) place.type_id = needed.user;
    throw Error(ErrorCode::unsupported,
                fmt::format("needs base type {} ({}{}{}), but a distilled base cannot hold that kind", needed.id,
                            kind_info(kind).name, type.is_named() ? " " : "", type.name()),
                std::move(place));
  }
  if (is_distilled(type)) {
    needed_[needed.id / 64].distilled |= std::uint64_t{1} << (needed.id % 64);
  } else {
    visit_type_ids(type.record(), [&](std::uint32_t target) { mark(target, needed.id); });
  }
}

template <typename OnName>
void Distiller::mark_needed(std::span<const TypeId> keep, OnName&& on_name) {
  needed_.assign((first_split_ + 63) / 64, {});
  occupied_.assign((needed_.size() + 63) / 64, 0);
  queue_.clear();
  std::uint32_t id = first_split_;
  for_each_record(split_->own_words(), [&](const std::uint32_t* record) {
    visit_fields(record, on_name, [&](std::uint32_t target) { mark(target, id); });
    ++id;
  });
  for (const TypeId wanted : keep) {
    if (has_place_in_distilled_btf(base_->type(wanted).kind())) mark(raw(wanted), 0);
  }
  for (std::size_t i = 0; i < queue_.size(); ++i) settle(queue_[i]);
}

void Distiller::number_needed() {
  distilled_.clear();
  moved_.clear();
  const auto for_each_bit = [](std::uint64_t word, std::size_t at, auto&& visit) {
    for (; word != 0; word &= word - 1) visit(at * 64 + static_cast<unsigned>(std::countr_zero(word)));
  };
  for (std::size_t i = 0; i < occupied_.size(); ++i) {
    for_each_bit(occupied_[i], i, [&](std::size_t place) {
      const Marks& marks = needed_[place];
      const auto take_into = [](std::vector<TypeId>& ids) {
        return [&ids](std::size_t id) { ids.push_back(TypeId{static_cast<std::uint32_t>(id)}); };
      };
      for_each_bit(marks.distilled, place, take_into(distilled_));
      for_each_bit(marks.needed & ~marks.distilled, place, take_into(moved_));
    });
  }
  if (new_ids_.size() < first_split_) new_ids_.resize(first_split_);
  std::uint32_t next = 1;
  for (const TypeId id : distilled_) new_ids_[raw(id)] = next++;
  next += split_->own_types();
  for (const TypeId id : moved_) new_ids_[raw(id)] = next++;
}

/// Writes the records of the distilled base; `name_of(type)` gives the offset of its name there.
template <typename NameOf>
void Distiller::write_base(NameOf&& name_of) {
  words_.clear();
  starts_.clear();
  for (const TypeId id : distilled_) {
    starts_.push_back(static_cast<std::uint32_t>(words_.size()));
    const TypeView type = base_->type(id);
    const Kind kind = type.kind();
    const std::uint32_t name = name_of(type);
    if (is_enum(kind) && !(type.size() <= 8 && std::has_single_bit(type.size()))) {
      throw Error(ErrorCode::malformed, fmt::format("base type {} ({} {}) has the impossible size {}", raw(id),
                                                    kind_info(kind).name, type.name(), type.size()));
    }
    if (is_composite(kind) || is_enum(kind)) {
      words_.insert(words_.end(), {name, InfoWord(is_enum(kind) ? Kind::enum_ : kind, 0, false).word, type.size()});
    } else {
      const std::span<const std::uint32_t> record = type.words();
      words_.insert(words_.end(), record.begin(), record.end());
      words_[words_.size() - record.size()] = name;
    }
  }
}

std::uint32_t Distiller::new_id(std::uint32_t old) const {
  if (old >= first_split_) return old - first_split_ + static_cast<std::uint32_t>(distilled_.size()) + 1;
  return old == 0 ? 0 : new_ids_[old];
}

/// Writes the records of the split BTF; `name_for(old)` gives the new offset of a name.
template <typename NameFor>
void Distiller::write_split(NameFor&& name_for) {
  const std::span<const std::uint32_t> own = split_->own_words();
  words_.assign(own.begin(), own.end());
  for (const TypeId id : moved_) {
    const std::span<const std::uint32_t> record = base_->type(id).words();
    words_.insert(words_.end(), record.begin(), record.end());
  }
  starts_.clear();
  for_each_record(std::span(words_), [&](std::uint32_t* record) {
    starts_.push_back(static_cast<std::uint32_t>(record - words_.data()));
    visit_fields(
        record, [&](std::uint32_t& name) { name = name_for(name); }, [&](std::uint32_t& id) { id = new_id(id); });
  });
}

}  // namespace btfx

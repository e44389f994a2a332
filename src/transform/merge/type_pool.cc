#include "transform/merge/type_pool.h"

#include <memory>
#include <string>

#include "btf/builder.h"

namespace btfx {

namespace {

/// How many strings ahead of the one looked up the memory for the next is fetched.
constexpr std::size_t names_ahead = 12;

/// The base of a pool without one: void and the empty string.
constexpr std::uint32_t void_words[header_words] = {};
constexpr std::uint32_t void_start[1] = {};

}  // namespace

TypePool::TypePool(BtfPtr base) {
  reset(base ? std::make_shared<const MergeBase>(std::move(base)) : nullptr);
}

void TypePool::reset(MergeBasePtr base) {
  base_ = std::move(base);
  base_words_ = base_ ? base_->words().data() : void_words;
  base_starts_ = base_ ? base_->starts().data() : void_start;
  first_own_ = base_ ? raw(base_->end_id()) : 1;
  words_.clear();
  starts_.clear();
  layout_of_ = base_ && base_->btf()->header().layout_length != 0 ? base_->btf() : nullptr;
  strings_.reset(base_ ? base_->btf()->string_end() : 0, 0);
}

/// For each byte of a BTF's strings the place in Part::texts_, plus 1, of a name that begins there; 0 for none yet. One
/// array for all that a thread prepares: to clear what was used of it costs less than one for each.
class TypePool::TextPlaces {
 public:
  TextPlaces(const Btf& btf, const Part& part) : part_(part), strings_(btf.own_strings()), places_(of_thread()) {
    places_.resize(std::max(places_.size(), strings_.size()));
  }
  TextPlaces(const TextPlaces&) = delete;
  TextPlaces& operator=(const TextPlaces&) = delete;
  ~TextPlaces() {
    for (const Part::Text& text : part_.texts_)
      places_[static_cast<std::size_t>(text.name.text.data() - strings_.data())] = 0;
  }
  [[nodiscard]] std::uint32_t& operator[](std::uint32_t byte) { return places_[byte]; }

 private:
  static std::vector<std::uint32_t>& of_thread() {
    static thread_local std::vector<std::uint32_t> places;
    return places;
  }
  const Part& part_;
  std::string_view strings_;
  std::vector<std::uint32_t>& places_;
};

TypePool::Part TypePool::prepare(BtfPtr btf) const {
  if (btf->has_unknown_kinds()) {
    throw Error(ErrorCode::unsupported, "holds types of unknown kinds, which cannot be merged");
  }
  if (btf->is_split() && (!base_ || btf->base() != base_->btf())) {
    throw Error(ErrorCode::unsupported, "is split BTF on another base than the one merged onto");
  }
  Part part;
  const std::uint32_t start = btf->string_start(), end = raw(btf->end_id());
  {
    TextPlaces places(*btf, part);
    TypeId id = btf->first_id();
    for_each_record(btf->own_words(), [&](const std::uint32_t* record) {
      if (InfoWord(record[1]).kind() == Kind::fwd && record[2] >= end) part.stray_.push_back(id);
      visit_names(record, [&](std::uint32_t name) {
        if (name < start || name == 0) return;
        std::uint32_t& at = places[name - start];
        if (at == 0) {
          part.texts_.push_back({hashed_name(btf->strings_from(StringOffset{name})), StringOffset{0}});
          at = static_cast<std::uint32_t>(part.texts_.size());
        }
        part.names_.push_back(at - 1);
      });
      ++id;
    });
  }
  for (std::size_t i = 0; base_ && i < part.texts_.size(); ++i) {
    if (i + names_ahead < part.texts_.size()) base_->strings().prefetch(part.texts_[i + names_ahead].name.hash);
    part.texts_[i].in_base = base_->strings().find(part.texts_[i].name);
  }
  part.btf_ = std::move(btf);
  return part;
}

TypeId TypePool::append(const Part& part, Diagnostics& diagnostics) {
  const Btf& btf = *part.btf_;
  if (!layout_of_ && btf.header().layout_length != 0) layout_of_ = part.btf_;
  const std::uint32_t first = raw(end_id()), source_first = raw(btf.first_id());
  const std::span<const std::uint32_t> words = btf.own_words();
  if (std::uint64_t{first} + btf.own_types() > 0x7fffffff || words_.size() + words.size() > 0xffffffff) {
    throw Error(ErrorCode::unsupported, "too many types");
  }
  for (const TypeId id : part.stray_) {
    diagnostics.push_back({Severity::warning,
                           "forward-declaration-word",
                           "forward declaration '" + std::string(btf.type(id).name()) + "' has the value " +
                               std::to_string(raw(btf.type(id).target())) +
                               " where nothing belongs, and no type has that id: read as 0",
                           {.type_id = raw(id)}});
  }

  if (starts_.empty()) strings_.reset(strings_.start(), part.texts_.size());
  std::vector<std::uint32_t> offsets;
  offsets.reserve(part.texts_.size());
  for (std::size_t i = 0; i < part.texts_.size(); ++i) {
    if (i + names_ahead < part.texts_.size()) strings_.prefetch(part.texts_[i + names_ahead].name.hash);
    const Part::Text& text = part.texts_[i];
    offsets.push_back(raw(text.in_base != StringOffset{0} ? text.in_base : strings_.add(text.name)));
  }

  const std::size_t begin = words_.size();
  words_.append(words);
  const std::vector<std::uint32_t>& starts = btf.own_starts();
  std::ranges::transform(starts, starts_.grow(starts.size()),
                         [&](std::uint32_t start) { return static_cast<std::uint32_t>(begin) + start; });
  const std::uint32_t source_strings = btf.string_start(), source_end = raw(btf.end_id());
  const std::uint32_t shift = first - source_first;
  auto next_name = part.names_.begin();
  const auto rename = [&](std::uint32_t& name) {
    if (name >= source_strings && name != 0) name = offsets[*next_name++];
  };
  const auto renumber = [&](std::uint32_t& id) {
    if (id >= source_end) {
      id = 0;
    } else if (id >= source_first) {
      id += shift;
    }
  };
  for_each_record(std::span(words_).subspan(begin), [&](std::uint32_t* record) {
    visit_fields(record, rename, renumber);
    if (InfoWord(record[1]).kind() == Kind::fwd) renumber(record[2]);
  });
  return TypeId{first};
}

void TypePool::own_base() {
  if (!base_) return;
  const MergeBasePtr base = std::exchange(base_, nullptr);
  StringTable strings = StringTable::of_section(std::string(base->btf()->own_strings()).append(strings_.bytes()));
  const std::uint32_t string_start = strings_.start();
  const std::span<const std::uint32_t> words = base->words().subspan(header_words);
  words_.prepend(words);
  for (std::uint32_t& start : starts_) start += static_cast<std::uint32_t>(words.size());
  starts_.prepend(std::span(base->starts()).subspan(1));
  for (std::size_t i = 0; i + 1 < base->starts().size(); ++i) starts_[i] -= header_words;
  strings_ = std::move(strings);
  base_words_ = void_words;
  base_starts_ = void_start;
  first_own_ = 1;
  for (TypeId id{1}; id != end_id(); ++id) {
    std::uint32_t* record = own_record(id);
    visit_names(record, [&](std::uint32_t& name) {
      if (name < string_start) name = raw(strings_.add(base->btf()->string(StringOffset{name})));
    });
    if (record[2] >= raw(end_id())) clear_forward_word(record);
  }
}

void TypePool::renew_strings() {
  StringTable strings(strings_.start());
  for (TypeId id = first_own(); id != end_id(); ++id) {
    visit_names(own_record(id), [&](std::uint32_t& name) {
      if (name >= strings.start()) name = raw(strings.add(string(StringOffset{name})));
    });
  }
  strings_ = std::move(strings);
}

std::string_view TypePool::string(StringOffset offset) const {
  if (raw(offset) < strings_.start()) return base_->btf()->string(offset);
  return strings_.bytes().data() + (raw(offset) - strings_.start());
}

Bytes TypePool::own_btf(ByteOrder order, std::uint32_t header_length, const LayoutSection& layout) const {
  return assemble_btf(words_, strings_.bytes(), order, header_length, layout);
}

Bytes TypePool::flat_btf(ByteOrder order, unsigned jobs) const {
  const LayoutSection layout = layout_of_ ? layout_section(*layout_of_) : LayoutSection();
  std::span<const std::uint32_t> words;
  std::string_view strings;
  if (base_) {
    words = base_->words().subspan(header_words);
    strings = base_->btf()->own_strings();
  }
  return assemble_btf({words, words_}, {strings, strings_.bytes()}, order, BtfHeader::layout_header_length, layout,
                      jobs);
}

}  // namespace btfx

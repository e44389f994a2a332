#include "transform/merge/merge_base.h"

#include <algorithm>
#include <utility>

#include "base/batch.h"
#include "base/error.h"
#include "transform/merge/record_hash.h"

namespace btfx {

MergeBase::MergeBase(BtfPtr btf) : MergeBase(std::move(btf), WithoutStrings()) {
  read_strings();
}

MergeBase::MergeBase(BtfPtr btf, WithoutStrings /*tag*/) : btf_(std::move(btf)) {
  if (btf_->is_split()) throw Error(ErrorCode::unsupported, "the base is itself split BTF");
  if (btf_->has_unknown_kinds()) throw Error(ErrorCode::unsupported, "the base holds types of unknown kinds");
  const std::span<const std::uint32_t> own = btf_->own_words();
  words_.reserve(header_words + own.size());
  words_.resize(header_words);
  words_.insert(words_.end(), own.begin(), own.end());
  starts_.reserve(raw(btf_->end_id()));
  starts_.push_back(0);
  for (const std::uint32_t start : btf_->own_starts()) starts_.push_back(header_words + start);
}

std::shared_ptr<const MergeBase> MergeBase::with_index(BtfPtr btf, unsigned jobs) {
  const std::shared_ptr<MergeBase> base(new MergeBase(std::move(btf), WithoutStrings()));
  run_batch(
      std::vector{0, 1}, jobs,
      [&](int part) {
        if (part == 0) {
          base->read_strings();
        } else {
          static_cast<void>(base->index(std::max(jobs, 2U) - 1));
        }
        return true;
      },
      [](bool) {});
  return base;
}

const MergeBase::Index& MergeBase::index(unsigned jobs) const {
  return index_.get([&] { return make_index(jobs); });
}

MergeBase::Index MergeBase::make_index(unsigned jobs) const {
  const std::uint32_t end = raw(end_id());
  std::vector<std::uint32_t> hashes(end);
  const RecordHasher<MergeBase> hasher(*this);
  run_ranges(1, end, jobs, [&](std::size_t begin, std::size_t stop) {
    for (std::size_t id = begin; id < stop; ++id) {
      hashes[id] = hasher(record(TypeId{static_cast<std::uint32_t>(id)}));
    }
  });
  Index index;
  index.candidates_.reset(nullptr, 1, end, end);
  for (std::uint32_t id = 1; id < end; ++id) {
    const std::uint32_t* words = record(TypeId{id});
    const Kind kind = InfoWord(words[1]).kind();
    if (kind == Kind::var || kind == Kind::datasec) continue;
    index.candidates_.insert(hashes[id], id);
    if (is_composite(kind) || is_enum(kind) || kind == Kind::fwd) index.by_name_.push_back(TypeId{id});
    if (is_enum(kind) && InfoWord(words[1]).vlen() == 0) index.enums_declared_.push_back(words[0]);
  }
  const auto name = [&](TypeId id) { return record(id)[0]; };
  std::ranges::stable_sort(index.by_name_, {}, name);
  index.names_.reserve(index.by_name_.size());
  for (const TypeId id : index.by_name_) index.names_.push_back(name(id));
  std::ranges::sort(index.enums_declared_);
  return index;
}

std::span<const TypeId> MergeBase::Index::named(std::uint32_t name) const {
  // Not that of std::ranges, which clang 14 does not compile with GCC 12's library.
  const auto [first, last] = std::equal_range(names_.begin(), names_.end(), name);
  return std::span(by_name_).subspan(static_cast<std::size_t>(first - names_.begin()),
                                     static_cast<std::size_t>(last - first));
}

bool MergeBase::Index::declares_enum(std::uint32_t name) const {
  return std::ranges::binary_search(enums_declared_, name);
}

}  // namespace btfx

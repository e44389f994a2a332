#include "transform/relocate/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/batch.h"
#include "btf/measure.h"
#include "btf/names.h"
#include "transform/diff/details.h"
#include "transform/diff/diff.h"

namespace btfx {

namespace {

constexpr unsigned max_depth = 8;
constexpr std::size_t max_sentences = 32;

std::string position(std::uint64_t bits) {
  return bits % 8 == 0 ? fmt::format("byte {}", bits / 8) : fmt::format("bit {}", bits);
}

/// A detail that has to do with size, as a sentence; empty for others. What merely moved follows from the rest.
std::string sentence(const Detail& detail, const std::string& path) {
  const std::string name = path + detail.name;
  const DetailFields of = detail.fields();
  switch (detail.kind()) {
    case DetailKind::kind:
      return fmt::format("{} became {}", *of.old_text, *of.new_text);
    case DetailKind::undefined:
      return "is only declared now";
    case DetailKind::member_added:
      return fmt::format("member `{}` added at {}: {}", name, position(*of.new_number), *of.new_text);
    case DetailKind::member_removed:
      return fmt::format("member `{}` removed from {}: {}", name, position(*of.old_number), *of.old_text);
    case DetailKind::member_retyped:
      return fmt::format("member `{}` was {}, is {}", name, *of.old_text, *of.new_text);
    case DetailKind::member_renamed:
      return fmt::format("member `{}{}` is called `{}` now", path, *of.old_text, *of.new_text);
    case DetailKind::member_resized:
      return fmt::format("member `{}` had {} bits, has {}", name, *of.old_number, *of.new_number);
    case DetailKind::reserved_used:
      return fmt::format("member `{}` added in place of `{}`: {}", name, *of.old_text, *of.new_text);
    default:
      return {};
  }
}

/// Whether a detail can have changed a size: another type of the same size has not, nor has another name.
bool may_matter(const Detail& detail) {
  return (detail.kind() != DetailKind::member_retyped && detail.kind() != DetailKind::member_renamed) ||
         detail.impact == Impact::layout;
}

}  // namespace

TypeId embedded_composite(const Btf& btf, TypeId id) {
  const TypeId value = strip_to_value(btf, id);
  return is_composite(btf.type(value).kind()) && btf.type(value).is_named() ? value : void_id;
}

std::vector<std::string> GrowthFinder::explain(TypeId before, TypeId after) const {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = known_.try_emplace({before, after});
  if (is_new) {
    if (!before_) {
      std::vector<std::unique_ptr<const Fingerprints>> prints;
      run_batch(
          std::vector{&origin_, &target_}, jobs_,
          [](const BtfPtr* btf) { return std::make_unique<const Fingerprints>(*btf); },
          [&](std::unique_ptr<const Fingerprints>&& made) { prints.push_back(std::move(made)); });
      before_ = std::move(prints[0]);
      after_ = std::move(prints[1]);
    }
    for (const bool all : {false, true}) {
      if (at->second.empty()) explain(before, after, {}, 0, all, at->second);
    }
  }
  return at->second;
}

void GrowthFinder::explain(TypeId before, TypeId after, const std::string& path, unsigned depth, bool all,
                           std::vector<std::string>& sentences) const {
  const auto add = [&](std::string text) {
    if (text.empty() || std::ranges::find(sentences, text) != sentences.end()) return;
    if (sentences.size() < max_sentences) sentences.push_back(std::move(text));
  };
  Change change;
  change.before = {origin_, before};
  change.after = {target_, after};
  DetailFinder(*before_, *after_).describe(change);
  for (const Detail& detail : change.details) {
    if (all || may_matter(detail)) add(sentence(detail, path));
  }

  const TypeView old_type = origin_->type(before), new_type = target_->type(after);
  std::unordered_map<std::string_view, TypeId> old_members;
  for (std::uint32_t i = 0; i < old_type.vlen(); ++i) {
    const Member member = old_type.member(i);
    if (raw(member.name) != 0) old_members.emplace(origin_->string(member.name), member.type);
  }
  for (std::uint32_t i = 0; i < new_type.vlen(); ++i) {
    const Member member = new_type.member(i);
    const auto old = old_members.find(target_->string(member.name));
    if (old == old_members.end()) continue;
    const TypeId was = embedded_composite(*origin_, old->second), is = embedded_composite(*target_, member.type);
    if (was == void_id || is == void_id) continue;
    const TypeView was_type = origin_->type(was), is_type = target_->type(is);
    if (was_type.name() != is_type.name() || was_type.size() == is_type.size()) continue;
    const std::string name = path + std::string(target_->string(member.name));
    add(fmt::format("member `{}`: {} {} had {} bytes, has {}", name,
                    is_type.kind() == Kind::struct_ ? "struct" : "union", is_type.name(), was_type.size(),
                    is_type.size()));
    if (depth < max_depth) explain(was, is, name + ".", depth + 1, all, sentences);
  }
}

TypeId find_composite(const Btf& btf, Kind kind, std::string_view name, std::uint32_t size) {
  for (const TypeId id : btf.names().find(name)) {
    const TypeView type = btf.type(id);
    if (type.kind() == kind && type.size() == size) return id;
  }
  return void_id;
}

}  // namespace btfx

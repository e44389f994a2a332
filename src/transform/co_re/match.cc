#include "transform/co_re/match.h"

#include <fmt/format.h>

#include <unordered_set>
#include <utility>
#include <vector>

#include "btf/measure.h"
#include "btf/spelling.h"
#include "transform/co_re/types.h"

namespace btfx {

namespace {

using MatchState = CoreMatch::State;

/// Matches the steps of a field one after the other.
class FieldMatcher {
 public:
  FieldMatcher(const Btf& local, const Btf& target, TypeId root) : local_(local), target_(target) {
    match_.access.root = root;
  }

  CoreMatch run(const CoreAccess& access) {
    TypeId id = match_.access.root;
    for (std::size_t i = 0; i < access.steps.size(); ++i) {
      const CoreStep& step = access.steps[i];
      const bool found = step.name.empty() ? take_element(step, i == 0, id) : take_member(step, id);
      if (!found) return std::move(match_);
    }
    match_.state = MatchState::match;
    return std::move(match_);
  }

 private:
  bool reject(CoreReason reason, std::string message, MatchState state = MatchState::rejected) {
    match_.state = state;
    match_.failure = {reason, std::move(message)};
    return false;
  }
  bool too_deep() {
    return reject(CoreReason::too_deep, fmt::format("is nested more than {} levels deep", max_core_numbers),
                  MatchState::failed);
  }

  /// The same element of the array `id`, or of the root as an array. `id` becomes the element's type.
  bool take_element(const CoreStep& step, bool is_root, TypeId& id) {
    id = strip_names(target_, id);
    if (!is_root) {
      const TypeView type = target_.type(id);
      if (type.kind() != Kind::array) {
        return reject(CoreReason::not_an_array,
                      fmt::format("{}is not an array but {}", subject(), spell_type(target_, id)));
      }
      if (!is_flexible_array(target_, match_.access.steps.back(), type) && step.index >= type.element_count()) {
        return reject(CoreReason::array_too_short,
                      fmt::format("{}is {}, which has no element {}", subject(), spell_type(target_, id), step.index));
      }
      id = strip_names(target_, type.element());
    }
    if (match_.access.numbers.size() == max_core_numbers) return too_deep();
    match_.access.numbers.push_back(step.index);
    match_.access.steps.push_back({.type = id, .index = step.index});
    if (auto failure = add_elements(target_, id, step.index, match_.access)) {
      return reject(failure->reason, std::move(failure->message), MatchState::failed);
    }
    return true;
  }

  /// One composite on the way into anonymous ones, and the member that is looked at.
  struct Level {
    TypeId id;
    std::uint32_t member = 0;
  };

  /// The first member of that name, in the composite `id` or in anonymous ones in it. `id` becomes the member's type.
  bool take_member(const CoreStep& step, TypeId& id) {
    const TypeId container = strip_names(target_, id);
    if (!is_composite(target_.type(container).kind())) {
      return reject(CoreReason::member_missing,
                    fmt::format("{}is {}, which has no members", subject(), spell_type(target_, container)));
    }
    const std::size_t numbers = match_.access.numbers.size();
    const std::uint64_t bit_offset = match_.access.bit_offset;
    std::vector<Level> levels{{container}};
    std::unordered_set<std::uint32_t> searched;  // composites without such a member
    while (!levels.empty()) {
      Level& level = levels.back();
      const TypeView type = target_.type(level.id);
      if (level.member == type.vlen()) {
        searched.insert(raw(level.id));
        levels.pop_back();
        if (!levels.empty()) ++levels.back().member;
        continue;
      }
      if (numbers + levels.size() > max_core_numbers) return too_deep();
      ++match_.work;
      const Member member = type.member(level.member);
      const std::string_view name = target_.string(member.name);
      if (name == step.name) {
        for (const Level& way : levels) {
          match_.access.numbers.push_back(way.member);
          match_.access.bit_offset += target_.type(way.id).member(way.member).bit_offset;
        }
        return accept_member(step, level, name, id);
      }
      const TypeId inner = name.empty() ? strip_names(target_, member.type) : void_id;
      if (is_composite(target_.type(inner).kind()) && !searched.contains(raw(inner))) {
        levels.push_back({inner});
      } else {
        ++level.member;
      }
    }
    match_.access.numbers.resize(numbers);
    match_.access.bit_offset = bit_offset;
    return reject(CoreReason::member_missing, fmt::format("{} has no member '{}'{}", spell_type(target_, container),
                                                          step.name, elsewhere(container, step.name)));
  }

  bool accept_member(const CoreStep& step, const Level& level, std::string_view name, TypeId& id) {
    const Member local = local_.type(step.type).member(step.index);
    const Member member = target_.type(level.id).member(level.member);
    match_.access.steps.push_back({.type = level.id, .index = level.member, .name = name});
    id = member.type;
    if (fields_compatible(local_, local.type, target_, member.type)) return true;
    return reject(CoreReason::member_incompatible,
                  fmt::format("{}is '{}', the object has '{}'", subject(), spell_type(target_, member.type),
                              spell_type(local_, local.type)));
  }

  /// A member of that name one level further down: where one that was moved may be now.
  [[nodiscard]] std::string elsewhere(TypeId container, std::string_view name) const {
    std::uint32_t left = 1 << 14;  // members to look at: it is only a hint, and there may be 65,535 times as many
    const TypeView type = target_.type(container);
    for (std::uint32_t i = 0; i < type.vlen(); ++i) {
      const Member member = type.member(i);
      const TypeId inner = strip_names(target_, member.type);
      const TypeView composite = target_.type(inner);
      if (!is_composite(composite.kind())) continue;
      for (std::uint32_t k = 0; k < composite.vlen(); ++k) {
        if (left-- == 0) return {};
        if (target_.string(composite.member(k).name) != name) continue;
        return fmt::format("; its member '{}', {}, has one", target_.string(member.name), spell_type(target_, inner));
      }
    }
    return {};
  }

  /// What the steps so far lead to, before a verb.
  [[nodiscard]] std::string subject() const {
    if (match_.access.steps.size() <= 1) return {};
    CoreAccess so_far = match_.access;
    return fmt::format("'{}' ", core_path(target_, CoreKind::byte_offset, so_far));
  }

  const Btf& local_;
  const Btf& target_;
  CoreMatch match_;
};

CoreMatch match_enumerator(const CoreAccess& local, const Btf& target_btf, TypeId target) {
  const std::string_view wanted = essential_name(local.steps.front().name);
  const TypeId id = strip_names(target_btf, target);
  const TypeView type = target_btf.type(id);
  if (!is_enum(type.kind())) {
    return {.failure = {CoreReason::kind_differs,
                        fmt::format("{} is {}, no enum", spell_type(target_btf, target), spell_type(target_btf, id))}};
  }
  for (std::uint32_t i = 0; i < type.vlen(); ++i) {
    const std::string_view name = target_btf.string(type.enumerator_name(i));
    if (essential_name(name) != wanted) continue;
    return {.state = MatchState::match,
            .access = {.root = target, .numbers = {i}, .steps = {{.type = id, .index = i, .name = name}}},
            .work = i};
  }
  return {.failure = {CoreReason::enumerator_missing,
                      fmt::format("{} has no enumerator '{}'", spell_type(target_btf, target), wanted)},
          .work = type.vlen()};
}

CoreMatch match_type(const Btf& local_btf, CoreKind kind, const CoreAccess& local, const Btf& target_btf,
                     TypeId target) {
  TypeComparison comparison(local_btf, target_btf);
  const bool strict = kind == CoreKind::type_matches;
  switch (strict ? comparison.matches(local.root, target) : comparison.compatible(local.root, target)) {
    case TypeComparison::Answer::yes:
      return {.state = MatchState::match, .access = {.root = target, .numbers = {0}}, .work = comparison.work()};
    case TypeComparison::Answer::no:
      return {.failure = {strict ? CoreReason::type_differs : CoreReason::type_incompatible, comparison.difference()},
              .work = comparison.work()};
    case TypeComparison::Answer::too_deep:
      break;
  }
  return {.state = MatchState::failed,
          .failure = {CoreReason::too_deep, fmt::format("{} is nested too deep, or has too many parts, to be compared",
                                                        spell_type(target_btf, target))},
          .work = comparison.work()};
}

}  // namespace

CoreMatch match_core(const Btf& local_btf, CoreKind kind, const CoreAccess& local, const Btf& target_btf,
                     TypeId target) {
  switch (core_kind_info(kind).group) {
    case CoreGroup::field:
      return FieldMatcher(local_btf, target_btf, target).run(local);
    case CoreGroup::type:
      return match_type(local_btf, kind, local, target_btf, target);
    case CoreGroup::enumerator:
      return match_enumerator(local, target_btf, target);
  }
  return {};
}

}  // namespace btfx

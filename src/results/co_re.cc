#include "results/co_re.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "btf/spelling.h"

namespace btfx {

std::string_view essential_name(std::string_view name) {
  constexpr std::string_view mark = "___";
  if (name.find(mark) == std::string_view::npos) return name;  // nearly all, and found out quickly
  // The last place where exactly three underscores stand between other characters.
  for (std::size_t at = name.size(); at >= mark.size() + 2; --at) {
    const std::size_t start = at - mark.size() - 1;  // of the mark, which is followed by the character at - 1
    if (name[at - 1] != '_' && name.substr(start, mark.size()) == mark && name[start - 1] != '_') {
      return name.substr(0, start);
    }
  }
  return name;
}

std::string_view to_string(CoreReason reason) {
  switch (reason) {
    case CoreReason::none:
      return {};
    case CoreReason::no_type:
      return "no-type";
    case CoreReason::forward_only:
      return "forward-only";
    case CoreReason::local_forward:
      return "local-forward";
    case CoreReason::kind_differs:
      return "kind-differs";
    case CoreReason::member_missing:
      return "member-missing";
    case CoreReason::member_incompatible:
      return "member-incompatible";
    case CoreReason::not_an_array:
      return "not-an-array";
    case CoreReason::array_too_short:
      return "array-too-short";
    case CoreReason::enumerator_missing:
      return "enumerator-missing";
    case CoreReason::type_incompatible:
      return "type-incompatible";
    case CoreReason::type_differs:
      return "type-differs";
    case CoreReason::modules_not_searched:
      return "modules-not-searched";
    case CoreReason::values_differ:
      return "values-differ";
    case CoreReason::offsets_differ:
      return "offsets-differ";
    case CoreReason::unknown_kind:
      return "unknown-kind";
    case CoreReason::bad_access:
      return "bad-access";
    case CoreReason::anonymous_root:
      return "anonymous-root";
    case CoreReason::not_applicable:
      return "not-applicable";
    case CoreReason::too_deep:
      return "too-deep";
    case CoreReason::too_many:
      return "too-many";
    case CoreReason::instruction:
      return "instruction";
    case CoreReason::value_too_big:
      return "value-too-big";
    case CoreReason::wrong_access:
      return "wrong-access";
    case CoreReason::reference_rejects:
      return "reference-rejects";
  }
  return {};
}

std::string_view to_string(CoreGuard guard) {
  switch (guard) {
    case CoreGuard::none:
      return {};
    case CoreGuard::existence:
    case CoreGuard::unreachable:
      return "guarded";
    case CoreGuard::not_loaded:
      return "optional";
  }
  return {};
}

std::string_view to_string(CoreExternKind kind) {
  switch (kind) {
    case CoreExternKind::setting:
      return "setting";
    case CoreExternKind::function:
      return "function";
    case CoreExternKind::variable:
      return "variable";
    case CoreExternKind::symbol:
      return "symbol";
  }
  return {};
}

std::string_view to_string(CoreExternResult::State state) {
  using State = CoreExternResult::State;
  switch (state) {
    case State::found:
      return "found";
    case State::set:
      return "set";
    case State::zero:
      return "zero";
    case State::missing:
      return "missing";
    case State::unfit:
      return "unfit";
    case State::unknown:
      return "unknown";
  }
  return {};
}

std::string_view to_string(CoreTargetResult::State state) {
  using State = CoreTargetResult::State;
  switch (state) {
    case State::none:
      return "none";
    case State::found:
      return "found";
    case State::missing:
      return "missing";
    case State::unfit:
      return "unfit";
    case State::unknown:
      return "unknown";
  }
  return {};
}

std::string_view to_string(CoreLoad load) {
  switch (load) {
    case CoreLoad::loads:
      return "loads";
    case CoreLoad::may_load:
      return "may load";
    case CoreLoad::fails:
      return "fails";
  }
  return {};
}

std::string_view to_string(CoreVerdict verdict) {
  switch (verdict) {
    case CoreVerdict::ok:
      return "ok";
    case CoreVerdict::same:
      return "same";
    case CoreVerdict::absent:
      return "absent";
    case CoreVerdict::poison:
      return "poison";
    case CoreVerdict::ambiguous:
      return "ambiguous";
    case CoreVerdict::error:
      return "error";
  }
  return {};
}

void CoreAnswer::forget_kernel() {
  for (CoreResult& result : results) {
    if (result.access) result.access = CoreAccess{.root = result.access->root};
  }
}

namespace {

/// The steps of a field as C writes them, without the first when that is no more than the root itself.
std::string field_steps(const CoreAccess& access) {
  std::string text;
  for (std::size_t i = 0; i < access.steps.size(); ++i) {
    const CoreStep& step = access.steps[i];
    if (!step.name.empty()) {
      text += fmt::format(".{}", step.name);
    } else if (i > 0 || step.index > 0) {
      text += fmt::format("[{}]", step.index);
    }
  }
  return text;
}

std::string_view name_or(TypeView type, std::string_view otherwise) {
  return type.name().empty() ? otherwise : type.name();
}

}  // namespace

std::string core_spec(const Btf& btf, CoreKind kind, const CoreAccess& access) {
  const TypeView root = btf.type(access.root);
  std::string text = fmt::format("<{}> [{}] {} {}", core_kind_info(kind).name, raw(access.root),
                                 lower_name(root.kind()), name_or(root, "<anon>"));
  if (core_kind_info(kind).group == CoreGroup::enumerator && !access.steps.empty()) {
    const CoreStep& step = access.steps[0];
    const TypeView type = btf.type(step.type);
    const std::uint64_t value = type.enumerator_value(step.index);
    text += fmt::format("::{} = ", step.name);
    text += type.kind_flag() ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
  } else if (core_kind_info(kind).group == CoreGroup::field && !access.numbers.empty()) {
    text += field_steps(access);
    text += fmt::format(" ({} @ offset {}", fmt::join(access.numbers, ":"), access.bit_offset / 8);
    if (access.bit_offset % 8 != 0) text += fmt::format(".{}", access.bit_offset % 8);
    text += ')';
  }
  return text;
}

std::string core_path(const Btf& btf, CoreKind kind, const CoreAccess& access) {
  const TypeView root = btf.type(access.root);
  if (access.steps.empty() || core_kind_info(kind).group == CoreGroup::type) return spell_type(btf, access.root);
  const std::string_view name = name_or(root, "(anonymous)");
  if (core_kind_info(kind).group == CoreGroup::enumerator) return fmt::format("{}::{}", name, access.steps[0].name);
  return fmt::format("{}{}", name, field_steps(access));
}

}  // namespace btfx

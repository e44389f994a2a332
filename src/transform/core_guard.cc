#include "transform/core_guard.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "transform/core_reach.h"

namespace btfx {

namespace {

/// What a program asks about and is told that it does not exist.
class Absences {
 public:
  Absences(const CoreObject& object, const CoreAnswer& answer) {
    for (std::size_t i = 0; i < answer.results.size(); ++i) {
      const CoreRelocation& relocation = object.relocations[i];
      if (answer.results[i].verdict != CoreVerdict::absent || !relocation.kind) continue;
      // A size or id of 0 is an answer only to those who compare it: whether they do, following constants tells.
      if (!info(*relocation.kind).is_question) continue;
      const bool about_type = info(*relocation.kind).group == CoreGroup::type;
      keys_.insert(key(relocation, about_type ? std::string_view{} : relocation.path));
    }
  }

  /// Whether the program of a relocation was told that what it accesses, or something that this is part of, is absent.
  [[nodiscard]] bool cover(const CoreRelocation& relocation) const {
    if (keys_.contains(key(relocation, {}))) return true;
    const std::string_view path = relocation.path;
    for (std::size_t end = path.find_first_of(".[:"); end != std::string_view::npos;
         end = path.find_first_of(".[:", end + 1)) {
      if (keys_.contains(key(relocation, path.substr(0, end)))) return true;
    }
    return keys_.contains(key(relocation, path));
  }

 private:
  [[nodiscard]] static std::string key(const CoreRelocation& relocation, std::string_view path) {
    return fmt::format("{} {} {}", relocation.program, raw(relocation.access.root), path);
  }

  std::unordered_set<std::string> keys_;
};

/// How many instructions are followed in one object, which may put a great many functions over the same instructions.
/// Real objects have some ten thousand; the verifier looks at a million in a program.
constexpr std::size_t max_followed = std::size_t{1} << 22;

/// For each program the constants that relocations put into it.
std::unordered_map<std::size_t, Constants> constants_of(const CoreObject& object, const CoreAnswer& answer) {
  std::unordered_map<std::size_t, Constants> constants;
  for (std::size_t i = 0; i < answer.results.size(); ++i) {
    const CoreRelocation& relocation = object.relocations[i];
    const CoreResult& result = answer.results[i];
    const bool is_constant = relocation.form == CoreForm::alu || relocation.form == CoreForm::load_immediate;
    if (is_constant && result.new_value) constants[relocation.program][relocation.program_insn] = *result.new_value;
  }
  return constants;
}

}  // namespace

void find_guards(const CoreObject& object, CoreAnswer& answer) {
  std::vector<std::size_t> poisoned;
  for (std::size_t i = 0; i < answer.results.size(); ++i) {
    if (answer.results[i].verdict == CoreVerdict::poison) poisoned.push_back(i);
  }
  if (poisoned.empty()) return;
  const Absences absences(object, answer);
  const std::unordered_map<std::size_t, Constants> constants = constants_of(object, answer);
  std::unordered_map<std::size_t, std::vector<bool>> reachable;  // empty: not followed
  std::size_t followed = 0;
  for (const std::size_t i : poisoned) {
    const CoreRelocation& relocation = object.relocations[i];
    const auto [found, is_new] = reachable.try_emplace(relocation.program);
    if (is_new) followed += object.programs[relocation.program].insns();
    if (is_new && followed <= max_followed) {
      const auto known = constants.find(relocation.program);
      found->second = reachable_insns(object.programs[relocation.program], object.order,
                                      known == constants.end() ? Constants{} : known->second);
    }
    CoreGuard& guard = answer.results[i].guard;
    if (!found->second.empty() && !found->second[relocation.program_insn]) {
      guard = CoreGuard::unreachable;
    } else if (absences.cover(relocation)) {
      guard = CoreGuard::existence;
    }
  }
}

}  // namespace btfx

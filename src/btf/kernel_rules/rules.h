// For this room only: the table of rules, and the rules of each version.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "btf/kernel_rules/validate.h"

namespace btfx {

/// What the kernel says about a breach of one rule.
struct RuleText {
  std::string_view name;  ///< of the rule
  int error;              ///< positive errno; 0 where the load goes on
  std::string_view text;  ///< the kernel's, a pattern of fmt where it has values in it; empty where it says nothing
  std::string_view reason = {};  ///< in our words, where the kernel has none
};

const RuleText& rule_text(BtfRule rule);

/// The rules of a kernel version, see kernel_version(), at a patch level of its stable releases.
KernelRules rules_of_version(std::uint32_t version, unsigned patch = 0);
/// Those of a release; nothing where it does not begin with a version.
std::optional<KernelRules> find_release(std::string_view release);

}  // namespace btfx

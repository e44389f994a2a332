// For the validator only: the table of rules.
#pragma once

#include <string_view>

#include "btf/kernel_rules/validate.h"

namespace btfx {

/// What is said about a breach of one rule.
struct RuleText {
  std::string_view name;  ///< of the rule
  int error;              ///< positive errno; 0 where the load goes on
  std::string_view text;  ///< the kernel's, a pattern of fmt where it has values in it; empty where it says nothing
  std::string_view reason = {};  ///< in our words, where the kernel has none
};

const RuleText& rule_text(BtfRule rule);

}  // namespace btfx

#include "analyzers/rules/builtin_rules.h"

#include <array>

namespace hotloop {

// One line per rule; each is a function `Rule name()` in the folder of the rule.
#define HOTLOOP_BUILTIN_RULES(RULE)                                                                \
  RULE(hl104ExpertLoop)                                                                            \
  RULE(hl304PerParameterOptimizer)                                                                 \
  RULE(hl605UnfusedRouter)                                                                         \
  RULE(hl101ScalarReadback)                                                                        \
  RULE(hl103DynamicShape)                                                                          \
  RULE(hl207GrowingResult)                                                                         \
  RULE(hl203VaryingShape)                                                                          \
  RULE(hl201LoopAllocation)

#define HOTLOOP_DECLARE_RULE(name) Rule name();
HOTLOOP_BUILTIN_RULES(HOTLOOP_DECLARE_RULE)
#undef HOTLOOP_DECLARE_RULE

std::span<const Rule> builtinRules() {
#define HOTLOOP_LIST_RULE(name) name(),
  static const auto rules = std::to_array<Rule>({HOTLOOP_BUILTIN_RULES(HOTLOOP_LIST_RULE)});
#undef HOTLOOP_LIST_RULE
  return rules;
}

} // namespace hotloop

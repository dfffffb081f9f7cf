#pragma once

#include "analyzers/rules/rule_input.h"
#include "analyzers/timeline/what_if.h"

namespace hotloop {

// The change of a finding's plan in terms of the replay. Where nothing can be predicted, whyNone of
// the edit says why.
Edit editOf(const WhatIf &whatIf, const RuleInput &input, const RuleFinding &finding);

// What the replay says of a finding.
// A prediction as the gain over a step of `before` ms.
Gain::Estimate estimateOf(const Prediction &prediction, double before);

enum class Worth : std::uint8_t {
  kUnknown, // no prediction: Gain::whyNone
  kYes,
  kNo,         // below what is material: `reason`
  kUnresolved, // material or not: this run cannot tell, `reason` says how far it can
};
struct Judgement {
  Worth worth = Worth::kUnknown;
  Gain gain;
  std::string reason;
};
// Material is a gain of at least 0.5 % of the step and 20 us (gate G3 of the rule catalogue). A
// gain that the run cannot resolve is no gain of zero; a lower bound of 5 % and more counts as
// found even then, because only more can come to it.
Judgement judgeByReplay(const WhatIf &whatIf, const RuleInput &input, const RuleFinding &finding);

} // namespace hotloop

#pragma once

#include <string>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// A typical steady step in which `finding` happens, as lines of text: the host ("=" in operators or
// calls, "w" waiting for the device), the device ("#" busy), where the finding is ("^"), and how
// long the step would be with the fix. Empty where the step holds nothing of it.
std::string stepPicture(const RuleInput &input, const RuleFinding &finding);

} // namespace hotloop

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/report/finding.h"

namespace hotloop {

struct RuleInput; // analyzers/rules/rule_input.h: the run, its steps, its counters

// What a rule found out. A finding below the materiality threshold goes to notWorth, not away.
struct RuleOutcome {
  std::vector<Finding> findings;
  std::vector<Finding> notWorth;
  std::string notChecked; // reason, when the records of this run cannot support the rule
};

// A rule is a descriptor and a pure function: same input, same outcome; no I/O, no state. Rules are
// listed in analyzers/rules/builtin_rules.cpp and live in a folder of their own each, with their test
// and their doc page.
struct Rule {
  std::string_view id;      // "HL101"
  std::string_view name;    // "scalar_readback"; the folder is hl101_scalar_readback
  std::string_view summary; // one line for `hotloop rules`
  RuleOutcome (*run)(const RuleInput &input) = nullptr;
};

} // namespace hotloop

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/finding.h"

namespace hotloop {

struct RuleInput; // analyzers/rules/rule_input.h: the run, its steps, its counters

// A finding and the rows that it explains: a record belongs to one finding only, so rules that run
// later do not see them (RuleInput::claimed*). Rows of trace->ops and trace->allocations in steady
// steps.
struct RuleFinding {
  Finding finding;
  std::vector<std::uint32_t> ops;
  std::vector<std::uint32_t> allocations;
};

// What a rule found out. A finding below the materiality threshold goes to notWorth, not away; its
// rows stay free for later rules.
struct RuleOutcome {
  std::vector<RuleFinding> findings;
  std::vector<RuleFinding> notWorth;
  std::string notChecked; // reason, when the records of this run cannot support the rule
};

// A rule is a descriptor and a pure function: same input, same outcome; no I/O, no state. Rules are
// listed in analyzers/rules/builtin_rules.cpp (one line each) and live in a folder of their own,
// with their test and their doc page.
struct Rule {
  std::string_view id;      // "HL101"
  std::string_view name;    // "scalar_readback"; the folder is hl101_scalar_readback
  std::string_view summary; // one line for `hotloop rules`
  RuleOutcome (*run)(const RuleInput &input) = nullptr;
};

} // namespace hotloop

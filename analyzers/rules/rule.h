#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzers/rules/fix_plan.h"
#include "core/report/finding.h"

namespace hotloop {

struct RuleInput; // analyzers/rules/rule_input.h: the run, its steps, its counters

// A finding and the rows that it explains: a record belongs to one finding only, so rules that run
// later do not see them (RuleInput::claimed*). Rows of trace->ops, trace->allocations and
// trace->apis in steady steps. The runner adds the CUDA calls inside of `ops` to `calls`.
struct RuleFinding {
  Finding finding;
  std::vector<std::uint32_t> ops = {};
  std::vector<std::uint32_t> allocations = {};
  std::vector<std::uint32_t> calls = {};
  FixPlan fix = {};
  // Not empty: only the share of the step that its time takes speaks against it, and these are the
  // words of its rule. The replay may say otherwise.
  std::string ownWords = {};
};

// What a rule found out. A finding below the materiality threshold goes to notWorth, not away; its
// rows stay free for later rules. The runner sets apart those that the usual step does not have.
struct RuleOutcome {
  std::vector<RuleFinding> findings;
  std::vector<RuleFinding> notWorth;
  std::string notChecked; // reason, when the records of this run cannot support the rule
};

// Records without which a rule cannot say anything. The runner tests them, so that every rule gives
// the same reason.
enum class Needs : std::uint8_t {
  kNothing = 0,
  kOperators = 1,
  kAllocations = 2,
  kCalls = 4,  // CUDA calls of the host
  kDevice = 8, // kernels, copies and fills
  kKernels = 16,
  kCopies = 32,
  kCopyKinds = 64,   // memory kinds of copies
  kDeviceSize = 128, // number of multiprocessors
};
constexpr Needs operator|(Needs a, Needs b) {
  return static_cast<Needs>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr bool has(Needs set, Needs need) {
  return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(need)) != 0;
}

// A rule is a descriptor and a pure function: same input, same outcome; no I/O, no state. Rules are
// listed in analyzers/rules/builtin_rules.cpp (one line each) and live in a folder of their own,
// with their test and their doc page.
struct Rule {
  std::string_view id;      // "HL101"
  std::string_view name;    // "scalar_readback"; the folder is hl101_scalar_readback
  std::string_view summary; // one line for `hotloop rules`
  RuleOutcome (*run)(const RuleInput &input) = nullptr;
  Needs needs = Needs::kNothing;
  std::uint32_t steadySteps = 0; // fewest that it takes
};

} // namespace hotloop

#include "analyzers/rules/rule_input.h"

namespace hotloop {

namespace {

// When a block was last used follows from the operators that read it; no source of records tells
// which blocks an operator reads.
RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  outcome.notChecked =
      input.trace->allocations.start.empty()
          ? "The run has no allocation records."
          : "Records do not tell which blocks an operator reads, so when a block was "
            "last used is not known.";
  return outcome;
}

} // namespace

Rule hl704IdleMemory() {
  return {"HL704", "idle_memory", "Memory is taken long before, or kept long after, it is used",
          run};
}

} // namespace hotloop

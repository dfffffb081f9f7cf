#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// Findings of variant "raw" for the calls that take memory from the driver in steady steps and give
// it back, one per place that takes; frees of blocks go with the place that frees. Pool allocations
// count only where they waited. Returns 1 for the rows of trace->allocations that say the same as
// one of those calls.
std::vector<std::uint8_t> addRawCalls(const RuleInput &input, RuleOutcome &outcome);

} // namespace hotloop

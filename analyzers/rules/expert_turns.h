#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// The operators (rows of trace->ops) that the program called for each expert of one loop over
// experts, in the order of the turns.
using ExpertTurns = std::vector<std::vector<std::uint32_t>>;

// Every loop over experts of the steady steps: those that wait in each turn (HL104) and loops of
// products over slices (HL603).
std::vector<ExpertTurns> expertTurns(const RuleInput &input);

} // namespace hotloop

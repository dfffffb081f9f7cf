#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// CUDA calls of a step that are not kOther, all threads, in the order of their starts.
std::vector<std::uint32_t> callsOfStep(const RuleInput &input, std::uint32_t step);

// Per row of trace->apis: ns that the device stood idle before the work of this call because it was
// launched when the device had run dry already, as far as launching is the cause. 0 for calls whose
// work was queued behind other work, behind a wait (which made the device run dry), and behind a
// pause of the host of more than 0.2 ms.
std::vector<std::int64_t> hostLateIdle(const RuleInput &input);

} // namespace hotloop

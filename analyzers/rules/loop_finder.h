#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/rules/called_ops.h"
#include "analyzers/rules/fix_plan.h"

namespace hotloop {

// Turns of a loop of the program: the same operators at the same places again and again, each turn
// beginning with an operator of `anchors`.
struct RepeatedLoop {
  std::size_t first = 0, last = 0; // positions in the run, inclusive
  std::uint32_t turns = 0;
};

// Loops of at least `leastTurns` turns in `run`. Two turns are alike when the names of what they
// call are, in order.
std::vector<RepeatedLoop> findLoops(const RuleInput &input, const CalledRun &run,
                                    const NameSet &anchors, std::uint32_t leastTurns);

// The operators at [first, last] of `run` as a stretch of host time.
HostLoop hostLoop(const RuleInput &input, const CalledRun &run, std::size_t first, std::size_t last,
                  std::uint32_t turns);

} // namespace hotloop

#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/steps/steps.h"

namespace hotloop {

// What tells a warm-up step from a steady one.
struct StepSigns {
  std::int64_t duration = 0;     // ns
  std::int64_t newOperators = 0; // operator names that no earlier step ran
  std::int64_t netBytes = 0;     // allocated less freed in it
  std::int64_t allocatedBytes = 0;
};

// The number of steps at the beginning to leave out:
//   the first step always (lazy initialisation, first touch of memory, thread pools), then every
//   step up to the last one that shows a sign, with at most one quiet step in between. Signs:
//     an operator name not seen before, or
//     duration > median(second half) + max(25 % of it, 5 x its MAD), or
//     netBytes > 5 % of allocatedBytes, where in the second half the median of netBytes is at most
//     half of that
//   but never more than min(n / 2, n - kMinimumSteadySteps), and at least 1 of n >= 1.
// The shape of the rule is that of change-point methods for warm-up (Barrett et al., "Virtual
// Machine Warmup Blows Hot and Cold", OOPSLA 2017), cut down to what tens of steps can support;
// leaving out steps with module loads, compilation and allocator growth is gate G1 of the rule
// catalogue.
std::size_t warmupLength(const std::vector<StepSigns> &steps);

// Gathers the signs of `steps.all` from the operators and allocations of its process.
std::vector<StepSigns> readStepSigns(const TraceView &trace, const Steps &steps);

} // namespace hotloop

#pragma once

#include <vector>

#include "analyzers/gate/profile_counters.h"

namespace hotloop {

// Gives every nanosecond of every steady step exactly one owner. At a moment that is
//   work on a device: of several at once the one that began last before the moment;
//   else what the thread of the steps does: a call of the CUDA API, else its innermost operator;
//   else the innermost operator of a thread that runs backward functions;
//   else "host": the program between operators, told apart by the open ranges.
// So the sum of `owned` is the sum of the steady steps' lengths, exactly. `worked` and `count` are
// those of all events that the steps asked for, seen or hidden behind others: operators by self
// time.
struct TimeOwnership {
  std::vector<TimeOwner> owners;
  std::vector<PhaseTime> phases; // sorted by phase; at each step they add up to its length
};
TimeOwnership ownersOfTime(const RunFacts &facts);

} // namespace hotloop

#pragma once

#include <string>
#include <vector>

#include "analyzers/gate/baseline.h"

namespace hotloop::cli {

struct AcceptOutcome {
  std::vector<std::string> changes; // "host_syncs of the step: 2 -> 3"
  std::size_t kept = 0;
};

// Takes over what `fresh` shows differently, and leaves alone what it confirms: the lines of a
// baseline that change are the change that was accepted. A class learned from many runs is kept
// where the new run fits into it.
AcceptOutcome acceptChanges(Baseline &baseline, const Baseline &fresh, const std::string &reason);

} // namespace hotloop::cli

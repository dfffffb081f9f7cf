#pragma once

#include <stop_token>
#include <vector>

#include "analyzers/timeline/what_if.h"
#include "core/base/result.h"
#include "core/report/finding.h"

namespace hotloop {

// The findings of a run, most valuable first, and the fix of each as a change of the replay: to ask
// what several of them give together. `whyNone` of an edit says where none can be predicted.
struct FindingEdits {
  std::vector<Finding> findings;
  std::vector<Edit> edits; // by finding
};

// Analyses the run of `whatIf` anew, whose steps must be those of findSteps(trace, -1). Errors:
// those of analyze().
Result<FindingEdits> findingEdits(const WhatIf &whatIf, const std::stop_token &stop = {});

} // namespace hotloop

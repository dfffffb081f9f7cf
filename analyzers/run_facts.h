#pragma once

#include "analyzers/counters/allocation_facts.h"
#include "analyzers/counters/op_facts.h"
#include "analyzers/counters/sites.h"
#include "analyzers/counters/step_counters.h"
#include "analyzers/steps/steps.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// What rules and counters are told about a run: where its records belong. The view and the steps
// must outlive it.
struct RunFacts {
  RunFacts(const TraceView &trace, const Steps &steps);

  SiteTable sites;
  RangePaths paths;
  OpFacts ops;
  AllocationFacts allocations;
  StepCounters counters;
};

} // namespace hotloop

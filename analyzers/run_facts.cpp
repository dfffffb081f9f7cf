#include "analyzers/run_facts.h"

#include "core/base/stop.h"

namespace hotloop {

RunFacts::RunFacts(const TraceView &trace, const Steps &steps)
    : sites(trace), ops(computeOpFacts(trace, steps, sites, paths)),
      allocations(computeAllocationFacts(trace, steps, sites, ops, paths)) {
  stopPoint();
  placeByAllocations(trace, allocations, ops);
  counters = computeStepCounters(trace, steps, ops, allocations, sites.size());
}

} // namespace hotloop

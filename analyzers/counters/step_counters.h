#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/counters/allocation_facts.h"
#include "analyzers/counters/op_facts.h"

namespace hotloop {

// What happened in a step, or in a step at a site. Operators: rows with OpFacts::isOperator.
// Launches and hostSyncs are would-be counts (op_facts.h). Allocations: rows with action
// "allocate".
struct Counters {
  std::int64_t operators = 0;
  std::int64_t launches = 0;
  std::int64_t hostSyncs = 0;
  std::int64_t allocations = 0;
  std::int64_t allocatedBytes = 0;
  std::int64_t selfTime = 0; // ns of operators and backward functions, children excluded
};

// As measured on a device, per step; all zero in a run without device records.
struct DeviceCounters {
  std::int64_t launches = 0;      // host calls that start a kernel, a copy or a fill
  std::int64_t graphLaunches = 0; // host calls that start a captured graph
  std::int64_t kernels = 0;
  std::int64_t hostSyncs = 0; // sync records that stall the host: never kind 2
  std::int64_t copies = 0;
};

struct StepSite {
  std::uint32_t step = 0; // index in Steps::all
  SiteIndex site = 0;
  Counters counters;
};

struct StepCounters {
  std::vector<Counters> perStep;             // by index in Steps::all
  std::vector<DeviceCounters> devicePerStep; // same; empty without device records
  std::vector<StepSite> perSite; // by step, then site; only sites with something to count
};

StepCounters computeStepCounters(const TraceView &trace, const Steps &steps, const OpFacts &ops,
                                 const AllocationFacts &allocations, std::size_t siteCount);

} // namespace hotloop

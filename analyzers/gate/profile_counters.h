#pragma once

#include "analyzers/counters/allocation_facts.h"
#include "analyzers/counters/op_facts.h"
#include "analyzers/gate/run_profile.h"

namespace hotloop {

// A run and what follows from its rows. `paths` grows while API calls are placed.
struct RunFacts {
  const TraceView &trace;
  const Steps &steps;
  const SiteTable &sites;
  RangePaths &paths;
  const OpFacts &ops;
  const AllocationFacts &allocations;
};

// Fills `series` and `counted`. In a run with device records launches, syncs, kernels and copies
// are those that were measured, and belong to the step of the call that asked for them: a kernel
// that runs late is not one more in the next step. Else launches and syncs are would-be counts.
void countProfile(const RunFacts &facts, RunProfile &profile);

// Places calls of the CUDA API: the innermost operator open on their thread, which lends them site
// and phase where they have none.
class ApiPlaces {
public:
  explicit ApiPlaces(const RunFacts &facts);
  // Calls must come by start.
  std::uint32_t op(std::size_t api); // row of trace->ops, or kNoIndex
  SiteIndex site(std::size_t api, std::uint32_t op) const;

private:
  const RunFacts &facts_;
  struct Lane {
    const std::vector<std::uint32_t> *ops = nullptr;
    std::size_t next = 0;
    std::uint32_t last = kNoIndex;
  };
  std::vector<Lane> lanes_; // by thread id
};

enum class ApiKind : std::uint8_t {
  kOther,
  kLaunch,
  kGraphLaunch,
  kSync,
  kBlockingCopy,
  kAllocator
};
ApiKind apiKindOf(std::string_view name);

} // namespace hotloop

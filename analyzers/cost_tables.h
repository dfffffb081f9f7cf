#pragma once

#include "analyzers/analysis.h"
#include "analyzers/rules/rule_input.h"

namespace hotloop {

// Costs per steady step by operator name, most self time first. User scopes are left out.
std::vector<CostRow> operatorCosts(const TraceView &trace, const Steps &steps, const OpFacts &ops,
                                   const AllocationFacts &allocations);

// The same by site; where it is unknown, by range path. A row's total time is that of the operators
// that were called there by nothing at the same site.
std::vector<CostRow> siteCosts(const TraceView &trace, const Steps &steps, const SiteTable &sites,
                               const RangePaths &paths, const OpFacts &ops,
                               const AllocationFacts &allocations);

} // namespace hotloop

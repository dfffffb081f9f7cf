#pragma once

#include "analyzers/counters/allocation_facts.h"
#include "analyzers/counters/op_facts.h"

namespace hotloop {

// Native stacks are taken where they are needed (at would-be syncs and allocations), mostly deep inside
// of the operator that the program called. The innermost user frame is the same for both, so an operator
// without a place gets that of the first allocation or operator inside of it that has one, and passes it
// on to the operators and allocations inside of it that have none.
void inheritSites(OpFacts &ops, AllocationFacts &allocations);

} // namespace hotloop

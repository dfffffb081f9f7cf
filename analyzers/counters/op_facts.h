#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyzers/counters/sites.h"
#include "analyzers/steps/steps.h"
#include "core/metrics/operators.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// Operators of one thread, parents before children, in time order.
struct LaneOps {
  ThreadId lane;
  std::vector<std::uint32_t> ops; // rows of trace->ops
};

// What follows from the operator rows. Every column has one entry per row of trace->ops.
//  parent  innermost operator open on the same thread when this one began; kNoIndex outermost
//  level   number of operators above it. Found by containment; the stored depth breaks ties, except
//  that an
//          operator of no length at the very moment where one ends and the next begins goes to
//          either
//  self    duration less that of its children, never negative, ns
//  step    index in Steps::all; kNoIndex outside of the steps or in another process
//  site    Python location, else innermost user frame of its stack, else that of the nearest
//  enclosing
//          operator that has one. Backward functions, and what they call, get the site of the
//          forward operator with their sequence number, unless they ran at a place of their own.
//  path    NVTX push/pop ranges and user scopes open when it began
//  isOperator  1 for operators; 0 for backward functions, the engine's wrappers around them, user
//  scopes backward  1 for backward functions and what they call launches  device launches it would
//  cost by itself: wouldBeLaunches() of self-contained operators and of
//          those under which nothing else launches; 0 for the rest, and under self-contained ones
//  hostSync  1 where it would wait for the device: it has the trait, called no other that has it,
//  and is not
//          called by a self-contained one (core/metrics/operators.h says why)
struct OpFacts {
  std::vector<std::uint32_t> parent;
  PackedColumn<std::uint16_t> level;
  PackedColumn<std::int64_t> self;
  PackedColumn<std::uint32_t> step;
  PackedColumn<SiteIndex> site;
  PackedColumn<PathIndex> path;
  std::vector<std::uint8_t> isOperator;
  std::vector<std::uint8_t> backward;
  PackedColumn<std::uint16_t> launches;
  std::vector<std::uint8_t> hostSync;

  std::vector<OperatorTrait> traitsOfName; // by StringId; kNone for names that no operator has
  std::vector<LaneOps> lanes;              // of all processes, by thread id

  std::int64_t negativeDurations = 0; // rows, taken as 0 long
  std::int64_t overlaps = 0; // rows that begin inside and end outside of another on their thread

  std::size_t size() const { return parent.size(); }
};

OpFacts computeOpFacts(const TraceView &trace, const Steps &steps, const SiteTable &sites,
                       RangePaths &paths);

// The operator that user code called: the outermost of `op` and the operators above it, up to the
// first user scope or backward function.
std::uint32_t outermostOperator(const OpFacts &facts, std::uint32_t op);

// Walks the ancestors of `op` (itself first) until `matches(row)`; kNoIndex when none does.
template <class Matches>
std::uint32_t findEnclosing(const OpFacts &facts, std::uint32_t op, Matches &&matches) {
  while (op != kNoIndex && !matches(op)) op = facts.parent[op];
  return op;
}

} // namespace hotloop

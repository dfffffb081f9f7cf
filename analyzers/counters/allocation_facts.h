#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/counters/op_facts.h"

namespace hotloop {

// What follows from the allocation rows. Every column has one entry per row of trace->allocations.
//  op      innermost operator open on its thread; kNoIndex none
//  step    index in Steps::all; kNoIndex outside of the steps or in another process
//  site    its own place, else that of `op`
//  path    that of `op`, else the ranges open when it happened
//  pair    allocate: row of the free of that block; free: row of its allocate; kNoIndex unknown or
//  still live
struct AllocationFacts {
  PackedColumn<std::uint32_t> op;
  PackedColumn<std::uint32_t> step;
  PackedColumn<SiteIndex> site;
  PackedColumn<PathIndex> path;
  std::vector<std::uint32_t> pair;

  std::size_t size() const { return op.size(); }
};

AllocationFacts computeAllocationFacts(const TraceView &trace, const Steps &steps,
                                       const SiteTable &sites, const OpFacts &ops,
                                       RangePaths &paths);

// Fills in sites that operators lack and allocations have: call stacks are taken where memory is,
// so in a C++ program most operators are only placed by what they allocate. An operator gets the
// site of the first block taken inside of it, else of the first operator inside of it that has one,
// up to the operator that the program called, and what that calls inherits it. Called operators
// still without one get the site of those of the same name under the same ranges, when these have
// one site between them and at least half of them have it.
void placeByAllocations(const TraceView &trace, AllocationFacts &allocations, OpFacts &ops);

} // namespace hotloop

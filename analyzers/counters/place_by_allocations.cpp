#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/stop.h"

#include "analyzers/counters/allocation_facts.h"

namespace hotloop {

namespace {

using SiteOfOp = std::vector<SiteIndex>; // OpFacts::site, to be written to

// What is known of the called operators of one name under one range path.
struct Known {
  SiteIndex site = 0;
  std::uint32_t placed = 0;
  std::uint32_t unplaced = 0;
  bool ambiguous = false;

  bool usable() const { return site != 0 && !ambiguous && placed >= unplaced; }
};

bool isCalled(const OpFacts &ops, std::uint32_t op) {
  const std::uint32_t parent = ops.parent[op];
  return ops.isOperator[op] != 0 && ops.backward[op] == 0 &&
         (parent == kNoIndex || ops.isOperator[parent] == 0);
}

// Operators without a site take that of the one above.
void inherit(const OpFacts &ops, SiteOfOp &site) {
  for (const LaneOps &lane : ops.lanes)
    for (const std::uint32_t op : lane.ops)
      if (site[op] == 0 && ops.parent[op] != kNoIndex) site[op] = site[ops.parent[op]];
}

// Stacks are taken at the operators that would synchronise, inside of those that the program
// called.
void placeByCallees(const OpFacts &ops, SiteOfOp &site) {
  for (std::uint32_t op = 0; op < ops.size(); ++op) {
    stopPoint(op);
    if (site[op] == 0) continue;
    for (std::uint32_t up = ops.parent[op];
         up != kNoIndex && ops.isOperator[up] != 0 && site[up] == 0; up = ops.parent[up])
      site[up] = site[op];
  }
}

void placeAlike(const TraceView &trace, const OpFacts &ops, SiteOfOp &site) {
  const auto keyOf = [&](std::uint32_t op) {
    return static_cast<std::uint64_t>(ops.path[op]) << 32 | trace->ops.name[op].value;
  };
  std::unordered_map<std::uint64_t, Known> alike;
  for (std::uint32_t op = 0; op < ops.size(); ++op) {
    stopPoint(op);
    if (!isCalled(ops, op)) continue;
    Known &known = alike[keyOf(op)];
    if (site[op] == 0) {
      ++known.unplaced;
      continue;
    }
    ++known.placed;
    known.ambiguous = known.ambiguous || (known.site != 0 && known.site != site[op]);
    known.site = site[op];
  }
  for (std::uint32_t op = 0; op < ops.size(); ++op) {
    stopPoint(op);
    if (site[op] != 0 || !isCalled(ops, op)) continue;
    const Known &known = alike[keyOf(op)];
    if (known.usable()) site[op] = known.site;
  }
}

bool anyUnplaced(const OpFacts &ops) {
  for (const SiteIndex site : ops.site)
    if (site == 0) return true;
  return false;
}

} // namespace

void placeByAllocations(const TraceView &trace, AllocationFacts &allocations, OpFacts &ops) {
  if (!anyUnplaced(ops)) return;
  SiteOfOp site(ops.site.begin(), ops.site.end());
  for (std::uint32_t row = 0; row < allocations.size(); ++row) {
    stopPoint(row);
    if (allocations.site[row] == 0) continue;
    for (std::uint32_t op = allocations.op[row];
         op != kNoIndex && ops.isOperator[op] != 0 && site[op] == 0; op = ops.parent[op])
      site[op] = allocations.site[row];
  }
  placeByCallees(ops, site);
  placeAlike(trace, ops, site);
  inherit(ops, site);
  allocations.site.change([&](SiteIndex &own, std::size_t row) {
    const std::uint32_t op = allocations.op[row];
    if (own == 0 && op != kNoIndex) own = site[op];
  });
  ops.site = PackedColumn<SiteIndex>(std::span<const SiteIndex>(site));
}

} // namespace hotloop

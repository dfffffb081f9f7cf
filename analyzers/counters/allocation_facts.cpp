#include "analyzers/counters/allocation_facts.h"

#include <unordered_map>

#include "analyzers/counters/open_ops.h"
#include "analyzers/counters/range_cursor.h"
#include "analyzers/counters/step_cursor.h"
#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

void pairFrees(const TraceView &trace, AllocationFacts &facts) {
  const auto &rows = trace->allocations;
  struct Key {
    std::uint64_t address;
    std::uint32_t process;
    std::uint8_t allocator;
    bool operator==(const Key &) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key &key) const {
      return (key.address ^ (std::uint64_t{key.process} << 48) ^ key.allocator) *
                 0x9E3779B97F4A7C15ull >>
             16;
    }
  };
  std::unordered_map<Key, std::uint32_t, Hash> live;
  for (std::uint32_t i = 0; i < rows.start.size(); ++i) {
    stopPoint(i);
    if (rows.address[i] == 0) continue;
    const Key key{rows.address[i], processOf(trace, rows.lane[i]).value,
                  static_cast<std::uint8_t>(rows.allocator[i])};
    if (rows.action[i] == AllocationAction::kAllocate) {
      live[key] = i;
    } else if (rows.action[i] == AllocationAction::kFree) {
      const auto found = live.find(key);
      if (found == live.end()) continue;
      facts.pair[i] = found->second;
      facts.pair[found->second] = i;
      live.erase(found);
    }
  }
}

SiteIndex siteOf(const AllocationColumns &rows, std::uint32_t row, std::uint32_t op,
                 const OpColumns &opRows, const SiteTable &sites, const OpFacts &ops) {
  const SiteIndex location = sites.ofFrame(rows.location[row]);
  const SiteIndex own = location != 0 ? location : sites.ofStack(rows.stack[row]);
  if (op == kNoIndex || (own != 0 && ops.site[op] == 0)) return own;
  if (own == 0) return ops.site[op];
  // The operator's place may be that of its forward operator; the allocation follows it.
  const bool sameAsOperator = location != 0 && location == sites.ofFrame(opRows.location[op]);
  const bool insideBackward = location == 0 && ops.backward[op] != 0;
  return sameAsOperator || insideBackward ? ops.site[op] : own;
}

} // namespace

AllocationFacts computeAllocationFacts(const TraceView &trace, const Steps &steps,
                                       const SiteTable &sites, const OpFacts &ops,
                                       RangePaths &paths) {
  const auto &rows = trace->allocations;
  const std::size_t count = rows.start.size();
  AllocationFacts facts;
  facts.pair.assign(count, kNoIndex);

  StepCursor stepOf(trace, steps);
  OpenOps openOps(trace, ops);
  RangeCursor ranges(trace, paths);
  for (std::uint32_t i = 0; i < count; ++i) {
    stopPoint(i);
    const Nanoseconds now = rows.start[i];
    facts.step.push_back(stepOf.at(rows.lane[i], now));
    const std::uint32_t op = openOps.at(rows.lane[i], now);
    facts.op.push_back(op);
    ranges.advance(now);
    const PathIndex open = ranges.at(rows.lane[i], now);
    facts.path.push_back(op == kNoIndex ? open : ops.path[op]);
    facts.site.push_back(siteOf(rows, i, op, trace->ops, sites, ops));
  }
  pairFrees(trace, facts);
  return facts;
}

} // namespace hotloop

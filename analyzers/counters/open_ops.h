#pragma once

#include <vector>

#include "analyzers/counters/op_facts.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

// The innermost operator open on a thread, for callers that walk events in time order.
class OpenOps {
public:
  OpenOps(const TraceView &trace, const OpFacts &facts) : ops_(trace->ops), facts_(facts) {
    for (const LaneOps &lane : facts.lanes) {
      if (lane.lane.value >= lanes_.size()) lanes_.resize(lane.lane.value + 1);
      lanes_[lane.lane.value].ops = &lane.ops;
    }
  }

  std::uint32_t at(ThreadId lane, Nanoseconds now) {
    if (lane.value >= lanes_.size() || lanes_[lane.value].ops == nullptr) return kNoIndex;
    Lane &state = lanes_[lane.value];
    const auto &order = *state.ops;
    while (state.next < order.size() && ops_.start[order[state.next]] <= now)
      state.last = order[state.next++];
    // The last that began, or the innermost around it that is still open.
    std::uint32_t op = state.last;
    while (op != kNoIndex && endOf(ops_.start[op], ops_.duration[op]) < now) op = facts_.parent[op];
    state.last = op;
    return op;
  }

private:
  struct Lane {
    const std::vector<std::uint32_t> *ops = nullptr;
    std::size_t next = 0;
    std::uint32_t last = kNoIndex;
  };
  const OpColumns &ops_;
  const OpFacts &facts_;
  std::vector<Lane> lanes_;
};

} // namespace hotloop

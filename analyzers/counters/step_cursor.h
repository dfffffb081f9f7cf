#pragma once

#include "analyzers/steps/lanes.h"
#include "analyzers/steps/steps.h"

namespace hotloop {

// The step of an event, for callers that walk events in time order.
class StepCursor {
public:
  StepCursor(const TraceView &trace, const Steps &steps) : steps_(steps) {
    inProcess_.push_back(!steps.process);
    for (const ProcessId process : trace->threads.process)
      inProcess_.push_back(process == steps.process);
  }

  // Index in Steps::all, or kNoIndex. `now` must not fall from call to call.
  std::uint32_t at(ThreadId lane, Nanoseconds now) {
    const std::uint32_t step = at(now);
    const bool ours = lane.value < inProcess_.size() ? inProcess_[lane.value] : inProcess_[0];
    return ours ? step : kNoIndex;
  }
  std::uint32_t at(Nanoseconds now) {
    while (next_ < steps_.all.size() && steps_.all[next_].end <= now) ++next_;
    const bool inside = next_ < steps_.all.size() && steps_.all[next_].start <= now;
    return inside ? static_cast<std::uint32_t>(next_) : kNoIndex;
  }

private:
  const Steps &steps_;
  std::size_t next_ = 0;
  std::vector<bool> inProcess_; // by thread id
};

} // namespace hotloop

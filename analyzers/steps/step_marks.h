#pragma once

#include <vector>

#include "analyzers/steps/steps.h"

namespace hotloop {

// A step as the program marked it, before anything is sorted out.
struct StepMark {
  Nanoseconds start;
  Nanoseconds end;
  ThreadId lane;
  std::int64_t number = -1; // -1: the mark carries none
  std::uint32_t row = kNoIndex;
};

struct StepMarks {
  std::vector<StepMark> marks;
  StepSource source = StepSource::kDetected;
};

// The marks of the most explicit source that has any: hotloop_step, then NVTX ranges, then user
// scopes (ProfilerStep# of torch.profiler).
StepMarks collectStepMarks(const TraceView &trace);

// One level of one thread of one process, in order, without overlaps; fills process, lane, source,
// all and notes of `steps`.
void chooseSteps(const TraceView &trace, StepMarks marks, Steps &steps);

} // namespace hotloop

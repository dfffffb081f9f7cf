#include "samples/step_loop.h"

#include <nvtx3/nvToolsExt.h>

#include "include/hotloop/hotloop.h"

namespace hotloop::samples {

StepLoop::Mark::Mark(StepMarks marks, int number) : marks_(marks) {
  if (marks_ == StepMarks::kApi) hotloop_step_begin(number);
  if (marks_ == StepMarks::kNvtx) nvtxRangePushA("step");
}

StepLoop::Mark::~Mark() {
  if (marks_ == StepMarks::kApi) hotloop_step_end();
  if (marks_ == StepMarks::kNvtx) nvtxRangePop();
}

} // namespace hotloop::samples

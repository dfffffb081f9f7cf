#pragma once

#include <functional>

#include "reference_moe/run/measure.h"

namespace hotloop::moe {

// Runs `work` under LibTorch's profiler (Kineto) and adds to `counts` what the GPU was asked for
// during it. `work` must wait for the device at its end; that wait is not counted. Nothing else may
// profile meanwhile, or the counts stay zero.
void countKernels(StepCounts &counts, const std::function<void()> &work);

} // namespace hotloop::moe

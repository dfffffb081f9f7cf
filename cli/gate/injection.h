#pragma once

#include <string>

#include "core/base/result.h"
#include "core/trace/trace_view.h"

namespace hotloop::cli {

enum class Injected { kSync, kLaunch, kAllocation };

// The run as it would be with one more host sync, launch or allocation in every step, at the made
// up place hotloop_selftest.py:1 injected. In a run with device records these are calls of the CUDA
// API, else operators, as a recording of the changed program would show them.
Result<TraceView> withInjection(const TraceView &trace, Injected what);

} // namespace hotloop::cli

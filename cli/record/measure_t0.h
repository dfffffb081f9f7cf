#pragma once

#include "collectors/inject/recorder.h"

namespace hotloop::cli {

// Runs the program once with nothing recorded but the marks of its steps, and returns the median
// length of the steady ones. Errors: the program cannot be run or failed, it marks no steps.
Result<Nanoseconds> measureStepTime(RecordOptions options);

} // namespace hotloop::cli

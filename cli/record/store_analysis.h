#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace hotloop::cli {

// What the analysis after a recording found.
struct StoredAnalysis {
  std::int64_t steps = 0;
  std::int64_t steady = 0;
};

// Analyses the finished run at `path` and stores the result in it (step, step_counter,
// lane_summary, finding, evidence), so that SQL and the viewer see what the reports say. Holds the
// run in memory.
Result<StoredAnalysis> storeAnalysis(const std::string &path);

} // namespace hotloop::cli

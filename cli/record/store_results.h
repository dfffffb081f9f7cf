#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace hotloop::cli {

// What the analysis after a recording found and put into the file.
struct StoredResults {
  std::int64_t steps = 0;
  std::int64_t steady = 0;
};

// Loads the finished run at `path`, finds its steps and counters, and writes them into its result tables
// (step, step_counter, lane_summary), so that SQL and the viewer see what the reports say.
Result<StoredResults> storeResults(const std::string &path);

} // namespace hotloop::cli

#pragma once

#include <optional>
#include <string>

#include "analyzers/gate/run_profile.h"
#include "core/base/result.h"

namespace hotloop::cli {

// "step.body", "step.p90", or a counter by any of its names. Error: unknown, with the nearest one.
Result<std::string> historyMetric(const std::string &given);
// Of one run: ms, or the mean count per steady step. Nothing when the run cannot give it.
std::optional<double> metricOf(const RunProfile &profile, const std::string &metric);

} // namespace hotloop::cli

#pragma once

#include <string>

#include "core/report/report.h"

// The JSON outputs are contracts: schemas in docs/schema, additive only. Two-space indent, keys in
// a fixed order, a line end at the end; broken UTF-8 is replaced.
namespace hotloop {

std::string adviceJson(const AdviceReport &report); // hotloop.advise/1
std::string statsJson(const StatsReport &report);   // hotloop.stats/1
// One finding as it stands in adviceJson(), on one line (the `json` column of the finding table).
std::string findingJson(const Finding &finding, int rank);

} // namespace hotloop

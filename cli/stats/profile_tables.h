#pragma once

#include "analyzers/gate/run_profile.h"
#include "core/report/report_table.h"

// Tables of `hotloop stats` that are about kernels and phases: means per steady step.
namespace hotloop::cli {

// One row per kernel family and phase, longest first. "owned" is the part of the step that nothing
// else owns: a kernel behind another one owns nothing.
ReportTable kernelTable(const RunProfile &profile);
// One row per phase (range path), without those below it: what it owns of the step, and counters.
ReportTable phaseTable(const RunProfile &profile);

} // namespace hotloop::cli

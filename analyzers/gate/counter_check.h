#pragma once

#include <string>
#include <vector>

#include "analyzers/gate/baseline.h"
#include "analyzers/gate/policy.h"
#include "core/report/gate_report.h"

namespace hotloop {

// Rows for what makes any judgement impossible: no steady steps, a program that failed or was cut
// off, lost records, a baseline of another kind of run, counters that are gone or collapsed. Errors
// unless the policy turns them into warnings; empty when the run can be judged.
std::vector<GateRow> checkRun(const RunProfile &run, const GatePolicy &policy);
std::vector<GateRow> checkWorld(const Baseline &baseline, const RunProfile &run,
                                const GatePolicy &policy);

// A row about the run as a whole: a verdict that belongs to no counter.
GateRow runRow(std::string verdict, GateStatus status, std::string message);

// Exact counters: one row per counter of the whole step, and one per phase and site that differs.
// Work that moved, so that the phase (or the step) counts what it counted, is told and does not
// fail: an increase is judged where it adds to the sum. Phases and sites of a run are matched by
// name and function, whole phases also by what they count.
std::vector<GateRow> checkCounters(const Baseline &baseline, const RunProfile &run,
                                   const GatePolicy &policy);

// Absolute limits of budgets (`max`), which need no baseline.
std::vector<GateRow> checkBudgets(const RunProfile &run, const GatePolicy &policy);

// Turns failures that an allow entry covers into kAllowed; a row for each entry that has expired.
void applyAllows(std::vector<GateRow> &rows, const RunProfile &run, const GatePolicy &policy);

// Of the lines where a counter happens in a function now, the one that is new against `before`:
// the others keep their distances.
std::uint32_t newLine(const std::vector<std::uint32_t> &before, const std::vector<SeriesLine> &now);

} // namespace hotloop

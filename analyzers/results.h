#pragma once

#include <vector>

#include "analyzers/analysis.h"
#include "core/trace/trace_sink.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// The result tables of the run file, made of an analysis. Texts are interned in `sink`; the rows of
// step, op and allocation that results refer to are numbered as `trace` has them, from 1.

// Steps that the analyzers found by themselves (NVTX, ProfilerStep#, repetition) and the file
// lacks. They get the row numbers after the last step of `trace`; store them before the counters.
void storeSteps(const Analysis &analysis, TraceSink &sink);

// step_counter: operators, launches, host_syncs, allocations, allocated_bytes and host_ms per step
// and site (names of core/metrics/metrics.h); zeros are left out.
void storeStepCounters(const TraceView &trace, const Analysis &analysis, TraceSink &sink);

// lane_summary: one row per thread that ran operators or CUDA calls and per stream that did work.
std::vector<LaneSummaryRow> laneSummaries(const TraceView &trace);

// finding, evidence: in rank order, from 1.
void storeFindings(const Analysis &analysis, TraceSink &sink);

// Everything above and the quality rows of the analysis.
void storeResults(const TraceView &trace, const Analysis &analysis, TraceSink &sink);

} // namespace hotloop

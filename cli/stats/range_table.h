#pragma once

#include "analyzers/analysis.h"
#include "core/report/report_table.h"
#include "core/trace/trace_view.h"

namespace hotloop::cli {

// NVTX ranges (marks have no length and are left out) by domain and name over the whole run: how
// often, how long, and their number and length per steady step (of those that begin in one; null
// without steady steps). Most time first.
ReportTable rangeTable(const TraceView &trace, const Analysis &analysis);

} // namespace hotloop::cli

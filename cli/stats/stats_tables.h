#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/run_source.h"
#include "core/report/report_table.h"

namespace hotloop::cli {

// Names of the tables that `hotloop stats -r` knows, in the order of its help.
std::vector<std::string_view> statsTableNames();

// One of them. Times are milliseconds per steady step, counts occurrences per steady step; `ranges`
// also holds figures of the whole run.
ReportTable makeStatsTable(std::string_view name, const AnalyzedRun &run);

// By "time", "count" (both falling) or "name"; "" leaves the table's own order.
void sortStatsTable(ReportTable &table, std::string_view order);

} // namespace hotloop::cli

#pragma once

#include <cstddef>
#include <string>

#include "cli/diff/run_diff.h"
#include "core/report/style.h"

namespace hotloop::cli {

// The exit code that belongs to a comparison: 3 not comparable, 1 different and asked for, else 0.
ReportExit diffExit(const RunDiff &diff, bool exitCodeWanted);

ReportTable diffCounterTable(const RunDiff &diff);
ReportTable diffSiteTable(const RunDiff &diff);

std::string diffText(const RunDiff &diff, const AnalyzedRun &before, const AnalyzedRun &after,
                     std::size_t limit, const Style &style, std::size_t width);
std::string diffMarkdown(const RunDiff &diff, const AnalyzedRun &before, const AnalyzedRun &after,
                         std::size_t limit);
std::string diffJson(const RunDiff &diff, const AnalyzedRun &before, const AnalyzedRun &after,
                     const ReportExit &exit); // hotloop.diff/1

} // namespace hotloop::cli

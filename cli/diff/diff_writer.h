#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/diff/run_diff.h"
#include "core/report/number_format.h"
#include "core/report/style.h"

namespace hotloop::cli {

// The exit code that belongs to a comparison: 3 not comparable, 1 different and asked for, else 0.
ReportExit diffExit(const RunDiff &diff, bool exitCodeWanted);

ReportTable diffCounterTable(const RunDiff &diff);
ReportTable diffSiteTable(const RunDiff &diff);

std::string diffText(const RunDiff &diff, const LoadedProfile &before, const LoadedProfile &after,
                     std::size_t limit, const Style &style, std::size_t width,
                     TimeUnit unit = TimeUnit::kMilliseconds);
std::string diffMarkdown(const RunDiff &diff, const LoadedProfile &before,
                         const LoadedProfile &after, std::size_t limit,
                         TimeUnit unit = TimeUnit::kMilliseconds);
// `more`: further runs against the first one (the third, fourth, ... on the command line).
struct FurtherDiff {
  const LoadedProfile *run;
  RunDiff diff;
};
std::string diffJson(const RunDiff &diff, const LoadedProfile &before, const LoadedProfile &after,
                     const std::vector<FurtherDiff> &more,
                     const ReportExit &exit); // hotloop.diff/1
// The owners of the change of the step in their order; `hidden` rows fall together so that the
// table adds up.
ReportTable diffOwnerTable(const TimeComparison &time, std::size_t limit,
                           TimeUnit unit = TimeUnit::kMilliseconds);

} // namespace hotloop::cli

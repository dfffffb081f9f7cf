#include "cli/stats/range_table.h"

#include <algorithm>
#include <unordered_map>

#include "analyzers/steps/steps.h"

namespace hotloop::cli {

namespace {

struct RangeSums {
  StringId name, domain;
  std::int64_t count = 0;
  Nanoseconds total, longest;
  std::int64_t steadyCount = 0;
  Nanoseconds steadyTotal;
};

// Is `time` inside one of the steady steps?
class SteadyWindows {
public:
  explicit SteadyWindows(const Steps &steps) {
    for (const std::uint32_t index : steps.steady) windows_.push_back(steps.all[index]);
  }
  bool contains(Nanoseconds time) const {
    const auto after =
        std::upper_bound(windows_.begin(), windows_.end(), time,
                         [](Nanoseconds t, const Step &step) { return t < step.start; });
    return after != windows_.begin() && time < std::prev(after)->end;
  }

private:
  std::vector<Step> windows_;
};

} // namespace

ReportTable rangeTable(const TraceView &trace, const Analysis &analysis) {
  const bool steady = analysis.steps.steady > 0;
  // analyze() found warm-up by itself or was told; the number of steps it left out is the same
  // here.
  const Steps steps = findSteps(trace, steady ? analysis.steps.total - analysis.steps.steady : -1);
  const SteadyWindows windows(steps);
  std::unordered_map<std::uint64_t, RangeSums> sums;
  const RangeColumns &ranges = trace->ranges;
  for (std::size_t i = 0; i < ranges.start.size(); ++i) {
    if (ranges.kind[i] == RangeKind::kMark) continue;
    RangeSums &sum = sums[(std::uint64_t{ranges.domain[i].value} << 32) | ranges.name[i].value];
    sum.name = ranges.name[i];
    sum.domain = ranges.domain[i];
    ++sum.count;
    sum.total += ranges.duration[i];
    sum.longest = std::max(sum.longest, ranges.duration[i]);
    if (!windows.contains(ranges.start[i])) continue;
    ++sum.steadyCount;
    sum.steadyTotal += ranges.duration[i];
  }
  ReportTable table{"ranges",
                    "NVTX ranges",
                    {{"name", "range", CellFormat::kText, true},
                     {"domain", "domain", CellFormat::kText, true},
                     {"count", "count", CellFormat::kCount, true},
                     {"total_ms", "total", CellFormat::kMilliseconds, true},
                     {"mean_ms", "mean", CellFormat::kMilliseconds, true},
                     {"longest_ms", "longest", CellFormat::kMilliseconds, true},
                     {"per_step", "per step", CellFormat::kCount, true},
                     {"per_step_ms", "per step", CellFormat::kMilliseconds, true},
                     {"share", "share", CellFormat::kShare, false}},
                    {},
                    0};
  std::vector<RangeSums> rows;
  for (const auto &[key, sum] : sums) rows.push_back(sum);
  std::sort(rows.begin(), rows.end(), [](const RangeSums &a, const RangeSums &b) {
    return std::pair(b.total, a.name) < std::pair(a.total, b.name);
  });
  const double steadySteps = static_cast<double>(std::max<std::size_t>(steps.steady.size(), 1));
  const double step = analysis.steps.duration.milliseconds();
  auto perStep = [&](double sum) { return steady ? ReportCell{sum / steadySteps} : ReportCell{}; };
  for (const RangeSums &sum : rows)
    table.rows.push_back(
        {std::string(trace.text(sum.name)), std::string(trace.text(sum.domain)), sum.count,
         sum.total.milliseconds(), sum.total.milliseconds() / static_cast<double>(sum.count),
         sum.longest.milliseconds(), perStep(static_cast<double>(sum.steadyCount)),
         perStep(sum.steadyTotal.milliseconds()),
         step > 0 ? perStep(sum.steadyTotal.milliseconds() / step) : ReportCell{}});
  return table;
}

} // namespace hotloop::cli

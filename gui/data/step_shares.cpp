#include "gui/data/step_shares.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "gui/data/trace/area_stats.h"

namespace hotloop::gui {
namespace {

constexpr std::size_t kMostSteps = 200; // looked at, evenly spread

std::vector<const TraceStep *> steadySteps(const Trace &trace) {
  std::vector<const TraceStep *> steps;
  for (const TraceStep &step : trace.steps) {
    if (step.steady && step.end > step.start) steps.push_back(&step);
  }
  if (steps.size() <= kMostSteps) return steps;
  std::vector<const TraceStep *> some;
  for (std::size_t i = 0; i < kMostSteps; ++i) some.push_back(steps[i * steps.size() / kMostSteps]);
  return some;
}

// Nanoseconds of each category that `lanes` cover in the steps.
std::map<Category, std::int64_t> byCategory(const Trace &trace,
                                            const std::vector<std::uint32_t> &lanes,
                                            const std::vector<const TraceStep *> &steps) {
  std::map<Category, std::int64_t> sums;
  for (const TraceStep *step : steps) {
    for (const NameStats &name : areaStats(trace, lanes, step->start, step->end).names)
      sums[trace.names[name.name].category] += name.total;
  }
  return sums;
}

void finish(StepBar &bar, std::size_t steps, const char *rest, std::vector<StepBar> &bars) {
  std::int64_t sum = 0;
  for (StepShare &share : bar.shares) {
    share.ns /= static_cast<std::int64_t>(steps);
    sum += share.ns;
  }
  std::stable_sort(bar.shares.begin(), bar.shares.end(),
                   [](const StepShare &a, const StepShare &b) { return a.ns > b.ns; });
  if (bar.step > sum) bar.shares.push_back({rest, Category::kStep, bar.step - sum, true});
  bars.push_back(std::move(bar));
}

} // namespace

std::vector<StepBar> stepBars(const RunDocument &document) {
  const Trace &trace = *document.trace;
  const auto steps = steadySteps(trace);
  std::vector<StepBar> bars;
  if (steps.empty()) return bars;
  std::int64_t mean = 0;
  for (const TraceStep *step : steps) mean += step->end - step->start;
  mean /= static_cast<std::int64_t>(steps.size());

  const std::uint32_t thread = document.analysis.stepTable.lane.value;
  StepBar host;
  host.step = mean;
  std::int64_t operators = 0;
  std::int64_t calls = 0;
  for (std::uint32_t i = 0; i < trace.tracks.size(); ++i) {
    const Track &track = trace.tracks[i];
    if (track.entity != thread || track.laneCount == 0 ||
        (track.table != EventTable::kOp && track.table != EventTable::kApi)) {
      continue;
    }
    host.label = track.group;
    const auto sums = byCategory(trace, {track.firstLane}, steps);
    for (const auto &[category, ns] : sums) {
      (track.table == EventTable::kOp ? operators : calls) += ns;
      if (track.table == EventTable::kApi && category != Category::kWait) continue;
      host.shares.push_back({category == Category::kWait       ? "waiting for the GPU"
                             : category == Category::kBackward ? "backward functions"
                             : category == Category::kScope    ? "user scopes"
                                                               : "operators",
                             category, ns, false});
    }
  }
  // Waits lie inside of operators: take them out of there, so that the bar adds up.
  if (operators > 0 && calls > 0) {
    std::int64_t waits = 0;
    for (const StepShare &share : host.shares)
      waits += share.category == Category::kWait ? share.ns : 0;
    for (StepShare &share : host.shares) {
      if (share.category == Category::kWait) continue;
      const std::int64_t taken = std::min(waits, share.ns);
      share.ns -= taken;
      waits -= taken;
    }
  }
  if (!host.label.empty()) finish(host, steps.size(), "outside of operators (Python, data)", bars);

  std::map<std::string, std::vector<std::uint32_t>> devices; // group -> lanes
  for (const Track &track : trace.tracks) {
    if (track.table < EventTable::kKernel) continue;
    for (std::uint32_t lane = 0; lane < track.laneCount; ++lane)
      devices[track.group].push_back(track.firstLane + lane);
  }
  for (const auto &[group, lanes] : devices) {
    StepBar bar;
    bar.label = group;
    bar.step = mean;
    for (const auto &[category, ns] : byCategory(trace, lanes, steps)) {
      const char *label = category == Category::kCopy          ? "copies"
                          : category == Category::kFill        ? "fills"
                          : category == Category::kGraphKernel ? "kernels of graphs"
                                                               : "kernels";
      bar.shares.push_back({label, category, ns, false});
    }
    finish(bar, steps.size(), "idle", bars);
  }
  return bars;
}

} // namespace hotloop::gui

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

// Every nanosecond of a mean step has one owner, so parts add up to it.
StepBar ownerBar(const RunProfile &profile) {
  constexpr struct {
    const char *owner;
    const char *label;
    Category category;
  } kOwners[] = {{"kernel", "kernels", Category::kKernel},
                 {"copy", "copies", Category::kCopy},
                 {"fill", "fills", Category::kFill},
                 {"sync", "host waits for the device", Category::kWait},
                 {"launch", "launches, device idle", Category::kLaunch},
                 {"allocator", "device allocator", Category::kBackward},
                 {"operator", "operators on the CPU", Category::kOperator}};
  StepBar bar;
  bar.label = "Who owns each nanosecond of the step";
  if (profile.durations.empty()) return bar;
  const auto steps = static_cast<std::int64_t>(profile.durations.size());
  bar.step = std::accumulate(profile.durations.begin(), profile.durations.end(), std::int64_t{0});
  std::map<std::string_view, std::int64_t> sums;
  for (const TimeOwner &owner : profile.owners) sums[owner.category] += owner.owned;
  for (const auto &known : kOwners) {
    if (sums[known.owner] > 0)
      bar.shares.push_back({known.label, known.category, sums[known.owner], false});
  }
  bar.step /= steps;
  std::int64_t sum = 0;
  for (StepShare &share : bar.shares) sum += share.ns /= steps;
  std::stable_sort(bar.shares.begin(), bar.shares.end(),
                   [](const StepShare &a, const StepShare &b) { return a.ns > b.ns; });
  if (bar.step > sum)
    bar.shares.push_back(
        {"the program between operators (Python, data)", Category::kStep, bar.step - sum, true});
  return bar;
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

  if (StepBar owners = ownerBar(document.models.profile); owners.step > 0)
    bars.push_back(std::move(owners));

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

#include "analyzers/steps/warmup.h"

#include <algorithm>
#include <cmath>

#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

// Calls visit(step, row) for the rows of the process that start in a step. Rows are sorted by
// start.
template <class Columns>
void forEachInStep(const TraceView &trace, const Steps &steps, const Columns &rows, auto &&visit) {
  std::size_t step = 0;
  for (std::size_t i = 0; i < rows.start.size(); ++i) {
    stopPoint(i);
    while (step < steps.all.size() && steps.all[step].end <= rows.start[i]) ++step;
    if (step == steps.all.size()) return;
    if (rows.start[i] < steps.all[step].start) continue;
    if (processOf(trace, rows.lane[i]) == steps.process) visit(step, i);
  }
}

} // namespace

std::vector<StepSigns> readStepSigns(const TraceView &trace, const Steps &steps) {
  std::vector<StepSigns> signs(steps.all.size());
  for (std::size_t i = 0; i < signs.size(); ++i)
    signs[i].duration = (steps.all[i].end - steps.all[i].start).count;
  std::vector<bool> seen(trace->strings.size());
  forEachInStep(trace, steps, trace->ops, [&](std::size_t step, std::size_t row) {
    if (trace->ops.scope[row] == OpScope::kUserScope) return; // their names may carry numbers
    const std::uint32_t name = trace->ops.name[row].value;
    if (name >= seen.size() || seen[name]) return;
    seen[name] = true;
    ++signs[step].newOperators;
  });
  const auto &allocations = trace->allocations;
  forEachInStep(trace, steps, allocations, [&](std::size_t step, std::size_t row) {
    if (allocations.action[row] == AllocationAction::kAllocate) {
      signs[step].netBytes += allocations.bytes[row];
      signs[step].allocatedBytes += allocations.bytes[row];
    } else if (allocations.action[row] == AllocationAction::kFree) {
      signs[step].netBytes -= allocations.bytes[row];
    }
  });
  return signs;
}

std::size_t warmupLength(const std::vector<StepSigns> &steps) {
  const std::size_t count = steps.size();
  if (count == 0) return 0;
  const std::size_t half = count / 2;
  std::vector<double> durations;
  std::vector<double> growth;
  for (std::size_t i = half; i < count; ++i) {
    durations.push_back(static_cast<double>(steps[i].duration));
    growth.push_back(static_cast<double>(steps[i].netBytes));
  }
  const double typical = medianInPlace(durations);
  for (double &value : durations) value = std::abs(value - typical);
  const double limit = typical + std::max(0.25 * typical, 5 * medianInPlace(durations));
  const double typicalGrowth = medianInPlace(growth);

  const auto warming = [&](const StepSigns &step) {
    const double grown = static_cast<double>(step.netBytes);
    return step.newOperators > 0 || static_cast<double>(step.duration) > limit ||
           (grown > 0.05 * static_cast<double>(step.allocatedBytes) && typicalGrowth <= grown / 2);
  };
  const std::size_t room =
      count > kMinimumSteadySteps ? std::min(half, count - kMinimumSteadySteps) : 1;
  std::size_t length = 1;
  for (std::size_t i = 1; i < count && i <= length + 1; ++i)
    if (warming(steps[i])) length = i + 1;
  return std::min(length, std::max<std::size_t>(room, 1));
}

} // namespace hotloop

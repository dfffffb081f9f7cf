#include <algorithm>
#include <unordered_map>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/timeline_parts.h"
#include "core/base/stop.h"

namespace hotloop::timeline {

namespace {

// Steps found by the repetition of kernels begin when the device began: on the host that is the
// call that launched the first kernel.
void moveToHost(BuildState &state) {
  std::unordered_map<std::int64_t, std::uint32_t> correlationAt;
  for (const std::int64_t border : state.borders) correlationAt.emplace(border, 0);
  const auto &kernels = state.trace->kernels;
  for (std::size_t i = 0; i < kernels.start.size(); ++i) {
    stopPoint(i);
    const auto found = correlationAt.find(kernels.start[i].count);
    if (found != correlationAt.end()) found->second = kernels.correlation[i];
  }
  std::unordered_map<std::uint32_t, std::int64_t> hostStart;
  for (const auto &[time, correlation] : correlationAt)
    if (correlation != 0) hostStart.emplace(correlation, INT64_MIN);
  const auto &apis = state.trace->apis;
  for (std::size_t i = 0; i < apis.start.size(); ++i) {
    stopPoint(i);
    const auto found = hostStart.find(apis.correlation[i]);
    if (found != hostStart.end()) found->second = apis.start[i].count;
  }
  for (std::int64_t &border : state.borders) {
    const std::uint32_t correlation = correlationAt[border];
    const auto found = hostStart.find(correlation);
    if (found != hostStart.end() && found->second != INT64_MIN) border = found->second;
  }
  std::sort(state.borders.begin(), state.borders.end());
}

void findBorders(BuildState &state) {
  const auto &all = state.steps.all;
  std::vector<double> pauses;
  for (std::size_t i = 0; i < all.size(); ++i) {
    stopPoint(i);
    state.borders.push_back(all[i].start.count);
    if (i > 0) pauses.push_back(static_cast<double>((all[i].start - all[i - 1].end).count));
  }
  // What happens between two marked steps belongs to the loop; the last one gets as much.
  const auto pause = static_cast<std::int64_t>(medianInPlace(pauses));
  state.borders.push_back(all.back().end.count + std::max<std::int64_t>(0, pause));
  if (!state.steps.lane) moveToHost(state);
}

// Anchors per step, by the names of the calls alone; the entry before the first step last.
std::vector<std::uint64_t> countCandidates(BuildState &state) {
  std::vector<std::uint64_t> count(state.steps.all.size() + 1);
  const auto &apis = state.trace->apis;
  std::size_t step = 0;
  for (std::size_t i = 0; i < apis.start.size(); ++i) {
    stopPoint(i);
    const std::int64_t start = apis.start[i].count;
    if (start > state.borders.back()) break;
    if (state.kinds.of(apis.name[i]) == ApiKind::kOther || !state.inProcess(apis.lane[i])) continue;
    if (start < state.borders.front()) {
      ++count.back();
      continue;
    }
    while (step + 1 < state.steps.all.size() && start >= state.borders[step + 1]) ++step;
    ++count[step];
  }
  return count;
}

// As many of the steady steps as fit, evenly chosen.
std::vector<std::uint32_t> chooseSteps(const BuildState &state,
                                       const std::vector<std::uint64_t> &count) {
  const auto &steady = state.steps.steady;
  std::uint64_t total = 0;
  for (const std::uint32_t step : steady) total += count[step] + 1;
  const std::uint64_t limit = state.options.maxAnchors;
  if (total <= limit) return steady;
  std::size_t wanted = std::max<std::size_t>(1, steady.size() * limit / total);
  while (true) {
    std::vector<std::uint32_t> chosen;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < wanted; ++i) {
      chosen.push_back(steady[(2 * i + 1) * steady.size() / (2 * wanted)]);
      sum += count[chosen.back()] + 1;
    }
    if (sum <= limit || wanted == 1) return chosen;
    --wanted;
  }
}

} // namespace

void chooseWindows(BuildState &state) {
  findBorders(state);
  const std::vector<std::uint64_t> count = countCandidates(state);
  state.chosen = chooseSteps(state, count);
  state.result.steadySteps = static_cast<std::uint32_t>(state.steps.steady.size());
  std::uint64_t total = 0;
  for (const std::uint64_t anchors : count) total += anchors;
  // A small run is taken whole: what came before the steps helps to calibrate.
  if (total <= 2ull * state.options.maxAnchors) {
    state.windows.push_back({INT64_MIN, state.borders.back()});
    return;
  }
  // The step before each tells what was still running when it began.
  for (const std::uint32_t step : state.chosen) {
    const Window window{state.borders[step == 0 ? 0 : step - 1], state.borders[step + 1]};
    if (!state.windows.empty() && state.windows.back().end >= window.start)
      state.windows.back().end = window.end;
    else
      state.windows.push_back(window);
  }
}

} // namespace hotloop::timeline

#include "analyzers/timeline/baseline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "analyzers/timeline/replay.h"

namespace hotloop::timeline {

namespace {

// An unprofiled launch call on the machine that the note was made on; a profile knows better.
constexpr double kLaunchCall = 5'500;
constexpr double kUnknownFactor = 0.75;
constexpr double kSmallestFactor = 0.15, kLargestFactor = 1.6;
constexpr double kUsualLow = 0.55, kUsualHigh = 1.0;
constexpr double kFlat = 1.02, kClose = 0.05;
constexpr double kFarBelow = 0.8, kSame = 0.01; // two factors that give one step time
constexpr int kBisections = 16;
constexpr double kSmallestWhole = 0.35; // below it the unprofiled time is of another program

double factorOfRecord(const BaselineInput &input) {
  if (input.calibration.quickLaunch <= 0) return kUnknownFactor;
  const double call =
      input.profile && input.profile->launchCallNs > 0 ? input.profile->launchCallNs : kLaunchCall;
  return std::clamp(call / input.calibration.quickLaunch, 0.5, 0.95);
}

} // namespace

FactorFit fitFactor(const BaselineInput &input, std::uint32_t first, std::uint32_t last) {
  if (!input.unprofiled) return {factorOfRecord(input), FitOutcome::kNoTarget};
  const auto target = static_cast<double>(input.unprofiled->count);
  const auto at = [&](double factor) {
    return replay(input.program, input.calibration, {factor, 1, first, last}).period;
  };
  const double fast = at(kUsualLow);
  if (at(kUsualHigh) < kFlat * fast && std::abs(fast / target - 1) < kClose)
    return {factorOfRecord(input), FitOutcome::kFlat};
  double low = kSmallestFactor;
  double high = kLargestFactor;
  if (at(low) > target) return {low, FitOutcome::kBelow};
  if (at(high) < target) return {high, FitOutcome::kAbove};
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (low + high) / 2;
    (at(middle) <= target ? low : high) = middle;
  }
  const double factor = (low + high) / 2;
  // Where the device is the bound, every faster host takes the same time: the record knows better.
  const double own = factorOfRecord(input);
  if (own < kFarBelow * factor && at(own) > (1 - kSame) * target) return {own, FitOutcome::kFlat};
  return {factor, FitOutcome::kFitted};
}

bool reachBeyondRecords(const BaselineInput &input, Calibration &calibration, Program &program) {
  Calibration scaled = calibration;
  scaled.scaledPerRecord = std::numeric_limits<double>::max();
  scaled.wholeHost = true;
  const auto reaches = [&](double leastFactor) {
    Program whole = compile(input.timeline, scaled, nullptr);
    const FactorFit fit =
        fitFactor({input.timeline, scaled, whole, input.unprofiled, input.profile});
    if (fit.outcome != FitOutcome::kFitted || fit.factor < leastFactor) return false;
    calibration = scaled;
    program = std::move(whole);
    return true;
  };
  if (reaches(kSmallestWhole)) return true;
  // Host and device alike: the replay of the record, shrunk as a whole.
  const double scale =
      static_cast<double>(input.unprofiled->count) / recordedPeriod(input.timeline);
  if (scale < kSmallestWhole || scale > 1) return false;
  scaled.deviceScale = scale;
  for (auto &row : scaled.follow)
    for (double &gap : row) gap *= scale;
  return reaches(0);
}

double recordedPeriod(const Timeline &timeline) {
  const Anchors &anchors = timeline.anchors;
  // When the last work of each step ended: it may run into the next one.
  std::vector<std::int64_t> workEnd;
  for (std::uint32_t k = 0; k < timeline.work.size(); ++k) {
    const std::uint32_t step = anchors.step[timeline.work.anchor[k]];
    if (step == kNoIndex) continue;
    if (step >= workEnd.size()) workEnd.resize(step + 1, INT64_MIN);
    workEnd[step] = std::max(workEnd[step], timeline.work.end[k]);
  }
  const auto endAfter = [&](std::uint32_t border, std::uint32_t step) {
    const std::int64_t end = anchors.start[border];
    return step < workEnd.size() ? std::max(end, workEnd[step]) : end;
  };
  double sum = 0;
  // Steps that follow each other share a border; each row of them counts from the end before it.
  for (std::size_t k = 0; k < timeline.steps.size();) {
    std::size_t next = k + 1;
    while (next < timeline.steps.size() &&
           timeline.steps[next].first == timeline.steps[next - 1].last)
      ++next;
    const TemplateStep &first = timeline.steps[k];
    const TemplateStep &last = timeline.steps[next - 1];
    sum +=
        static_cast<double>(endAfter(last.last, last.step) - endAfter(first.first, first.step - 1));
    k = next;
  }
  return sum / static_cast<double>(std::max<std::size_t>(1, timeline.steps.size()));
}

double streamOverlap(const Timeline &timeline) {
  if (timeline.streams.size() < 2) return 1;
  const DeviceWork &work = timeline.work;
  std::vector<std::uint32_t> order(work.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(work.start[a], a) < std::pair(work.start[b], b);
  });
  double sum = 0;
  double busy = 0;
  std::int64_t end = INT64_MIN;
  for (const std::uint32_t k : order) {
    sum += static_cast<double>(work.end[k] - work.start[k]);
    if (work.end[k] <= end) continue;
    busy += static_cast<double>(work.end[k] - std::max(end, work.start[k]));
    end = work.end[k];
  }
  return sum > 0 ? busy / sum : 1;
}

ReplayBaseline findBaseline(const BaselineInput &input, FactorFit &fit) {
  fit = fitFactor(input);
  ReplayBaseline result;
  const auto at = [&](double host, double device = 1) {
    return replay(input.program, input.calibration, {host, device}).period;
  };
  const double recorded = recordedPeriod(input.timeline);
  // The host time as recorded, record-free parts included: factor 1.
  const double replayed = at(1);
  result.recordedMs = recorded * 1e-6;
  result.replayedMs = replayed * 1e-6;
  result.error = recorded > 0 ? replayed / recorded - 1 : 0;
  result.ms = at(fit.factor) * 1e-6;
  result.hostFactor = fit.factor;
  result.fitted = fit.outcome == FitOutcome::kFitted;
  const double faster = at(0.9 * fit.factor);
  const double slower = at(1.1 * fit.factor);
  result.hostBound = (slower - faster) > 0.1 * result.ms * 1e6;
  result.hostOnlyMs = at(fit.factor, 0) * 1e-6;
  result.deviceOnlyMs = at(0, 1) * 1e-6;
  return result;
}

} // namespace hotloop::timeline

#include "analyzers/timeline/calibration.h"

#include <algorithm>
#include <vector>

#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop::timeline {

namespace {

constexpr double kLongestLaunch = 50'000; // longer ones waited for something else
constexpr double kLongestFollow = 50'000;
constexpr std::int64_t kStillRunning = 3'000;
constexpr std::int64_t kJitter = 500;

double medianOr(std::vector<double> &values, double fallback) {
  return values.empty() ? fallback : medianInPlace(values);
}

// Within a graph the gaps add up, so that their mean counts; overlaps and stalls of the whole
// device are no gaps.
double meanOr(const std::vector<double> &values, double fallback) {
  double sum = 0;
  double count = 0;
  for (const double value : values) {
    if (value >= kLongestFollow) continue;
    sum += std::max(value, 0.0);
    ++count;
  }
  return count > 0 ? sum / count : fallback;
}

struct Samples {
  std::array<std::vector<double>, kDeviceWorkKinds> launch;
  std::array<std::array<std::vector<double>, kDeviceWorkKinds>, kDeviceWorkKinds> follow;
  std::vector<double> anyLaunch, anyFollow, syncReturn, syncCall, launchCall, copyCall, graphGap,
      graphLatency, hostGap, quick;
};

struct StreamState {
  bool any = false;
  std::int64_t end = 0;
  std::size_t kind = 0;
};

void sampleWork(const Timeline &timeline, std::uint32_t i, std::vector<StreamState> &streams,
                Samples &samples) {
  const Anchors &anchors = timeline.anchors;
  const DeviceWork &work = timeline.work;
  for (std::uint32_t k = anchors.workBegin[i]; k < anchors.workBegin[i + 1]; ++k) {
    StreamState &stream = streams[work.stream[k]];
    const auto kind = static_cast<std::size_t>(work.kind[k]);
    const auto afterCall = static_cast<double>(work.start[k] - anchors.end[i]);
    const auto afterWork = static_cast<double>(work.start[k] - stream.end);
    if (anchors.kind[i] == AnchorKind::kGraphLaunch) {
      if (k == anchors.workBegin[i]) {
        if (!stream.any || stream.end < anchors.end[i]) samples.graphLatency.push_back(afterCall);
      } else if (stream.any) {
        samples.graphGap.push_back(afterWork);
      }
    } else if (stream.any && stream.end <= anchors.start[i]) {
      if (afterCall < kLongestLaunch) {
        samples.launch[kind].push_back(afterCall);
        samples.anyLaunch.push_back(afterCall);
      }
    } else if (stream.any && stream.end >= anchors.end[i] + kStillRunning &&
               work.start[k] >= stream.end - kJitter && afterWork < kLongestFollow) {
      samples.follow[stream.kind][kind].push_back(afterWork);
      samples.anyFollow.push_back(afterWork);
    }
    if (!stream.any || work.end[k] > stream.end) {
      stream.end = work.end[k];
      stream.kind = kind;
    }
    stream.any = true;
  }
}

void sampleCalls(const TraceView &trace, const Timeline &timeline, std::uint32_t i,
                 AnchorKind before, bool inTemplate, Samples &samples) {
  const Anchors &anchors = timeline.anchors;
  const auto duration = static_cast<double>(anchors.end[i] - anchors.start[i]);
  switch (anchors.kind[i]) {
  case AnchorKind::kSync:
    if (anchors.waited[i] == 0)
      samples.syncCall.push_back(duration);
    else
      samples.syncReturn.push_back(static_cast<double>(anchors.end[i] - anchors.waited[i]));
    break;
  case AnchorKind::kLaunch: {
    if (timeline.held[i] != 0) break;
    samples.launchCall.push_back(duration);
    samples.hostGap.push_back(static_cast<double>(timeline.gap(i)));
    const auto name = trace.text(trace->apis.name[anchors.api[i]]);
    if (name.find("MemcpyAsync") != name.npos) samples.copyCall.push_back(duration);
    const bool slow = before == AnchorKind::kAllocate || before == AnchorKind::kFree ||
                      before == AnchorKind::kPageable;
    if (inTemplate && !slow && name.find("aunch") != name.npos) samples.quick.push_back(duration);
    break;
  }
  default: break;
  }
}

} // namespace

Calibration calibrate(const TraceView &trace, const Timeline &timeline) {
  Samples samples;
  std::vector<StreamState> streams(timeline.streams.size());
  const Anchors &anchors = timeline.anchors;
  const std::uint32_t firstStep = timeline.steps.empty() ? 0 : timeline.steps.front().step;
  AnchorKind before = AnchorKind::kStep;
  for (std::uint32_t i = 0; i < anchors.size(); ++i) {
    stopPoint(i);
    sampleWork(timeline, i, streams, samples);
    const bool inTemplate = anchors.step[i] != kNoIndex && anchors.step[i] >= firstStep;
    sampleCalls(trace, timeline, i, before, inTemplate, samples);
    if (anchors.kind[i] != AnchorKind::kStep) before = anchors.kind[i];
  }
  Calibration result;
  const double anyLaunch = std::max(0.0, medianOr(samples.anyLaunch, 1500));
  result.anyFollow = std::max(0.0, medianOr(samples.anyFollow, 1200));
  for (std::size_t kind = 0; kind < kDeviceWorkKinds; ++kind) {
    result.launch[kind] = std::max(0.0, medianOr(samples.launch[kind], anyLaunch));
    for (std::size_t other = 0; other < kDeviceWorkKinds; ++other)
      result.follow[kind][other] =
          std::max(0.0, medianOr(samples.follow[kind][other], result.anyFollow));
    result.follow[kNoWorkBefore][kind] = result.anyFollow;
  }
  result.syncReturn = std::max(0.0, medianOr(samples.syncReturn, 4000));
  result.syncCall = medianOr(samples.syncCall, 3000);
  result.launchCall = medianOr(samples.launchCall, 6000);
  result.copyCall = medianOr(samples.copyCall, 0);
  result.graphGap = meanOr(samples.graphGap, 700);
  result.graphLatency = medianOr(samples.graphLatency, 12'000);
  result.hostGap = medianOr(samples.hostGap, 5'000);
  if (samples.quick.size() >= 20) result.quickLaunch = quantileInPlace(samples.quick, 0.25);
  return result;
}

} // namespace hotloop::timeline

#include "analyzers/timeline/timeline.h"

#include <algorithm>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/timeline_parts.h"
#include "core/base/stop.h"

namespace hotloop {

std::int64_t Timeline::gap(std::uint32_t anchor) const {
  const std::uint32_t before = anchors.predecessor[anchor];
  if (before == kNoIndex) return 0;
  return std::max<std::int64_t>(0, anchors.start[anchor] - anchors.end[before]);
}

std::uint16_t Timeline::threadOf(ThreadId id) const {
  return static_cast<std::uint16_t>(std::ranges::find(threads, id, &ThreadRecords::id) -
                                    threads.begin());
}

namespace timeline {

bool BuildState::inProcess(ThreadId thread) const {
  if (!steps.process) return true;
  const ProcessId process = processOf(trace, thread);
  return !process || process == steps.process;
}

std::uint16_t BuildState::thread(ThreadId id) {
  if (id.value >= threadIndex.size()) threadIndex.resize(id.value + 1, kNoThread);
  std::uint16_t &index = threadIndex[id.value];
  if (index == kNoThread && result.threads.size() < kNoThread) {
    index = static_cast<std::uint16_t>(result.threads.size());
    result.threads.emplace_back().id = id;
  }
  return index;
}

std::uint16_t BuildState::stream(StreamId id) {
  if (id.value >= streamIndex.size()) streamIndex.resize(id.value + 1, kNoThread);
  std::uint16_t &index = streamIndex[id.value];
  if (index != kNoThread || result.streams.size() >= kNoThread - 1u) return index;
  index = static_cast<std::uint16_t>(result.streams.size());
  result.streams.push_back(id);
  const auto &devices = trace->streams.device;
  const DeviceId device =
      id.value >= 1 && id.value <= devices.size() ? devices[id.value - 1] : DeviceId();
  auto found = std::find(result.devices.begin(), result.devices.end(), device);
  if (found == result.devices.end()) found = result.devices.insert(found, device);
  result.deviceOfStream.push_back(static_cast<std::uint16_t>(found - result.devices.begin()));
  return index;
}

namespace {

// It lives as long as the run is looked at: no room for more rows.
void shrink(Timeline &timeline) {
  const auto all = [](auto &...columns) { (columns.shrink_to_fit(), ...); };
  Anchors &a = timeline.anchors;
  all(a.start, a.end, a.kind, a.thread, a.predecessor, a.records, a.step, a.api, a.workBegin,
      a.target, a.targetIndex, a.waited);
  DeviceWork &w = timeline.work;
  all(w.start, w.end, w.kind, w.stream, w.anchor, w.row, w.inferred, w.late, w.collective);
  for (ThreadRecords &r : timeline.threads)
    all(r.start, r.end, r.location, r.row, r.parent, r.function, r.callStart, r.callEnd);
}

} // namespace

} // namespace timeline

Timeline buildTimeline(const TraceView &trace, const Steps &steps, const TimelineOptions &options) {
  Timeline result;
  if (!steps.whyNone.empty()) {
    result.whyNone = steps.whyNone;
    return result;
  }
  if (!trace.hasDeviceRecords()) {
    result.whyNone = "The run holds no work of a GPU, so there is nothing to replay: gains would "
                     "be guesses. Record it on a machine with a GPU.";
    return result;
  }
  if (trace->apis.start.empty()) {
    result.whyNone = "The run holds work of a GPU but no CUDA calls of the host, so nobody can "
                     "tell what the work waited for; record with CUDA API calls.";
    return result;
  }
  timeline::BuildState state{
      trace, steps, options, timeline::ApiKinds(trace), {}, {}, {}, {}, {}, {}, {}, {}, result};
  timeline::chooseWindows(state);
  if (!result.whyNone.empty()) return result;
  timeline::collectAnchors(state);
  if (!result.whyNone.empty()) return result;
  stopPoint();
  timeline::collectRecords(state);
  stopPoint();
  timeline::linkHost(state);
  timeline::linkDevice(state);
  stopPoint();
  timeline::markHeldLaunches(result);
  timeline::findDoubts(state);
  timeline::shrink(result);
  return result;
}

} // namespace hotloop

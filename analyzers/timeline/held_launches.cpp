#include <functional>
#include <queue>
#include <vector>

#include "analyzers/timeline/timeline_parts.h"

namespace hotloop::timeline {

namespace {

// A host that runs ahead of the device is held up in launches once so many are in flight. The queue
// holds 1024; launches of 896 and more were seen to take up to 10 ms where others took 12 us (H100,
// driver 580).
constexpr std::size_t kNearlyFull = 896;

} // namespace

void markHeldLaunches(Timeline &timeline) {
  const Anchors &anchors = timeline.anchors;
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> waiting; // starts
  timeline.held.assign(anchors.size(), 0);
  for (std::uint32_t i = 0; i < anchors.size(); ++i) {
    if (anchors.workBegin[i] == anchors.workBegin[i + 1]) continue;
    while (!waiting.empty() && waiting.top() <= anchors.start[i]) waiting.pop();
    const bool isLaunch =
        anchors.kind[i] == AnchorKind::kLaunch || anchors.kind[i] == AnchorKind::kGraphLaunch;
    if (isLaunch && waiting.size() >= kNearlyFull) timeline.held[i] = 1;
    waiting.push(timeline.work.start[anchors.workBegin[i]]); // a graph takes one place
  }
}

} // namespace hotloop::timeline

#include <algorithm>

#include "core/base/stop.h"

#include "analyzers/timeline/timeline_parts.h"

namespace hotloop::timeline {

namespace {

// Another thread took over when it ended this much after my own last call.
constexpr std::int64_t kHandOver = 20'000;
constexpr std::int64_t kSlack = 1'000;

std::uint32_t recordsBetween(const std::vector<std::int64_t> &starts, std::int64_t from,
                             std::int64_t to) {
  const auto first = std::lower_bound(starts.begin(), starts.end(), from);
  return static_cast<std::uint32_t>(std::lower_bound(first, starts.end(), to) - first);
}

} // namespace

void linkHost(BuildState &state) {
  Timeline &timeline = state.result;
  Anchors &anchors = timeline.anchors;
  const std::size_t threads = timeline.threads.size();
  anchors.predecessor.assign(anchors.size(), kNoIndex);
  anchors.records.assign(anchors.size(), 0);
  std::vector<std::uint32_t> last(threads, kNoIndex);   // own last anchor
  std::vector<std::uint32_t> latest(threads, kNoIndex); // of its own, the one that ended last
  std::size_t window = 0;
  for (std::uint32_t i = 0; i < anchors.size(); ++i) {
    stopPoint(i);
    // A border shared by two windows belongs to the earlier one.
    while (window + 1 < state.windows.size() &&
           anchors.start[i] >= state.windows[window + 1].start) {
      ++window;
      std::fill(last.begin(), last.end(), kNoIndex);
      std::fill(latest.begin(), latest.end(), kNoIndex);
    }
    const std::uint16_t me = anchors.thread[i];
    std::uint32_t before = last[me];
    std::uint32_t other = kNoIndex;
    for (std::size_t u = 0; u < threads; ++u) {
      if (latest[u] == kNoIndex || timeline.alternates[me][u] == 0) continue;
      if (other == kNoIndex || anchors.end[latest[u]] > anchors.end[other]) other = latest[u];
    }
    if (other != kNoIndex && other != before && anchors.end[other] <= anchors.start[i] + kSlack &&
        (before == kNoIndex || anchors.end[other] > anchors.end[before] + kHandOver))
      before = other;
    anchors.predecessor[i] = before;
    last[me] = i;
    if (latest[me] == kNoIndex || anchors.end[i] >= anchors.end[latest[me]]) latest[me] = i;
    if (before == kNoIndex) continue;
    const std::int64_t from = std::min(anchors.end[before], anchors.start[i]);
    for (std::size_t u = 0; u < threads; ++u)
      if (timeline.alternates[me][u] != 0)
        anchors.records[i] += recordsBetween(timeline.threads[u].start, from, anchors.start[i]);
  }
}

} // namespace hotloop::timeline

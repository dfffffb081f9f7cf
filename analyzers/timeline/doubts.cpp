#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "analyzers/timeline/timeline_parts.h"
#include "core/trace/meta_keys.h"

namespace hotloop::timeline {

namespace {

constexpr std::int64_t kClockSlack = 50'000;
constexpr std::int64_t kOverlapSlack = 2'000;
constexpr double kShareOfTrouble = 0.005;

bool isMuch(std::uint64_t odd, std::uint64_t all) {
  return odd > 2 && static_cast<double>(odd) > kShareOfTrouble * static_cast<double>(all);
}

// Work that no call of the host started: what it waited for is not known. On each stream from the
// first claimed work on: before that, calls were made that nobody recorded yet.
void doubtUnclaimed(BuildState &state) {
  // Work at the start of a window was asked for before it; that is no trouble.
  if (state.windows.size() > 1) return;
  const DeviceWork &work = state.result.work;
  std::vector<std::int64_t> first(state.result.streams.size(), INT64_MAX);
  for (std::size_t k = 0; k < work.size(); ++k)
    first[work.stream[k]] = std::min(first[work.stream[k]], work.start[k]);
  std::uint64_t all = 0;
  std::uint64_t unclaimed = 0;
  const auto count = [&](const auto &rows) {
    for (std::size_t row = 0; row < rows.start.size(); ++row) {
      const std::uint32_t lane = rows.lane[row].value;
      const std::uint16_t stream =
          lane < state.streamIndex.size() ? state.streamIndex[lane] : kNoThread;
      if (stream == kNoThread || rows.start[row].count < first[stream] ||
          rows.start[row].count >= state.windows.back().end)
        continue;
      ++all;
      if (!state.anchorOf.contains(rows.correlation[row])) ++unclaimed;
    }
  };
  count(state.trace->kernels);
  count(state.trace->memcpys);
  count(state.trace->memsets);
  if (isMuch(unclaimed, all))
    state.result.doubts.push_back(
        fmt::format("{} of {} pieces of device work belong to no recorded call", unclaimed, all));
}

void doubtClocks(BuildState &state) {
  const Timeline &timeline = state.result;
  std::uint64_t early = 0;
  std::uint64_t overlapping = 0;
  std::vector<std::int64_t> streamEnd(timeline.streams.size(), INT64_MIN);
  for (std::size_t k = 0; k < timeline.work.size(); ++k) {
    const std::uint32_t anchor = timeline.work.anchor[k];
    if (timeline.work.start[k] < timeline.anchors.start[anchor] - kClockSlack) ++early;
    std::int64_t &end = streamEnd[timeline.work.stream[k]];
    if (timeline.anchors.kind[anchor] != AnchorKind::kGraphLaunch && end != INT64_MIN &&
        timeline.work.start[k] < end - kOverlapSlack)
      ++overlapping;
    end = std::max(end, timeline.work.end[k]);
  }
  const std::uint64_t all = timeline.work.size();
  if (isMuch(early, all))
    state.result.doubts.push_back(fmt::format(
        "{} pieces of device work begin before the call that started them: the clocks differ",
        early));
  if (isMuch(overlapping, all))
    state.result.doubts.push_back(
        fmt::format("{} pieces of device work overlap on one stream", overlapping));
}

void doubtRecord(BuildState &state) {
  const auto &quality = state.trace->quality;
  for (std::size_t i = 0; i < quality.name.size(); ++i)
    if (quality.severity[i] >= Severity::kDataLoss && quality.count[i] > 0)
      state.result.doubts.push_back(
          fmt::format("data was lost ({})", state.trace.text(quality.name[i])));
  if (state.trace.meta(meta_key::kState) == "truncated")
    state.result.doubts.push_back("the recording was cut short");
}

} // namespace

void findDoubts(BuildState &state) {
  doubtUnclaimed(state);
  doubtClocks(state);
  doubtRecord(state);
}

} // namespace hotloop::timeline

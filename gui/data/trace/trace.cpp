#include "gui/data/trace/trace.h"

#include <algorithm>

namespace hotloop::gui {

const char *categoryName(Category category) {
  switch (category) {
  case Category::kOperator: return "operator";
  case Category::kBackward: return "backward";
  case Category::kScope: return "user scope";
  case Category::kRange: return "range";
  case Category::kStep: return "step";
  case Category::kCall: return "CUDA call";
  case Category::kLaunch: return "launch";
  case Category::kWait: return "host wait";
  case Category::kKernel: return "kernel";
  case Category::kGraphKernel: return "graph kernel";
  case Category::kCopy: return "copy";
  case Category::kFill: return "fill";
  case Category::kCount: break;
  }
  return "";
}

const char *eventTableName(EventTable table) {
  constexpr const char *kNames[kEventTables] = {"step", "range",  "op",     "api",
                                                "sync", "kernel", "memcpy", "memset"};
  return kNames[static_cast<int>(table)];
}

std::int64_t Trace::longDuration(std::uint32_t slice) const {
  const auto found =
      std::lower_bound(longDurations.begin(), longDurations.end(), slice,
                       [](const LongDuration &d, std::uint32_t s) { return d.slice < s; });
  return found != longDurations.end() && found->slice == slice ? found->duration : kLongDuration;
}

std::uint32_t Trace::laneOf(std::uint32_t slice) const {
  const auto after =
      std::upper_bound(lanes.begin(), lanes.end(), slice,
                       [](std::uint32_t s, const Lane &lane) { return s < lane.first; });
  // Empty lanes share their first slice with the next one; the last that begins there holds it.
  return static_cast<std::uint32_t>(after - lanes.begin()) - 1;
}

// Down the pyramid: the last node that begins before t holds the border, on each level. The few
// nodes above are in the processor's cache, whatever the lane holds.
std::uint32_t Trace::lowerBound(const Lane &lane, std::int64_t t) const {
  std::uint32_t begin = 0;
  std::uint32_t end = lane.levels > 0 ? lane.levelCount[lane.levels - 1] : 0;
  for (std::uint32_t level = lane.levels; level-- > 0;) {
    const Node *node = nodes.data() + lane.levelFirst[level];
    const Node *place = std::lower_bound(node + begin, node + end, t,
                                         [](const Node &n, std::int64_t v) { return n.start < v; });
    if (place == node) return lane.first;
    const auto index = static_cast<std::uint32_t>(place - node) - 1;
    const std::uint32_t fan = level == 0 ? kLeafFan : kNodeFan;
    begin = index * fan;
    end = std::min(begin + fan, level == 0 ? lane.count : lane.levelCount[level - 1]);
  }
  const std::int64_t *first = start.data() + lane.first;
  return lane.first +
         static_cast<std::uint32_t>(std::lower_bound(first + begin, first + end, t) - first);
}

std::uint32_t Trace::at(const Lane &lane, std::int64_t t) const {
  std::uint32_t slice = lowerBound(lane, t + 1);
  if (slice == lane.first) return kNoSlice;
  --slice;
  return t < end(slice) || start[slice] == t ? slice : kNoSlice;
}

// Sum of what slices cover before t: whole nodes on the way down, then slices, less what the last
// one has after t.
std::int64_t Trace::busyBefore(const Lane &lane, std::int64_t t) const {
  std::uint64_t sum = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = lane.levels > 0 ? lane.levelCount[lane.levels - 1] : 0;
  for (std::uint32_t level = lane.levels; level-- > 0;) {
    const Node *node = nodes.data() + lane.levelFirst[level];
    if (begin >= end || node[begin].start >= t) return 0; // only the very first can begin later
    while (begin + 1 < end && node[begin + 1].start < t) sum += node[begin++].busy;
    const std::uint32_t fan = level == 0 ? kLeafFan : kNodeFan;
    begin *= fan;
    end = std::min(begin + fan, level == 0 ? lane.count : lane.levelCount[level - 1]);
  }
  std::uint32_t slice = lane.first + begin;
  const std::uint32_t stop = lane.first + end;
  if (slice == stop) return 0;
  for (; slice + 1 < stop && start[slice + 1] < t; ++slice)
    sum += static_cast<std::uint64_t>(duration(slice));
  // This one is the last that begins before t.
  const std::int64_t inside = std::min(duration(slice), t - start[slice]);
  return static_cast<std::int64_t>(sum) + inside;
}

std::int64_t Trace::busy(const Lane &lane, std::int64_t t0, std::int64_t t1) const {
  return t1 <= t0 ? 0 : busyBefore(lane, t1) - busyBefore(lane, t0);
}

std::vector<std::uint32_t> Trace::launched(std::uint32_t host) const {
  std::vector<std::uint32_t> devices;
  auto found = std::lower_bound(flows.begin(), flows.end(), host,
                                [](const Flow &flow, std::uint32_t h) { return flow.host < h; });
  for (; found != flows.end() && found->host == host; ++found) devices.push_back(found->device);
  return devices;
}

std::uint32_t Trace::launcher(std::uint32_t device) const {
  const auto found = std::lower_bound(
      flowsByDevice.begin(), flowsByDevice.end(), device,
      [this](std::uint32_t index, std::uint32_t d) { return flows[index].device < d; });
  return found != flowsByDevice.end() && flows[*found].device == device ? flows[*found].host
                                                                        : kNoSlice;
}

std::uint32_t Trace::find(EventTable table, std::uint32_t rowid) const {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == rowid && names[name[i]].table == table) return static_cast<std::uint32_t>(i);
  }
  return kNoSlice;
}

} // namespace hotloop::gui

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

std::uint32_t Trace::lowerBound(const Lane &lane, std::int64_t t) const {
  const std::int64_t *first = start.data() + lane.first;
  // Down the pyramid: each level narrows to one node, so few cache lines are touched.
  std::size_t low = 0;
  std::size_t high = lane.count;
  if (lane.levels > 0) {
    const Node *level = nodes.data() + lane.levelFirst[0];
    const auto place =
        std::lower_bound(level, level + lane.levelCount[0], t,
                         [](const Node &node, std::int64_t v) { return node.start < v; }) -
        level;
    low = place > 0 ? static_cast<std::size_t>(place - 1) * kLeafFan : 0;
    high = std::min<std::size_t>(high, static_cast<std::size_t>(place) * kLeafFan);
    if (place == 0) return lane.first;
  }
  return lane.first +
         static_cast<std::uint32_t>(std::lower_bound(first + low, first + high, t) - first);
}

std::uint32_t Trace::at(const Lane &lane, std::int64_t t) const {
  std::uint32_t slice = lowerBound(lane, t + 1);
  if (slice == lane.first) return kNoSlice;
  --slice;
  return t < end(slice) || start[slice] == t ? slice : kNoSlice;
}

// Sum of what slices cover before t: whole nodes, then slices, less what the last one has after t.
std::int64_t Trace::busyBefore(const Lane &lane, std::int64_t t) const {
  const std::uint32_t bound = lowerBound(lane, t);
  std::uint32_t done = 0; // slices of the lane counted so far
  const std::uint32_t want = bound - lane.first;
  std::uint64_t sum = 0;
  for (std::uint32_t level = lane.levels; level-- > 0;) {
    std::uint32_t slices = kLeafFan;
    for (std::uint32_t i = 0; i < level; ++i) slices *= kNodeFan;
    const Node *node = nodes.data() + lane.levelFirst[level];
    std::uint32_t index = done / slices;
    while (index < lane.levelCount[level] && done + slices <= want) {
      sum += node[index++].busy;
      done += slices;
    }
  }
  for (; done < want; ++done) sum += static_cast<std::uint64_t>(duration(lane.first + done));
  if (bound > lane.first) {
    const std::int64_t over = end(bound - 1) - t;
    if (over > 0) sum -= static_cast<std::uint64_t>(over);
  }
  return static_cast<std::int64_t>(sum);
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

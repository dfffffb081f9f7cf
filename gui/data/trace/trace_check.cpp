#include "gui/data/trace/trace_check.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace hotloop::gui {
namespace {

constexpr std::int64_t kLargestTime = std::int64_t{1} << 60; // ns: 36 years

// Every index of the file points into it: a damaged one must not crash the viewer.
bool consistentLanes(const Trace &trace) {
  const std::uint64_t size = trace.size();
  if (trace.length < 1 || trace.length > kLargestTime || trace.shortDuration.size() != size ||
      trace.name.size() != size || trace.row.size() != size ||
      trace.flowsByDevice.size() != trace.flows.size()) {
    return false;
  }
  for (const Track &track : trace.tracks) {
    if (static_cast<int>(track.table) >= kEventTables ||
        std::uint64_t{track.firstLane} + track.laneCount > trace.lanes.size()) {
      return false;
    }
  }
  std::uint64_t next = 0;
  for (const Lane &lane : trace.lanes) {
    if (lane.track >= trace.tracks.size() || lane.first != next || lane.count == 0 ||
        lane.levels > kMostLevels || lane.levels == 0) {
      return false;
    }
    next += lane.count;
    std::uint64_t below = lane.count;
    for (std::uint32_t level = 0; level < lane.levels; ++level) {
      const std::uint32_t fan = level == 0 ? kLeafFan : kNodeFan;
      if (lane.levelCount[level] != (below - 1) / fan + 1 ||
          std::uint64_t{lane.levelFirst[level]} + lane.levelCount[level] > trace.nodes.size()) {
        return false;
      }
      below = lane.levelCount[level];
    }
  }
  for (const SliceName &name : trace.names) {
    if (name.category >= Category::kCount || static_cast<int>(name.table) >= kEventTables)
      return false;
  }
  return next == size;
}

// No time so large that sums overflow.
bool consistentTimes(const Trace &trace) {
  for (const LongDuration &each : trace.longDurations) {
    if (each.duration < 0 || each.duration > kLargestTime) return false;
  }
  for (const TraceStep &step : trace.steps) {
    if (step.start < -kLargestTime || step.end > kLargestTime || step.end < step.start)
      return false;
  }
  return true;
}

// Slices of a lane by start. No early end: the loop is as quick as the memory.
bool ordered(const Trace &trace, std::size_t first, std::size_t end) {
  bool bad = trace.start[first] < -kLargestTime || trace.start[end - 1] > kLargestTime;
  const std::int64_t *start = trace.start.data();
  for (std::size_t i = first + 1; i < end; ++i) bad = bad | (start[i] < start[i - 1]);
  return !bad;
}

bool namesKnown(const Trace &trace, std::size_t first, std::size_t end) {
  std::uint32_t greatest = 0;
  for (const std::uint32_t name : trace.name.subspan(first, end - first))
    greatest = std::max(greatest, name);
  return greatest < trace.names.size();
}

bool nodesInside(const Trace &trace) {
  std::uint32_t greatest = 0;
  for (const Node &node : trace.nodes) greatest = std::max(greatest, node.name);
  return trace.nodes.empty() || greatest < trace.names.size();
}

bool flowsInside(const Trace &trace) {
  std::uint32_t greatest = 0;
  for (const Flow &flow : trace.flows) greatest = std::max({greatest, flow.host, flow.device});
  if (!trace.flows.empty() && greatest >= trace.size()) return false;
  greatest = 0;
  for (const std::uint32_t flow : trace.flowsByDevice) greatest = std::max(greatest, flow);
  return trace.flows.empty() || greatest < trace.flows.size();
}

} // namespace

bool isConsistent(const Trace &trace) {
  if (!consistentLanes(trace) || !consistentTimes(trace)) return false;
  constexpr std::size_t kPart = 512 * 1024; // slices
  struct Part {
    std::size_t first, end;
  };
  std::vector<Part> parts;
  for (const Lane &lane : trace.lanes) {
    for (std::size_t at = 0; at < lane.count; at += kPart) {
      // Parts share a slice, so that borders are in order too.
      const std::size_t first = lane.first + at - (at > 0 ? 1 : 0);
      parts.push_back({first, lane.first + std::min<std::size_t>(lane.count, at + kPart)});
    }
  }
  std::atomic<std::size_t> next{0};
  std::atomic<bool> good{true};
  const auto work = [&] {
    for (std::size_t i = next++; i < parts.size() + 2; i = next++) {
      const bool fine = i == 0   ? nodesInside(trace)
                        : i == 1 ? flowsInside(trace)
                                 : ordered(trace, parts[i - 2].first, parts[i - 2].end) &&
                                       namesKnown(trace, parts[i - 2].first, parts[i - 2].end);
      if (!fine) good = false;
    }
  };
  std::thread other;
  if (trace.size() > kPart) other = std::thread(work);
  work();
  if (other.joinable()) other.join();
  return good;
}

} // namespace hotloop::gui

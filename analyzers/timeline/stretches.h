#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/stop.h"

// Sets of points in time as sorted, disjoint, half-open stretches.
namespace hotloop::timeline {

struct TimeStretch {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

class TimeSet {
public:
  TimeSet() = default;
  explicit TimeSet(std::vector<TimeStretch> stretches) {
    std::sort(stretches.begin(), stretches.end(),
              stoppable([](const TimeStretch &a, const TimeStretch &b) {
                return std::pair(a.start, a.end) < std::pair(b.start, b.end);
              }));
    for (const TimeStretch &stretch : stretches) {
      if (stretch.end <= stretch.start) continue;
      if (!merged_.empty() && stretch.start <= merged_.back().end)
        merged_.back().end = std::max(merged_.back().end, stretch.end);
      else
        merged_.push_back(stretch);
    }
  }

  const std::vector<TimeStretch> &stretches() const { return merged_; }
  bool contains(std::int64_t time) const {
    const auto found = firstEndingAfter(time);
    return found != merged_.end() && found->start <= time;
  }
  // Adds the borders of its stretches that lie inside of (start, end).
  void addBorders(std::int64_t start, std::int64_t end, std::vector<std::int64_t> &borders) const {
    for (auto s = firstEndingAfter(start); s != merged_.end() && s->start < end; ++s) {
      if (s->start > start) borders.push_back(s->start);
      if (s->end < end) borders.push_back(s->end);
    }
  }
  // Length of its part in [start, end).
  std::int64_t within(std::int64_t start, std::int64_t end) const {
    std::int64_t sum = 0;
    for (auto s = firstEndingAfter(start); s != merged_.end() && s->start < end; ++s)
      sum += std::min(end, s->end) - std::max(start, s->start);
    return sum;
  }
  // What [start, end) holds beside this set.
  std::vector<TimeStretch> complement(std::int64_t start, std::int64_t end) const {
    std::vector<TimeStretch> rest;
    std::int64_t from = start;
    for (auto s = firstEndingAfter(start); s != merged_.end() && s->start < end; ++s) {
      if (s->start > from) rest.push_back({from, s->start});
      from = s->end;
    }
    if (from < end) rest.push_back({from, end});
    return rest;
  }

private:
  std::vector<TimeStretch>::const_iterator firstEndingAfter(std::int64_t time) const {
    return std::upper_bound(
        merged_.begin(), merged_.end(), time,
        [](std::int64_t t, const TimeStretch &stretch) { return t < stretch.end; });
  }

  std::vector<TimeStretch> merged_;
};

} // namespace hotloop::timeline

#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "analyzers/counters/sites.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// Follows the ranges that are open on every thread while a caller walks events in time order.
class RangeCursor {
public:
  RangeCursor(const TraceView &trace, RangePaths &paths);

  // Opens the ranges that begin at or before `now`. `now` must not fall.
  void advance(Nanoseconds now);
  // Opens a user scope as if it were a range.
  void open(ThreadId lane, Nanoseconds start, Nanoseconds end, StringId name);
  // The path on `lane` at `now`.
  PathIndex at(ThreadId lane, Nanoseconds now);

private:
  struct Open {
    Nanoseconds end;
    PathIndex path = 0;
  };

  std::vector<Open> &laneStack(ThreadId lane);
  PathIndex childOf(PathIndex parent, StringId name);

  const TraceView &trace_;
  RangePaths &paths_;
  std::size_t next_ = 0;
  std::vector<std::vector<Open>> lanes_; // by thread id
  std::unordered_map<std::uint64_t, PathIndex> known_;
};

} // namespace hotloop

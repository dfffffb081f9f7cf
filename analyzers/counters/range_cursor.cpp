#include "analyzers/counters/range_cursor.h"

#include "analyzers/steps/lanes.h"

namespace hotloop {

RangeCursor::RangeCursor(const TraceView &trace, RangePaths &paths)
    : trace_(trace), paths_(paths) {}

std::vector<RangeCursor::Open> &RangeCursor::laneStack(ThreadId lane) {
  if (lane.value >= lanes_.size()) lanes_.resize(lane.value + 1);
  return lanes_[lane.value];
}

PathIndex RangeCursor::childOf(PathIndex parent, StringId name) {
  const std::uint64_t key = static_cast<std::uint64_t>(parent) << 32 | name.value;
  const auto [entry, isNew] = known_.try_emplace(key, parent);
  if (isNew) {
    const std::string_view text = trace_.text(name);
    std::int64_t number = -1;
    if (!text.empty() && !isStepName(text, number)) entry->second = paths_.child(parent, text);
  }
  return entry->second;
}

void RangeCursor::open(ThreadId lane, Nanoseconds start, Nanoseconds end, StringId name) {
  const PathIndex parent = at(lane, start);
  laneStack(lane).push_back({end, childOf(parent, name)});
}

void RangeCursor::advance(Nanoseconds now) {
  const auto &ranges = trace_->ranges;
  // Start/end ranges need not nest, so they are no part of a path.
  for (; next_ < ranges.start.size() && ranges.start[next_] <= now; ++next_)
    if (ranges.kind[next_] == RangeKind::kPushPop)
      open(ranges.lane[next_], ranges.start[next_],
           endOf(ranges.start[next_], ranges.duration[next_]), ranges.name[next_]);
}

PathIndex RangeCursor::at(ThreadId lane, Nanoseconds now) {
  auto &stack = laneStack(lane);
  while (!stack.empty() && stack.back().end <= now) stack.pop_back();
  return stack.empty() ? 0 : stack.back().path;
}

} // namespace hotloop

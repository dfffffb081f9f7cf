#pragma once

#include "core/trace/trace_view.h"

namespace hotloop {

// The process of a thread; none for a thread that the run does not describe.
inline ProcessId processOf(const TraceView &trace, ThreadId lane) {
  const auto &column = trace->threads.process;
  return lane.value == 0 || lane.value > column.size() ? ProcessId() : column[lane.value - 1];
}

// End of an event; rows that end before they begin are taken as 0 long.
inline Nanoseconds endOf(Nanoseconds start, Nanoseconds duration) {
  return duration.count > 0 ? start + duration : start;
}

// The middle value; mean of the middle two when even; 0 of nothing. Reorders `values`.
double medianInPlace(std::vector<double> &values);
// The q-quantile (0..1) by the nearest rank. Reorders `values`.
double quantileInPlace(std::vector<double> &values, double q);

} // namespace hotloop

#include "gui/data/trace/busy_columns.h"

#include <algorithm>

namespace hotloop::gui {
namespace {

// Slices that are looked at in the time of one way down the pyramid.
constexpr std::uint32_t kSlicesPerDescent = 32;

} // namespace

void addBusyColumns(const Trace &trace, const Lane &lane, const TimeColumns &columns,
                    std::span<std::int64_t> out) {
  const auto count = static_cast<int>(out.size());
  const std::int64_t stop = columns.begin(count);
  std::uint32_t slice = trace.lowerBound(lane, columns.t0);
  const std::uint32_t end = trace.lowerBound(lane, stop);
  if (slice > lane.first) --slice; // it may reach in
  if (end - slice > kSlicesPerDescent * out.size()) {
    std::int64_t before = trace.busyBefore(lane, columns.t0);
    for (int i = 0; i < count; ++i) {
      const std::int64_t after = trace.busyBefore(lane, columns.begin(i + 1));
      out[static_cast<std::size_t>(i)] += after - before;
      before = after;
    }
    return;
  }
  int column = 0;
  for (; slice < end; ++slice) {
    std::int64_t from = std::max(trace.start[slice], columns.t0);
    const std::int64_t to = std::min(trace.end(slice), stop);
    while (column < count && columns.begin(column + 1) <= from) ++column;
    for (int i = column; from < to; ++i) {
      const std::int64_t border = std::min(to, columns.begin(i + 1));
      out[static_cast<std::size_t>(i)] += border - from;
      from = border;
    }
  }
}

} // namespace hotloop::gui

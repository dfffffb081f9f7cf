#include "gui/data/trace/area_stats.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace hotloop::gui {
namespace {

constexpr int kBinsPerDoubling = 4;

std::int64_t quantile(std::vector<std::int64_t> &values, double q) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

// Slices of a name that begin in [t0, t1), lane by lane.
template <class Visit>
void forEachOf(const Trace &trace, std::uint32_t name, std::int64_t t0, std::int64_t t1,
               Visit visit) {
  const EventTable table = trackTable(trace.names[name].table);
  for (const Lane &lane : trace.lanes) {
    if (trace.tracks[lane.track].table != table) continue;
    const std::uint32_t end = trace.lowerBound(lane, t1);
    for (std::uint32_t slice = trace.lowerBound(lane, t0); slice < end; ++slice)
      if (trace.name[slice] == name) visit(slice, trace.duration(slice));
  }
}

} // namespace

int histogramBin(std::int64_t duration) {
  if (duration <= 1) return 0;
  const auto value = static_cast<std::uint64_t>(duration);
  const int power = 63 - std::countl_zero(value);
  // The two bits below the first tell the quarter of the doubling.
  const auto quarter =
      static_cast<int>(power >= 2 ? (value >> (power - 2)) & 3 : (value << (2 - power)) & 3);
  return std::min(kHistogramBins - 1, power * kBinsPerDoubling + quarter);
}

std::int64_t histogramBinStart(int bin) {
  const int power = bin / kBinsPerDoubling;
  const std::int64_t base = std::int64_t{1} << power;
  return base + base * (bin % kBinsPerDoubling) / kBinsPerDoubling;
}

AreaStats areaStats(const Trace &trace, std::span<const std::uint32_t> lanes, std::int64_t t0,
                    std::int64_t t1) {
  AreaStats stats;
  std::vector<NameStats> byName(trace.names.size());
  for (std::size_t i = 0; i < byName.size(); ++i) {
    byName[i].name = static_cast<std::uint32_t>(i);
    byName[i].least = std::numeric_limits<std::int64_t>::max();
  }
  for (const std::uint32_t index : lanes) {
    const Lane &lane = trace.lanes[index];
    const std::uint32_t begin = trace.lowerBound(lane, t0);
    const std::uint32_t end = trace.lowerBound(lane, t1);
    if (begin > lane.first) {
      const std::int64_t inside = std::min(t1, trace.end(begin - 1)) - t0;
      if (inside > 0) byName[trace.name[begin - 1]].total += inside;
    }
    for (std::uint32_t slice = begin; slice < end; ++slice) {
      const std::int64_t duration = trace.duration(slice);
      NameStats &name = byName[trace.name[slice]];
      ++name.count;
      name.total += duration;
      name.least = std::min(name.least, duration);
      name.greatest = std::max(name.greatest, duration);
    }
    // Only the last one can reach beyond.
    if (end > begin) {
      const std::int64_t over = trace.end(end - 1) - t1;
      if (over > 0) byName[trace.name[end - 1]].total -= over;
    }
    stats.count += end - begin;
    if (lane.depth == 0) stats.busy += trace.busy(lane, t0, t1);
  }
  for (NameStats &name : byName) {
    if (name.count == 0 && name.total == 0) continue;
    if (name.count == 0) name.least = 0;
    stats.names.push_back(name);
  }
  std::sort(stats.names.begin(), stats.names.end(), [](const NameStats &a, const NameStats &b) {
    return a.total != b.total ? a.total > b.total : a.name < b.name;
  });
  return stats;
}

DurationHistogram durationHistogram(const Trace &trace, std::uint32_t name, std::int64_t t0,
                                    std::int64_t t1) {
  DurationHistogram histogram;
  std::vector<std::int64_t> durations;
  forEachOf(trace, name, t0, t1, [&](std::uint32_t, std::int64_t duration) {
    durations.push_back(duration);
    histogram.total += duration;
    ++histogram.counts[static_cast<std::size_t>(histogramBin(duration))];
  });
  histogram.count = durations.size();
  if (durations.empty()) return histogram;
  const auto [least, greatest] = std::minmax_element(durations.begin(), durations.end());
  histogram.least = *least;
  histogram.greatest = *greatest;
  histogram.p50 = quantile(durations, 0.50);
  histogram.p90 = quantile(durations, 0.90);
  histogram.p99 = quantile(durations, 0.99);
  return histogram;
}

NameSelection selectName(const Trace &trace, std::uint32_t name, std::int64_t t0, std::int64_t t1,
                         DurationRange durations) {
  NameSelection selection;
  const bool all = durations.to <= durations.from;
  forEachOf(trace, name, t0, t1, [&](std::uint32_t slice, std::int64_t duration) {
    if (!all && (duration < durations.from || duration >= durations.to)) return;
    ++selection.count;
    selection.total += duration;
    if (selection.first == kNoSlice || trace.start[slice] < trace.start[selection.first])
      selection.first = slice;
  });
  return selection;
}

} // namespace hotloop::gui

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "gui/data/trace/trace.h"

namespace hotloop::gui {

inline constexpr int kHistogramBins = 160; // 4 per doubling, from 1 ns to 2^40 ns
int histogramBin(std::int64_t duration);
std::int64_t histogramBinStart(int bin); // shortest duration of the bin, ns

// What a selection holds of one name. Times are trimmed to the selection: parts of a partition of
// the time axis add up to the whole.
struct NameStats {
  std::uint32_t name = 0;
  std::uint64_t count = 0;              // slices that begin in the selection
  std::int64_t total = 0;               // ns inside of it
  std::int64_t least = 0, greatest = 0; // whole durations of the counted ones
  // Time of slices without what lies below them on the same track is not told apart here.
};

struct AreaStats {
  std::vector<NameStats> names; // most time first; only those that occur
  std::uint64_t count = 0;
  std::int64_t busy = 0; // sum of covered ns over the outermost lanes of each track
};

// Of all slices of `lanes` (indices) in [t0, t1).
AreaStats areaStats(const Trace &trace, std::span<const std::uint32_t> lanes, std::int64_t t0,
                    std::int64_t t1);

// Durations of all slices of a name.
struct DurationHistogram {
  std::array<std::uint32_t, kHistogramBins> counts{};
  std::uint64_t count = 0;
  std::int64_t total = 0, least = 0, greatest = 0;
  std::int64_t p50 = 0, p90 = 0, p99 = 0; // exact
};
DurationHistogram durationHistogram(const Trace &trace, std::uint32_t name, std::int64_t t0,
                                    std::int64_t t1);

// Slices of a name that begin in a range of time and take some durations.
struct NameSelection {
  std::uint64_t count = 0;
  std::int64_t total = 0;         // ns
  std::uint32_t first = kNoSlice; // by time, over all lanes
};
struct DurationRange {
  std::int64_t from = 0, to = 0; // [from, to) ns; all where equal
};
NameSelection selectName(const Trace &trace, std::uint32_t name, std::int64_t t0, std::int64_t t1,
                         DurationRange durations);

} // namespace hotloop::gui

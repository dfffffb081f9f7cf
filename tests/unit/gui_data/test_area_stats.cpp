#include "gui/data/trace/area_stats.h"
#include "gui/data/trace/busy_columns.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>

#include "tests/unit/gui_data/made_trace.h"

namespace hotloop::gui {
namespace {

std::vector<std::uint32_t> allLanes(const Trace &trace) {
  std::vector<std::uint32_t> lanes(trace.lanes.size());
  std::iota(lanes.begin(), lanes.end(), 0u);
  return lanes;
}

TEST(AreaStats, PartsOfAPartitionAddUpToTheWhole) {
  const Trace trace = test::madeTrace({.seed = 3, .slices = 2000});
  const auto lanes = allLanes(trace);
  const AreaStats whole = areaStats(trace, lanes, 0, trace.length + 1);
  EXPECT_EQ(whole.count, trace.size());
  std::mt19937_64 random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::int64_t> cuts{0, trace.length + 1};
    for (int i = 0; i < 9; ++i)
      cuts.push_back(
          static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(trace.length)));
    std::sort(cuts.begin(), cuts.end());
    std::uint64_t count = 0;
    std::int64_t busy = 0;
    std::map<std::uint32_t, std::int64_t> totals;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const AreaStats part = areaStats(trace, lanes, cuts[i], cuts[i + 1]);
      count += part.count;
      busy += part.busy;
      for (const NameStats &name : part.names) totals[name.name] += name.total;
    }
    EXPECT_EQ(count, whole.count);
    EXPECT_EQ(busy, whole.busy);
    for (const NameStats &name : whole.names) EXPECT_EQ(totals[name.name], name.total);
  }
}

TEST(AreaStats, SlicesAreTrimmedToTheSelection) {
  const Trace trace = test::traceOf({{0, 100, 0}, {100, 100, 1}, {300, 100, 0}});
  const AreaStats stats = areaStats(trace, allLanes(trace), 50, 350);
  ASSERT_EQ(stats.names.size(), 2u);
  EXPECT_EQ(stats.names[0].total, 100);
  EXPECT_EQ(stats.names[1].total, 100);
  EXPECT_EQ(stats.count, 2u);
  EXPECT_EQ(stats.busy, 200);
}

TEST(AreaStats, BusyIsExactForAnyRange) {
  const Trace trace = test::madeTrace({.seed = 8, .slices = 2500});
  std::mt19937_64 random(9);
  for (int round = 0; round < 200; ++round) {
    const Lane &lane = trace.lanes[random() % trace.lanes.size()];
    auto t0 = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(trace.length));
    auto t1 = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(trace.length));
    if (t1 < t0) std::swap(t0, t1);
    std::int64_t naive = 0;
    for (std::uint32_t slice = lane.first; slice < lane.first + lane.count; ++slice) {
      naive += std::max<std::int64_t>(0, std::min(t1, trace.end(slice)) -
                                             std::max(t0, trace.start[slice]));
    }
    ASSERT_EQ(trace.busy(lane, t0, t1), naive);
  }
}

TEST(Histogram, BinsRiseAndHoldTheirDurations) {
  for (int bin = 8; bin + 1 < kHistogramBins; ++bin)
    EXPECT_LT(histogramBinStart(bin), histogramBinStart(bin + 1));
  for (const std::int64_t duration : {1, 7, 100, 12'345, 99'999'999}) {
    const int bin = histogramBin(duration);
    EXPECT_LE(histogramBinStart(bin), duration);
    EXPECT_GT(histogramBinStart(bin + 1), duration - 1);
  }
}

TEST(Histogram, QuantilesAreThoseOfTheSortedDurations) {
  std::vector<test::MadeSlice> slices;
  for (int i = 0; i <= 100; ++i) slices.push_back({i * 1000, 101 - i, 0});
  const Trace trace = test::traceOf(slices);
  const DurationHistogram histogram = durationHistogram(trace, 0, 0, trace.length + 1);
  EXPECT_EQ(histogram.count, 101u);
  EXPECT_EQ(histogram.least, 1);
  EXPECT_EQ(histogram.greatest, 101);
  EXPECT_EQ(histogram.p50, 51);
  EXPECT_EQ(histogram.p90, 91);
  EXPECT_EQ(histogram.p99, 100);
}

TEST(NameSelection, IsWhatALookAtEverySliceGives) {
  std::vector<test::MadeSlice> slices;
  for (int i = 0; i < 300; ++i)
    slices.push_back({i * 1000, 100 + (i * 37) % 500, static_cast<std::uint32_t>(i % 3)});
  const Trace trace = test::traceOf(slices);
  for (const auto &[t0, t1] : {std::pair(0, 1'000'000), std::pair(50'500, 120'000)}) {
    for (const DurationRange durations : {DurationRange{}, DurationRange{200, 350}}) {
      NameSelection naive;
      for (std::uint32_t slice = 0; slice < trace.size(); ++slice) {
        const std::int64_t duration = trace.duration(slice);
        if (trace.name[slice] != 1 || trace.start[slice] < t0 || trace.start[slice] >= t1 ||
            (durations.to > 0 && (duration < durations.from || duration >= durations.to))) {
          continue;
        }
        ++naive.count;
        naive.total += duration;
        naive.first = std::min(naive.first, slice); // one lane: by time
      }
      const NameSelection found = selectName(trace, 1, t0, t1, durations);
      EXPECT_GT(naive.count, 0u);
      EXPECT_EQ(found.count, naive.count);
      EXPECT_EQ(found.total, naive.total);
      EXPECT_EQ(found.first, naive.first);
    }
  }
  EXPECT_EQ(selectName(trace, 1, 0, 1'000'000, {600, 700}).first, kNoSlice);
}

TEST(BusyColumns, AreTheDifferencesOfWhatIsCoveredBefore) {
  const Trace trace = test::madeTrace({.slices = 4000});
  std::mt19937_64 random(5);
  for (int round = 0; round < 300; ++round) {
    const Lane &lane = trace.lanes[random() % trace.lanes.size()];
    // Few columns for many slices go down the pyramid, many columns look at slices.
    const int columns = 1 + static_cast<int>(random() % (round % 3 == 0 ? 5 : 900));
    const auto length = static_cast<std::uint64_t>(trace.length);
    const TimeColumns cut{static_cast<std::int64_t>(random() % length) - trace.length / 8,
                          columns + static_cast<std::int64_t>(random() % length), columns};
    std::vector<std::int64_t> busy(random() % (static_cast<std::uint64_t>(columns) + 1), 7);
    addBusyColumns(trace, lane, cut, busy);
    for (int i = 0; i < static_cast<int>(busy.size()); ++i)
      ASSERT_EQ(busy[static_cast<std::size_t>(i)] - 7,
                trace.busy(lane, cut.begin(i), cut.begin(i + 1)))
          << columns << " columns, " << i;
  }
}

// Damaged clocks make runs of decades.
TEST(TimeColumns, ReachOverAnySpan) {
  const TimeColumns cut{-5, std::int64_t{1} << 61, 850};
  EXPECT_EQ(cut.begin(0), -5);
  EXPECT_EQ(cut.begin(425), (std::int64_t{1} << 60) - 5);
  EXPECT_EQ(cut.begin(850), (std::int64_t{1} << 61) - 5);
  const TimeColumns narrow{0, 7, 3};
  EXPECT_EQ(narrow.begin(1), 2);
  EXPECT_EQ(narrow.begin(2), 4);
}

} // namespace
} // namespace hotloop::gui

#include "gui/data/trace/lod.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "tests/unit/gui_data/made_trace.h"

namespace hotloop::gui {
namespace {

// Time of slices shorter than `wide` in [t0, t1), looking at every one of them.
std::int64_t naiveShortBusy(const Trace &trace, const Lane &lane, std::int64_t t0, std::int64_t t1,
                            std::int64_t wide) {
  std::int64_t sum = 0;
  for (std::uint32_t slice = lane.first; slice < lane.first + lane.count; ++slice) {
    if (trace.duration(slice) >= wide) continue;
    const std::int64_t from = std::max(t0, trace.start[slice]);
    const std::int64_t to = std::min(t1, trace.end(slice));
    sum += std::max<std::int64_t>(0, to - from);
  }
  return sum;
}

class LodProperty : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(LodProperty, AgreesWithARendererThatLooksAtEverything) {
  test::MadeTraceOptions options;
  options.seed = GetParam();
  options.slices = 3000;
  const Trace trace = test::madeTrace(options);
  std::mt19937_64 random(GetParam());
  LodResult lod;
  for (int round = 0; round < 60; ++round) {
    const Lane &lane = trace.lanes[random() % trace.lanes.size()];
    const double nsPerPixel = std::exp2(static_cast<double>(random() % 180) / 10.0);
    const auto t0 = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(trace.length));
    constexpr int kWidth = 400;
    queryLod(trace, lane, t0, nsPerPixel, kWidth, lod);
    const auto t1 = t0 + static_cast<std::int64_t>(std::ceil(nsPerPixel * kWidth));
    const auto wide = static_cast<std::int64_t>(std::ceil(nsPerPixel));
    // Every slice of at least a pixel in the window comes out, once, in order; no other does.
    std::vector<std::uint32_t> expected;
    for (std::uint32_t slice = lane.first; slice < lane.first + lane.count; ++slice) {
      if (trace.duration(slice) >= std::max<std::int64_t>(1, wide) && trace.start[slice] < t1 &&
          trace.end(slice) > t0) {
        expected.push_back(slice);
      }
    }
    std::vector<std::uint32_t> drawn;
    for (const LodSlice &slice : lod.slices) drawn.push_back(slice.slice);
    ASSERT_EQ(drawn, expected) << "ns per pixel " << nsPerPixel;
    // Buckets hold the rest; time near a node's edge may be off by what one bucket holds.
    const std::int64_t width = std::int64_t{1} << lod.fine.k;
    double carried = 0;
    for (std::size_t i = 1; i + 1 < lod.fine.buckets.size(); ++i) {
      const std::int64_t from = (lod.fine.first + static_cast<std::int64_t>(i)) << lod.fine.k;
      const auto exact = static_cast<double>(
          naiveShortBusy(trace, lane, from, from + width, std::max<std::int64_t>(1, wide)));
      carried += static_cast<double>(lod.fine.buckets[i].busy) - exact;
      ASSERT_LE(std::abs(carried), static_cast<double>(width) * 1.001) << "bucket " << i;
    }
  }
}

TEST_P(LodProperty, PanningByWholeBucketsMovesThePicture) {
  test::MadeTraceOptions options;
  options.seed = GetParam();
  options.slices = 4000;
  const Trace trace = test::madeTrace(options);
  const Lane &lane = trace.lanes[0];
  LodResult a;
  LodResult b;
  for (const double nsPerPixel : {3.0, 40.0, 777.0, 20'000.0}) {
    const int k = bucketExponent(nsPerPixel);
    const std::int64_t bucket = std::int64_t{1} << k;
    const std::int64_t t0 = trace.length / 3;
    constexpr int kShift = 37;
    queryLod(trace, lane, t0, nsPerPixel, 300, a);
    queryLod(trace, lane, t0 + kShift * bucket, nsPerPixel, 300, b);
    ASSERT_EQ(b.fine.first, a.fine.first + kShift);
    for (std::size_t i = 2; i + kShift + 2 < a.fine.buckets.size(); ++i) {
      EXPECT_FLOAT_EQ(a.fine.buckets[i + kShift].busy, b.fine.buckets[i].busy);
      EXPECT_EQ(a.fine.buckets[i + kShift].name, b.fine.buckets[i].name);
    }
  }
}

TEST_P(LodProperty, ASliceUnderAPixelIsFound) {
  test::MadeTraceOptions options;
  options.seed = GetParam();
  const Trace trace = test::madeTrace(options);
  std::mt19937_64 random(GetParam());
  for (int round = 0; round < 500; ++round) {
    const Lane &lane = trace.lanes[random() % trace.lanes.size()];
    const auto t = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(trace.length));
    const std::uint32_t hit = trace.at(lane, t);
    std::uint32_t expected = kNoSlice;
    for (std::uint32_t slice = lane.first; slice < lane.first + lane.count; ++slice) {
      if (trace.start[slice] <= t && (t < trace.end(slice) || t == trace.start[slice]))
        expected = slice;
    }
    ASSERT_EQ(hit, expected) << t;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LodProperty, ::testing::Range<std::uint64_t>(1, 9));

TEST(Lod, ASliceThatCoversTheWindowIsDrawn) {
  const Trace trace = test::traceOf({{0, 1'000'000, 0}, {1'000'000, 10, 1}});
  LodResult lod;
  queryLod(trace, trace.lanes[0], 500'000, 1, 100, lod);
  ASSERT_EQ(lod.slices.size(), 1u);
  EXPECT_EQ(lod.slices[0].slice, 0u);
}

TEST(Lod, BucketsAreHalfAPixelToAPixel) {
  for (const double ns : {1.0, 1.5, 2.0, 1000.0, 1e9}) {
    const double width = std::exp2(bucketExponent(ns));
    EXPECT_LE(width, ns);
    EXPECT_GT(width, ns / 2);
  }
}

} // namespace
} // namespace hotloop::gui

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "gui/data/trace/short_name.h"
#include "tests/unit/gui_data/made_trace.h"

namespace hotloop::gui {
namespace {

TEST(Depths, NestedEventsLieBelowEachOther) {
  const Trace trace =
      test::traceOf({{0, 100, 0}, {10, 30, 1}, {15, 5, 2}, {50, 20, 1}, {100, 10, 0}});
  ASSERT_EQ(trace.lanes.size(), 3u);
  EXPECT_EQ(trace.lanes[0].count, 2u);
  EXPECT_EQ(trace.lanes[1].count, 2u);
  EXPECT_EQ(trace.lanes[2].count, 1u);
}

TEST(Depths, AnyOrderGivesTheSame) {
  const Trace sorted = test::traceOf({{0, 100, 0}, {10, 30, 1}, {15, 5, 2}});
  const Trace written = test::traceOf({{15, 5, 2}, {10, 30, 1}, {0, 100, 0}});
  ASSERT_EQ(sorted.size(), written.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    EXPECT_EQ(sorted.start[i], written.start[i]);
    EXPECT_EQ(sorted.name[i], written.name[i]);
  }
}

TEST(Depths, OverlapTooDeepIsCountedNotDrawn) {
  std::vector<test::MadeSlice> slices;
  for (int i = 0; i < 400; ++i) slices.push_back({i, 10'000, 0});
  const Trace trace = test::traceOf(slices);
  EXPECT_EQ(trace.lanes.size(), 256u);
  ASSERT_EQ(trace.problems.size(), 1u);
  EXPECT_EQ(trace.problems[0].count, 144u);
}

TEST(Depths, SlicesOfALaneNeverOverlap) {
  const Trace trace = test::madeTrace({.seed = 4, .slices = 2000});
  for (const Lane &lane : trace.lanes) {
    for (std::uint32_t i = lane.first + 1; i < lane.first + lane.count; ++i)
      ASSERT_LE(trace.end(i - 1), trace.start[i]);
  }
}

// Chunks in any cut and order come out as one sorted list per thread.
TEST(Pieces, AreOneSortedListPerThread) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 50; ++round) {
    const auto threads = 1 + random() % 40;
    std::vector<RawChunk> chunks(1 + random() % 6);
    std::map<std::uint32_t, std::vector<RawEvent>> expected;
    std::uint32_t row = 0;
    std::int64_t now = 0;
    for (RawChunk &chunk : chunks) {
      if (round % 5 == 0) now = 0; // one that has to be sorted
      for (std::size_t i = random() % 3000; i > 0; --i) {
        RawEvent event;
        now += static_cast<std::int64_t>(random() % 10);
        event.duration = static_cast<std::int64_t>(random() % (round % 3 == 0 ? 5000 : 50));
        event.start = now - event.duration; // written as it ends
        event.entity = static_cast<std::uint32_t>(random() % threads);
        event.row = ++row;
        chunk.events.push_back(event);
        expected[event.entity].push_back(event);
      }
    }
    EventArena arena;
    std::vector<EventPiece> pieces;
    for (const RawChunk &chunk : chunks) addPieces(chunk, arena, pieces);
    for (auto &[thread, events] : expected) {
      std::stable_sort(events.begin(), events.end(), isBefore);
      std::vector<std::span<RawEvent>> mine;
      for (const EventPiece &piece : pieces) {
        if (piece.entity == thread) mine.push_back(piece.events);
      }
      std::vector<std::uint32_t> rows;
      visitInOrder(mine, [&](const RawEvent &event) { rows.push_back(event.row); });
      ASSERT_EQ(rows.size(), events.size());
      for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], events[i].row);
    }
  }
}

TEST(Durations, LongOnesAreKept) {
  const std::int64_t hour = 3'600'000'000'000;
  const Trace trace = test::traceOf({{0, hour, 0}, {hour, 5, 0}, {hour + 9, 2 * hour, 0}});
  EXPECT_EQ(trace.duration(0), hour);
  EXPECT_EQ(trace.duration(2), 2 * hour);
  EXPECT_EQ(trace.length, 3 * hour + 9);
  EXPECT_EQ(trace.busy(trace.lanes[0], 0, trace.length), 3 * hour + 5);
}

TEST(Flows, TieCallsToDeviceWork) {
  RawChunk calls;
  calls.table = EventTable::kApi;
  RawChunk kernels;
  kernels.table = EventTable::kKernel;
  for (std::uint32_t i = 0; i < 10; ++i) {
    calls.events.push_back({i * 100, 10, 0, i + 1, 1, i + 1});
    kernels.events.push_back({i * 100 + 50, 20, 1, i + 1, 7, i + 1});
  }
  kernels.events.push_back({5000, 20, 1, 11, 7, 999}); // nobody launched it
  TraceParts parts;
  parts.names.resize(2);
  std::vector<RawChunk> chunks;
  chunks.push_back(std::move(calls));
  chunks.push_back(std::move(kernels));
  const Trace trace = buildTrace(chunks, std::move(parts), 2);
  ASSERT_EQ(trace.flows.size(), 10u);
  for (const Flow &flow : trace.flows) {
    EXPECT_EQ(trace.start[flow.device] - trace.start[flow.host], 50);
    EXPECT_EQ(trace.launcher(flow.device), flow.host);
    ASSERT_EQ(trace.launched(flow.host).size(), 1u);
    EXPECT_EQ(trace.launched(flow.host)[0], flow.device);
  }
  EXPECT_EQ(trace.launcher(static_cast<std::uint32_t>(trace.size() - 1)), kNoSlice);
}

TEST(Trace, NothingAtAllIsATraceToo) {
  const Trace trace = buildTrace(std::vector<RawChunk>(), {}, 2);
  EXPECT_EQ(trace.size(), 0u);
  EXPECT_GE(trace.length, 1);
}

TEST(ShortName, DropsWhatANarrowPlaceHasNoRoomFor) {
  EXPECT_EQ(shortName("aten::mm"), "aten::mm");
  EXPECT_EQ(shortName("void at::native::elementwise_kernel<4, float>(int, float)"),
            "elementwise_kernel<>");
  EXPECT_EQ(shortName("void at::native::vectorized_elementwise_kernel<4, at::native::AUnaryFunctor<"
                      "long, bool, at::native::(anonymous namespace)::CompareEqFunctor<long> >, "
                      "std::array<char*, 2ul> >(int, OtherFunctor)"),
            "vectorized_elementwise_kernel<CompareEqFunctor>");
  EXPECT_EQ(shortName("void at::native::unrolled_elementwise_kernel<at::native::direct_copy_kernel_"
                      "cuda(at::TensorIteratorBase&)::{lambda()#3}::operator()() const>(int)"),
            "unrolled_elementwise_kernel<direct_copy_kernel_cuda>");
  EXPECT_EQ(shortName("broken<4, Functor"), "broken<>");
  EXPECT_EQ(shortName("void (anonymous namespace)::go(int)"), "go");
  EXPECT_EQ(shortName("(no name)"), "(no name)");
  EXPECT_EQ(shortName(std::string(500, 'x')).size(), 80u);
}

} // namespace
} // namespace hotloop::gui

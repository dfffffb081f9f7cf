#include <gmock/gmock.h>

#include <algorithm>
#include <tuple>

#include "core/trace/event_order.h"
#include "core/trace/normalise.h"
#include "core/trace/trace_builder.h"
#include "tests/support/random.h"

namespace hotloop {
namespace {

OpEvent makeOp(std::int64_t start, std::int64_t duration, std::uint16_t depth,
               std::int64_t sequence) {
  OpEvent op;
  op.start = Nanoseconds(start);
  op.duration = Nanoseconds(duration);
  op.depth = depth;
  op.sequence = sequence;
  return op;
}

TEST(Normalise, SortsParentsBeforeChildren) {
  TraceBuilder builder;
  builder.add(makeOp(10, 5, 2, 0));
  builder.add(makeOp(10, 5, 1, 1)); // as long as its child
  builder.add(makeOp(10, 90, 0, 2));
  builder.add(makeOp(0, 1, 0, 3));
  auto run = builder.build();
  ASSERT_TRUE(run);
  EXPECT_THAT((*run)->ops.sequence, testing::ElementsAreArray<std::int64_t>({3, 2, 1, 0}));
}

TEST(Normalise, OrderIsThatOfAPlainStableSort) {
  test_support::Random random(7);
  for (int round = 0; round < 50; ++round) {
    TraceBuilder builder;
    std::vector<std::tuple<std::int64_t, std::int64_t, std::uint16_t, std::int64_t>> expected;
    for (std::int64_t i = 0; i < 200; ++i) {
      const auto start = static_cast<std::int64_t>(random.below(20));
      const auto duration = static_cast<std::int64_t>(random.below(4));
      const auto depth = static_cast<std::uint16_t>(random.below(3));
      builder.add(makeOp(start, duration, depth, i));
      expected.emplace_back(start, -duration, depth, i);
    }
    std::sort(expected.begin(), expected.end());
    auto run = builder.build();
    ASSERT_TRUE(run);
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_EQ((*run)->ops.sequence[i], std::get<3>(expected[i]));
  }
}

TEST(Normalise, RenumbersWhatCountsEvents) {
  TraceBuilder builder;
  for (const std::int64_t start : {30, 10, 20}) {
    StepEvent step;
    step.start = Nanoseconds(start);
    step.number = start;
    builder.add(step);
    builder.add(makeOp(start, 1, 0, start));
  }
  for (std::uint32_t step = 1; step <= 4; ++step) builder.add(StepCounterRow{step, {}, {}, 1.0});
  for (const char *table : {"op", "step", "kernel"}) {
    builder.add(EvidenceRow{1, builder.intern(table), 1});
    builder.add(EvidenceRow{1, builder.intern(table), 9});
  }
  NormaliseCounts counts;
  auto run = builder.build(&counts);
  ASSERT_TRUE(run);
  EXPECT_THAT((*run)->stepCounters.step, testing::ElementsAreArray<std::uint32_t>({3, 1, 2, 0}));
  EXPECT_THAT((*run)->evidence.row, testing::ElementsAreArray<std::int64_t>({3, 0, 3, 0, 1, 9}));
  EXPECT_EQ(counts.danglingReferences, 1);
}

TEST(Normalise, MakesEntitiesDenseAndTheLaterRowWins) {
  TraceBuilder builder;
  for (const auto &[id, tid] : {std::pair(3u, 30u), std::pair(1u, 10u), std::pair(3u, 31u)}) {
    ThreadRow thread;
    thread.id = ThreadId(id);
    thread.osTid = tid;
    builder.add(thread);
  }
  for (const std::uint64_t id : {7u, 5u, 7u}) {
    GraphNodeRow node;
    node.id = id;
    node.graph = id == 5 ? 1 : 2;
    builder.add(node);
  }
  auto run = builder.build();
  ASSERT_TRUE(run);
  EXPECT_THAT((*run)->threads.osTid, testing::ElementsAreArray<std::uint32_t>({10, 0, 31}));
  EXPECT_THAT((*run)->graphNodes.id, testing::ElementsAreArray<std::uint64_t>({5, 7}));
}

TEST(Normalise, ClearsWhatPointsNowhere) {
  TraceBuilder builder;
  ThreadRow thread;
  thread.id = ThreadId(1);
  thread.process = ProcessId(5);
  builder.add(thread);
  OpEvent op = makeOp(0, -4, 0, 0);
  op.lane = ThreadId(1);
  op.name = StringId(77);
  op.stack = StackId(1);
  builder.add(op);
  NormaliseCounts counts;
  auto run = builder.build(&counts);
  ASSERT_TRUE(run);
  EXPECT_EQ((*run)->threads.process[0], ProcessId());
  EXPECT_EQ((*run)->ops.lane[0], ThreadId(1));
  EXPECT_EQ((*run)->ops.name[0], StringId());
  EXPECT_EQ((*run)->ops.stack[0], StackId());
  EXPECT_EQ((*run)->ops.duration[0], Nanoseconds());
  EXPECT_EQ(counts.danglingReferences, 3);
  EXPECT_EQ(counts.negativeDurations, 1);
}

TEST(Normalise, MendsTimesThatNoClockHas) {
  TraceBuilder builder;
  builder.add(makeOp(0, INT64_MAX, 0, 0));
  builder.add(makeOp(INT64_MAX, 10, 0, 0));
  builder.add(makeOp(INT64_MIN, kLongestTime.count, 0, 0));
  builder.add(makeOp(7, -1, 0, 0));
  NormaliseCounts counts;
  auto run = builder.build(&counts);
  ASSERT_TRUE(run);
  EXPECT_THAT((*run)->ops.start, testing::ElementsAreArray<Nanoseconds>(
                                     {kEarliestTime, Nanoseconds(), Nanoseconds(7), kLatestTime}));
  EXPECT_THAT((*run)->ops.duration,
              testing::ElementsAreArray<Nanoseconds>(
                  {kLongestTime, Nanoseconds(), Nanoseconds(), Nanoseconds(10)}));
  EXPECT_EQ(counts.impossibleTimes, 3);
  EXPECT_EQ(counts.negativeDurations, 1);
}

TEST(Normalise, CutsCyclesOfParentsAndKeepsTrees) {
  TraceBuilder builder;
  // 1 <- 2 <- 3 is a tree; 4 -> 5 -> 6 -> 4 a cycle, 7 hangs on it; 8 is its own parent.
  const std::uint32_t parents[] = {0, 1, 2, 5, 6, 4, 4, 8};
  for (std::uint32_t i = 0; i < 8; ++i) {
    StackRow row;
    row.id = StackId(i + 1);
    row.parent = StackId(parents[i]);
    builder.add(row);
  }
  NormaliseCounts counts;
  auto run = builder.build(&counts);
  ASSERT_TRUE(run);
  EXPECT_EQ(counts.danglingReferences, 2);
  EXPECT_EQ((*run)->stacks.parent[2], StackId(2));
  EXPECT_EQ((*run)->stacks.parent[6], StackId(4));
  EXPECT_EQ((*run)->stacks.parent[7], StackId());
  for (std::size_t i = 0; i < 8; ++i) {
    int depth = 0;
    for (StackId node(static_cast<std::uint32_t>(i + 1)); node;
         node = (*run)->stacks.parent[node.value - 1])
      ASSERT_LT(++depth, 9);
  }
}

TEST(Normalise, RefusesIdsThatWouldNotFit) {
  TraceBuilder builder;
  FrameRow frame;
  frame.id = FrameId(4'000'000'000u);
  builder.add(frame);
  auto run = builder.build();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::kCorrupt);
}

} // namespace
} // namespace hotloop

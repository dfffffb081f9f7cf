#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

#include "tests/unit/inject/recorded_run.h"

namespace hotloop {
namespace {

using namespace hotloop::testing;

const TraceView &run() {
  static const Recorded recorded = [] {
    RecordOptions options;
    options.command = {std::string(std::getenv("HOTLOOP_BINARY_DIR")) +
                       "/tests/hotloop_test_nvtx_target"};
    return recordTarget({}, options);
  }();
  return recorded.run;
}

std::vector<std::size_t> rowsNamed(std::string_view name) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < run()->ranges.name.size(); ++i)
    if (run().text(run()->ranges.name[i]) == name) rows.push_back(i);
  return rows;
}

TEST(Nvtx, NarrowAndWideTextsNest) {
  ASSERT_EQ(rowsNamed("narrow").size(), 1u);
  ASSERT_EQ(rowsNamed("wide ü").size(), 1u);
  EXPECT_EQ(run()->ranges.depth[rowsNamed("narrow")[0]], 0);
  EXPECT_EQ(run()->ranges.depth[rowsNamed("wide ü")[0]], 1);
  EXPECT_EQ(rowsNamed("").size(), 1u); // a null text
}

TEST(Nvtx, MarksHaveNoLength) {
  for (const char *name : {"mark", "wide mark"}) {
    ASSERT_EQ(rowsNamed(name).size(), 1u) << name;
    EXPECT_EQ(run()->ranges.kind[rowsNamed(name)[0]], RangeKind::kMark);
    EXPECT_EQ(run()->ranges.duration[rowsNamed(name)[0]].count, 0);
  }
}

TEST(Nvtx, StartedRangesMayOverlap) {
  ASSERT_EQ(rowsNamed("first started").size(), 1u);
  ASSERT_EQ(rowsNamed("second started").size(), 1u);
  const std::size_t first = rowsNamed("first started")[0], second = rowsNamed("second started")[0];
  const RangeColumns &ranges = run()->ranges;
  EXPECT_EQ(ranges.kind[first], RangeKind::kStartEnd);
  EXPECT_LE(ranges.start[first], ranges.start[second]);
  EXPECT_LE(ranges.start[second], ranges.start[first] + ranges.duration[first]);
  EXPECT_LE(ranges.start[first] + ranges.duration[first],
            ranges.start[second] + ranges.duration[second]);
}

TEST(Nvtx, PayloadsKeepTheirValue) {
  const RangeColumns &ranges = run()->ranges;
  ASSERT_EQ(rowsNamed("unsigned").size(), 1u);
  EXPECT_EQ(ranges.payloadKind[rowsNamed("unsigned")[0]], PayloadKind::kInteger);
  EXPECT_EQ(ranges.payloadInteger[rowsNamed("unsigned")[0]], 1'000'000'000'000);
  ASSERT_EQ(rowsNamed("int32").size(), 1u);
  EXPECT_EQ(ranges.payloadInteger[rowsNamed("int32")[0]], -7);
  ASSERT_EQ(rowsNamed("float").size(), 1u);
  EXPECT_EQ(ranges.payloadKind[rowsNamed("float")[0]], PayloadKind::kReal);
  EXPECT_EQ(ranges.payloadReal[rowsNamed("float")[0]], 0.5);
  ASSERT_EQ(rowsNamed("colored").size(), 1u);
  EXPECT_EQ(ranges.color[rowsNamed("colored")[0]], 0xff112233u);
  EXPECT_EQ(ranges.category[rowsNamed("colored")[0]], 4u);
  EXPECT_EQ(ranges.payloadKind[rowsNamed("colored")[0]], PayloadKind::kNone);
}

TEST(Nvtx, DomainsNestApartAndShareTheirName) {
  const auto registered = rowsNamed("registered");
  ASSERT_EQ(registered.size(), 2u);
  const RangeColumns &ranges = run()->ranges;
  EXPECT_EQ(run().text(ranges.domain[registered[0]]), "moe");
  EXPECT_EQ(ranges.domain[registered[0]], ranges.domain[registered[1]]);
  EXPECT_EQ(ranges.depth[registered[0]], 0);
  EXPECT_EQ(ranges.depth[registered[1]], 1);
  ASSERT_EQ(rowsNamed("default between").size(), 1u);
  EXPECT_EQ(ranges.depth[rowsNamed("default between")[0]], 0);
  EXPECT_FALSE(ranges.domain[rowsNamed("default between")[0]]);
}

TEST(Nvtx, WideRegisteredStringsBecomeUtf8) {
  const auto rows = rowsNamed("breit 中🔥");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(run().text(run()->ranges.domain[rows[0]]), "weit ä");
  EXPECT_EQ(run()->ranges.kind[rows[1]], RangeKind::kStartEnd);
  EXPECT_NE(run()->ranges.lane[rows[1]], run()->ranges.endLane[rows[1]]);
}

TEST(Nvtx, EveryCopyOfNvtxIsAttached) { EXPECT_EQ(rowsNamed("from the library").size(), 1u); }

TEST(Nvtx, NamesOfThreadsAndCategories) {
  const ThreadId lane = run()->ranges.lane[rowsNamed("narrow").at(0)];
  EXPECT_EQ(run().text(run()->threads.name[lane.value - 1]), "main thread");
  EXPECT_EQ(run().meta("nvtx_category..4"), "phases");
  EXPECT_EQ(run().meta("nvtx_category.moe.3"), "experts");
}

TEST(Nvtx, UnbalancedPopsAreCounted) { EXPECT_EQ(qualityCount(run(), "unbalanced_pops"), 1); }

} // namespace
} // namespace hotloop

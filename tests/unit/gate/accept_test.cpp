#include "cli/gate/accept.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotloop::cli {
namespace {

BaselineCounter counter(const char *function, std::int64_t value) {
  BaselineCounter one{"host_syncs", SeriesLevel::kSite, "", "a.py", function, {1}, "", {}};
  one.learned = learnValues({std::vector<std::int64_t>(20, value)});
  return one;
}

TEST(Accept, TakesOverOnlyWhatChanged) {
  Baseline baseline, fresh;
  baseline.counted = fresh.counted = {"host_syncs"};
  baseline.counters = {counter("gone", 1), counter("kept", 2), counter("more", 1)};
  baseline.counters[1].learned.runs = 5;
  fresh.counters = {counter("kept", 2), counter("more", 3), counter("new", 1)};
  const AcceptOutcome outcome = acceptChanges(baseline, fresh, "because");
  EXPECT_EQ(outcome.changes.size(), 3u);
  EXPECT_EQ(outcome.kept, 1u);
  EXPECT_EQ(baseline.reason, "because");
  ASSERT_EQ(baseline.counters.size(), 3u);
  EXPECT_EQ(baseline.counters[0].function, "kept");
  EXPECT_EQ(baseline.counters[0].learned.runs, 5)
      << "learned from many runs, confirmed by this one";
  EXPECT_EQ(baseline.counters[1].learned.value, 3);
  EXPECT_EQ(baseline.counters[2].function, "new");
}

TEST(Accept, KeepsWhatTheNewRunDidNotMeasure) {
  Baseline baseline, fresh;
  baseline.counted = {"allocations", "host_syncs"};
  fresh.counted = {"allocations"};
  baseline.counters = {counter("kept", 2)};
  EXPECT_TRUE(acceptChanges(baseline, fresh, "x").changes.empty());
  EXPECT_EQ(baseline.counters.size(), 1u);
}

} // namespace
} // namespace hotloop::cli

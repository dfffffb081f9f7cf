#include "cli/diff/run_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/diff/diff_writer.h"
#include "cli/filter/row_filter.h"
#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using testing::HasSubstr;

LoadedProfile runWith(double syncs, std::vector<CostRow> sites, Felt felt = Felt::kWould) {
  LoadedProfile run;
  run.run.file = "r.hotloop";
  run.steps.total = run.steps.steady = 10;
  run.steps.hostSyncs = syncs;
  run.steps.felt = felt;
  run.steps.durationMs = 10;
  run.sites = std::move(sites);
  return run;
}

CostRow site(const char *file, std::uint32_t line, const char *function, double syncs) {
  CostRow row;
  row.site = {file, line, function, ""};
  row.hostSyncs = syncs;
  return row;
}

TEST(Diff, SameRunsDoNotDiffer) {
  const LoadedProfile run = runWith(2, {site("a.py", 1, "f", 2)});
  const RunDiff diff = diffRuns(run, run);
  EXPECT_TRUE(diff.comparable());
  EXPECT_FALSE(diff.differs());
  EXPECT_TRUE(diff.sites.empty());
  EXPECT_EQ(diffExit(diff, true).code, 0);
}

TEST(Diff, CountersAndSites) {
  const RunDiff diff = diffRuns(
      runWith(2, {site("a.py", 1, "f", 2), site("b.py", 1, "g", 1)}),
      runWith(3, {site("a.py", 1, "f", 2), site("b.py", 1, "g", 5), site("c.py", 9, "h", 1)}));
  EXPECT_TRUE(diff.differs());
  EXPECT_EQ(diffExit(diff, true).code, 1);
  EXPECT_EQ(diffExit(diff, false).code, 0);
  ASSERT_EQ(diff.sites.size(), 2u);
  EXPECT_EQ(diff.sites[0].site.file, "b.py");
  EXPECT_EQ(diff.sites[1].site.file, "c.py");
  EXPECT_EQ(diff.sites[1].before, 0);
}

TEST(Diff, AMovedSiteIsTheSameSite) {
  const RunDiff moved =
      diffRuns(runWith(2, {site("a.py", 10, "f", 2)}), runWith(2, {site("a.py", 14, "f", 2)}));
  EXPECT_TRUE(moved.sites.empty());
  const RunDiff changed =
      diffRuns(runWith(2, {site("a.py", 10, "f", 2)}), runWith(3, {site("a.py", 14, "f", 3)}));
  ASSERT_EQ(changed.sites.size(), 1u);
  EXPECT_EQ(changed.sites[0].movedFrom.line, 10u);
  // Two candidates on one side: no guess.
  const RunDiff unclear =
      diffRuns(runWith(2, {site("a.py", 10, "f", 2)}),
               runWith(2, {site("a.py", 14, "f", 1), site("a.py", 15, "f", 1)}));
  EXPECT_EQ(unclear.sites.size(), 3u);
}

TEST(Diff, MeasuredAndWouldBeAreNotComparable) {
  const LoadedProfile host = runWith(2, {}), device = runWith(2, {}, Felt::kMeasured);
  const RunDiff diff = diffRuns(host, device);
  EXPECT_FALSE(diff.comparable());
  EXPECT_EQ(diffExit(diff, false).code, 3);
  EXPECT_THAT(diffText(diff, host, device, 0, Style(false), 200),
              HasSubstr("what a GPU would see"));
}

TEST(Diff, TimeHasNoVerdict) {
  const LoadedProfile before = runWith(2, {});
  LoadedProfile after = runWith(2, {});
  after.steps.durationMs = 20;
  const RunDiff diff = diffRuns(before, after);
  EXPECT_FALSE(diff.differs());
  EXPECT_THAT(
      diffText(diff, before, after, 0, Style(false), 200),
      HasSubstr("step time 10.00 ms -> 20.00 ms (+100.0 %; one run each, so no verdict on time)"));
}

TEST(Diff, ExitCodesOnRunFiles) {
  const TestFolder folder;
  makeRunFile("a.hotloop", {.events = 10'000, .plants = {test_support::Plant::kItem}});
  makeRunFile("b.hotloop", {.events = 10'000});
  EXPECT_EQ(runCli({"diff", "a.hotloop", "b.hotloop"}).code, 0);
  EXPECT_EQ(runCli({"diff", "a.hotloop", "b.hotloop", "--exit-code"}).code, 1);
  EXPECT_EQ(runCli({"diff", "a.hotloop", "a.hotloop", "--exit-code"}).code, 0);
  EXPECT_THAT(runCli({"diff", "a.hotloop", "b.hotloop", "--format", "csv"}).out,
              HasSubstr("total,host_syncs,,,,1,0,-1\n"));
}

TEST(Diff, AFilterChoosesRowsAndAllStillAddsUp) {
  RunDiff diff = diffRuns(runWith(2, {}),
                          runWith(9, {site("a.py", 1, "f", 2), site("tests/b.py", 1, "g", 5)}));
  ASSERT_EQ(diff.sites.size(), 2u);
  for (const auto &[phase, family, delta] :
       {std::tuple("forward/layer *", "gemm_a", 2.0), std::tuple("forward", "gemm_b", 0.5),
        std::tuple("optimizer", "", -1.0)}) {
    OwnerDelta owner;
    owner.category = "kernel";
    owner.phase = phase;
    owner.family = family;
    owner.bMs = owner.countMs = delta;
    diff.time.owners.push_back(owner);
  }
  const auto filter =
      RowFilter::parse("phase:forward -kernel:*_b -site:tests/*", RowFilter::kDiffKeys);
  ASSERT_TRUE(filter) << filter.error().message;
  filter->apply(diff);
  EXPECT_TRUE(diff.sites.empty()) << "their phase is another one";
  ASSERT_EQ(diff.time.owners.size(), 2u);
  EXPECT_EQ(diff.time.owners[0].family, "gemm_a");
  EXPECT_DOUBLE_EQ(diff.time.owners[1].deltaMs(), -0.5);
  RunDiff sites = diffRuns(runWith(2, {}),
                           runWith(9, {site("a.py", 1, "f", 2), site("tests/b.py", 1, "g", 5)}));
  RowFilter::parse("counter:syncs -site:tests/*", RowFilter::kDiffKeys)->apply(sites);
  ASSERT_EQ(sites.sites.size(), 1u);
  EXPECT_EQ(sites.sites[0].site.file, "a.py");
  for (const char *bad : {"", "phase", "phase:", "fase:x", ":x", "kernel:/a(/"}) {
    const auto refused = RowFilter::parse(bad, RowFilter::kDiffKeys);
    ASSERT_FALSE(refused) << bad;
    EXPECT_THAT(refused.error().message, HasSubstr("--filter"));
  }
  EXPECT_THAT(RowFilter::parse("phas:x", RowFilter::kDiffKeys).error().message,
              HasSubstr("did you mean 'phase'"));
}

} // namespace
} // namespace hotloop::cli

#include "cli/gate/injection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzers/compare/compare.h"
#include "analyzers/gate/counter_check.h"
#include "core/trace/trace_builder.h"
#include "tests/support/make_run.h"
#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using test_support::StepMarks;

TraceView made(std::uint64_t seed, bool device, StepMarks marks = StepMarks::kApi,
               std::vector<test_support::Plant> plants = {}) {
  TraceBuilder builder;
  EXPECT_TRUE(test_support::makeRun(builder, {.events = 4'000,
                                              .seed = seed,
                                              .device = device,
                                              .marks = marks,
                                              .layers = 1,
                                              .plants = std::move(plants)}));
  return std::move(builder.build()).value();
}

// One more of anything in every step is found, at its place, whatever the run: 200 seeded trials of
// each.
TEST(Injection, OneMoreIsFoundEveryTime) {
  int found = 0, trials = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    for (const bool device : {false, true}) {
      const TraceView trace = made(seed, device, seed % 3 == 0 ? StepMarks::kNvtx : StepMarks::kApi,
                                   seed % 2 == 0 ? std::vector{test_support::Plant::kMask,
                                                               test_support::Plant::kVaryingShape}
                                                 : std::vector<test_support::Plant>{});
      const RunProfile base = profileRun(trace, -1);
      const auto baseline = learnBaseline({base});
      ASSERT_TRUE(baseline) << baseline.error().message;
      for (const GateRow &row : checkCounters(*baseline, base, {}))
        EXPECT_NE(row.status, GateStatus::kFail);
      for (const auto &[what, verdict] :
           {std::pair{Injected::kSync, "HG001"}, std::pair{Injected::kLaunch, "HG002"},
            std::pair{Injected::kAllocation, "HG004"}}) {
        ++trials;
        const auto changed = withInjection(trace, what);
        ASSERT_TRUE(changed) << changed.error().message;
        bool step = false, site = false;
        for (const GateRow &row : checkCounters(*baseline, profileRun(*changed, -1), {})) {
          if (row.status != GateStatus::kFail || row.verdict != verdict) continue;
          step = step || (row.level == "step" && row.site.function == "injected");
          site = site ||
                 (row.level == "site" && row.site.function == "injected" && row.site.line == 1);
        }
        found += step && site ? 1 : 0;
        EXPECT_TRUE(step && site) << "seed " << seed << (device ? " device " : " host ") << verdict;
      }
    }
  EXPECT_EQ(found, trials);
  EXPECT_EQ(trials, 600);
}

TEST(Injection, ChangesOfTheStepAddUp) {
  for (const bool device : {false, true}) {
    const RunProfile a = profileRun(made(1, device), -1);
    const RunProfile b =
        profileRun(made(2, device, StepMarks::kApi,
                        {test_support::Plant::kItem, test_support::Plant::kAllocation}),
                   -1);
    for (const auto *pair : {&a, &b}) {
      const TimeComparison comparison = compareTimes(*pair, b);
      double before = 0, after = 0, parts = 0;
      for (const OwnerDelta &owner : comparison.owners) {
        before += owner.aMs;
        after += owner.bMs;
        parts += owner.countMs + owner.unitMs + owner.exposureMs;
        EXPECT_NEAR(owner.countMs + owner.unitMs + owner.exposureMs, owner.deltaMs(), 1e-9);
      }
      EXPECT_NEAR(before, comparison.aMs, 1e-9);
      EXPECT_NEAR(after, comparison.bMs, 1e-9);
      EXPECT_NEAR(parts, comparison.deltaMs(), 1e-9);
      double causes = 0;
      for (const GateCause &cause : causesOf(comparison)) causes += cause.deltaMs;
      EXPECT_NEAR(causes, comparison.deltaMs(), 1e-9);
    }
    for (const OwnerDelta &owner : compareTimes(a, a).owners) EXPECT_EQ(owner.deltaMs(), 0);
  }
}

TEST(SelftestGate, ProvesTheGateAndFindsAHoleInIt) {
  TestFolder folder;
  makeRunFile("r.hotloop", {.events = 10'000, .layers = 2});
  const CliResult good = runCli({"selftest-gate", "--run", "r.hotloop"});
  EXPECT_EQ(good.code, 0) << good.out << good.err;
  EXPECT_THAT(good.out, testing::HasSubstr("sees every injected regression"));
  // A policy that looks at copies only misses the rest.
  const CliResult hole = runCli({"selftest-gate", "--run", "r.hotloop", "--fail-on", "copies"});
  EXPECT_EQ(hole.code, 1) << hole.out;
  EXPECT_THAT(hole.out, testing::HasSubstr("MISSED"));
  writeFile(
      "hotloop.toml",
      "[[allow]]\nrule = \"HG001\"\nsite = \"*\"\nuntil = 2999-01-01\nreason = \"too wide\"\n");
  EXPECT_EQ(runCli({"selftest-gate", "--run", "r.hotloop"}).code, 1)
      << "an allow entry that swallows everything";
  EXPECT_EQ(runCli({"selftest-gate"}).code, 2);
}

} // namespace
} // namespace hotloop::cli

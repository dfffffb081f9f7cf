#include "analyzers/compare/ownership.h"

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trace/trace_builder.h"
#include "tests/support/make_run.h"
#include "tests/support/scripted_loop.h"

namespace hotloop {
namespace {

std::int64_t sum(const std::vector<std::int64_t> &values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

TEST(Ownership, EveryNanosecondHasOneOwner) {
  for (const bool device : {false, true})
    for (const auto marks : {test_support::StepMarks::kApi, test_support::StepMarks::kNvtx,
                             test_support::StepMarks::kProfiler})
      for (const std::uint64_t seed : {1u, 2u, 3u}) {
        TraceBuilder builder;
        ASSERT_TRUE(test_support::makeRun(
            builder, {.events = 20'000,
                      .seed = seed,
                      .device = device,
                      .graph = device && seed == 2,
                      .marks = marks,
                      .plants = {test_support::Plant::kItem, test_support::Plant::kExpertLoop}}));
        const auto view = builder.build();
        ASSERT_TRUE(view);
        const RunProfile profile = profileRun(*view, -1);
        ASSERT_GT(profile.durations.size(), 3u);
        std::int64_t owned = 0;
        for (const TimeOwner &owner : profile.owners) {
          EXPECT_GE(owner.owned, 0);
          owned += owner.owned;
        }
        EXPECT_EQ(owned, sum(profile.durations));
      }
}

TEST(Ownership, InnermostOperatorsOwnAndGapsAreTheProgram) {
  test_support::ScriptedLoop script;
  for (int i = 0; i < 10; ++i) {
    script.beginStep();
    script.pushRange("forward");
    script.wait(5000);
    script.begin("aten::linear", "train");
    script.op("aten::mm", "train", 20'000);
    script.end(3000);
    script.popRange();
    script.endStep();
  }
  const RunProfile profile = profileRun(script.build(), -1);
  const auto steps = static_cast<std::int64_t>(profile.durations.size());
  const auto owned = [&](const std::string &category, const std::string &path) {
    std::int64_t total = 0;
    for (const TimeOwner &owner : profile.owners)
      if (owner.category == category && owner.opPath == path) total += owner.owned;
    return total / steps;
  };
  EXPECT_NEAR(static_cast<double>(owned("operator", "aten::linear/aten::mm")), 20'000, 30);
  EXPECT_NEAR(static_cast<double>(owned("operator", "aten::linear")), 3000, 50);
  EXPECT_NEAR(static_cast<double>(owned("host", "")), 5000, 80);
}

} // namespace
} // namespace hotloop

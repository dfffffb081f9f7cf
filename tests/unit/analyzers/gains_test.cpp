// The replay decides what is worth a change, and in which order.

#include <gmock/gmock.h>

#include "analyzers/rules/rule_runner.h"
#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::ScriptedLoop;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A wait in the middle of a step, after which the host needs `pause` before it launches again.
Analysis waiting(std::int64_t pause, bool pictures = false) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    loop.kernel("first", 200'000, {.function = "layer"});
    loop.synchronize("layer");
    loop.wait(pause);
    loop.kernel("second", 200'000, {.function = "layer"});
    loop.endStep();
  }
  AnalysisOptions options;
  options.onlyRules = {"HL102"};
  options.pictures = pictures;
  return std::move(analyze(loop.build(), options)).value();
}

TEST(Gains, GoWithTheFinding) {
  const Analysis analysis = waiting(150'000);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Gain &gain = analysis.findings[0].gain;
  ASSERT_TRUE(gain.estimate.has_value()) << gain.whyNone;
  EXPECT_GT(gain.estimate->ms, 0.05); // the device need not wait for the host
  EXPECT_LE(gain.estimate->lowMs, gain.estimate->ms);
  EXPECT_GE(gain.estimate->highMs, gain.estimate->ms);
  EXPECT_GT(gain.estimate->share, 0.1);
  EXPECT_THAT(gain.estimate->trust, testing::AnyOf("high", "medium", "low"));
}

TEST(Gains, BelowTheThresholdAreNotWorthIt) {
  const Analysis analysis = waiting(0);
  EXPECT_THAT(analysis.findings, IsEmpty());
  ASSERT_THAT(analysis.notWorth, SizeIs(1));
  EXPECT_TRUE(analysis.notWorth[0].gain.estimate.has_value());
  EXPECT_THAT(analysis.notWorth[0].mayNotPay, HasSubstr("The fix would give"));
}

TEST(Gains, DrawAStepOnRequest) {
  EXPECT_EQ(waiting(150'000).findings.at(0).picture, "");
  const std::string picture = waiting(150'000, true).findings.at(0).picture;
  for (const char *part : {"before  host", "device", "here", "^", "w", "#", "after   step"})
    EXPECT_THAT(picture, HasSubstr(part));
}

TEST(Gains, MakeTheOrder) {
  Finding small, large, none;
  small.gain.estimate = Gain::Estimate{.ms = 1, .trust = "low"};
  large.gain.estimate = Gain::Estimate{.ms = 2, .trust = "low"};
  none.felt = Felt::kMeasured;
  none.hostTime = Nanoseconds(50'000'000); // a sum of time is not a gain
  EXPECT_TRUE(ranksBefore(large, small));
  EXPECT_TRUE(ranksBefore(small, none));
  EXPECT_FALSE(ranksBefore(none, large));
}

TEST(Gains, HaveAReasonWhereThereAreNone) {
  ScriptedLoop loop;
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 100'000);
    loop.begin("aten::item", "log");
    loop.op("aten::_local_scalar_dense", "log");
    loop.end();
    loop.endStep();
  }
  const auto analysis = analyze(loop.build());
  ASSERT_THAT(analysis->findings, SizeIs(1));
  EXPECT_FALSE(analysis->findings[0].gain.estimate.has_value());
  EXPECT_THAT(analysis->findings[0].gain.whyNone, HasSubstr("no device records"));
}

} // namespace
} // namespace hotloop

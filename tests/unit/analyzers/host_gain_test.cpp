// What fixes give where there is no device: host time less what their replacement takes.

#include <gmock/gmock.h>

#include "analyzers/prove/host_gain.h"

namespace hotloop {
namespace {

using testing::HasSubstr;

Analysis of(const char *rule, std::optional<Replaced> replaced, std::int64_t hostTime = 0) {
  Analysis analysis;
  analysis.steps.duration = Nanoseconds(1'000'000);
  Finding finding;
  finding.rule = rule;
  finding.hostTime = Nanoseconds(hostTime);
  finding.replaced = replaced;
  analysis.findings.push_back(finding);
  return analysis;
}

HostGain gain(const Analysis &analysis, std::string rule) {
  const std::vector<std::string> rules{std::move(rule)};
  return hostGain(analysis, rules);
}

TEST(HostGainTest, KeepsTheArithmeticOfWhatIsReplaced) {
  // 400 us of calls in eight parts, 200 us of arithmetic.
  const Analysis loop = of("HL104", Replaced{Nanoseconds(600'000), Nanoseconds(200'000), 8});
  const HostGain result = gain(loop, "HL104");
  EXPECT_EQ(result.whyNone, "");
  EXPECT_NEAR(result.gain, 0.4 * (1 - 1.5 / 8) + 0.02, 1e-9);
  EXPECT_LT(result.low, result.gain);
  EXPECT_GT(result.high, result.gain);
  EXPECT_TRUE(result.modelled);
  // Arithmetic alone cannot be saved, and the replacement may be slower.
  const HostGain work =
      gain(of("HL104", Replaced{Nanoseconds(600'000), Nanoseconds(600'000), 8}), "HL104");
  EXPECT_LT(work.low, 0);
  EXPECT_LT(work.gain, 0.1);
}

TEST(HostGainTest, ForeachGainsNothingOnTheHost) {
  const Analysis update = of("HL304", Replaced{Nanoseconds(300'000), Nanoseconds(), 100}, 300'000);
  EXPECT_GT(gain(update, "HL304").gain, 0.25);
  const HostGain foreach = gain(update, "HL304/foreach");
  EXPECT_EQ(foreach.whyNone, "");
  EXPECT_EQ(foreach.gain, 0);
  EXPECT_LT(foreach.low, 0);
  EXPECT_GT(foreach.high, 0);
  EXPECT_THAT(gain(update, "HL104").whyNone, HasSubstr("No finding of HL104"));
}

} // namespace
} // namespace hotloop

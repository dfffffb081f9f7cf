// Fixes by name whose places the rules find: chains to fuse, experts to balance.

#include <gmock/gmock.h>

#include "analyzers/rule_fixes.h"
#include "analyzers/timeline/transforms.h"
#include "tests/support/scripted_loop.h"

namespace hotloop {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Prediction ask(const TraceView &trace, const char *fix) {
  const WhatIf whatIf(trace, findSteps(trace, -1));
  EXPECT_THAT(whatIf.whyNone(), IsEmpty());
  const auto edit = anyFix(whatIf, fix);
  EXPECT_TRUE(edit.has_value()) << edit.error().message;
  return whatIf.predict(*edit);
}

// Two chains of pointwise kernels in a step that the device bounds.
TraceView chains() {
  test_support::ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    loop.kernel("sm90_gemm_bf16", 200'000);
    for (int k = 0; k < 4; ++k)
      loop.kernel("vectorized_elementwise_kernel<4, Mul>", 50'000, {.function = "gate"});
    loop.kernel("sm90_gemm_bf16", 200'000);
    for (int k = 0; k < 3; ++k)
      loop.kernel("vectorized_elementwise_kernel<4, Add>", 50'000, {.function = "mix"});
    loop.endStep();
  }
  return loop.build();
}

TEST(RuleFixes, FuseLeavesOneKernelOfEachChain) {
  const TraceView trace = chains();
  const Prediction all = ask(trace, "fuse");
  EXPECT_THAT(all.abstained, IsEmpty());
  EXPECT_NEAR(all.gain, 5 * 50.0 / 750, 0.03);
  EXPECT_NEAR(ask(trace, "fuse=gate").gain, 3 * 50.0 / 750, 0.03);
  EXPECT_NEAR(ask(trace, "fuse=script.py:20").gain, 2 * 50.0 / 750, 0.03);
  EXPECT_THAT(ask(trace, "fuse=nowhere.py").abstained, HasSubstr("nowhere.py"));
}

// Experts on a stream each, joined at the end of the loop; one of them has most of the work.
TraceView experts(bool ofTheirOwn) {
  test_support::ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    loop.kernel("router", 50'000);
    for (std::uint32_t e = 0; e < 4; ++e) {
      const std::uint32_t stream = ofTheirOwn ? e + 2 : 1;
      loop.streamWaits(stream, 1, "moe");
      loop.op("aten::select", "moe");
      loop.begin("aten::mm", "moe");
      loop.kernel("gemm", e == 2 ? 700'000 : 100'000, {.stream = stream});
      loop.end();
    }
    for (std::uint32_t e = 0; ofTheirOwn && e < 4; ++e) loop.streamWaits(1, e + 2, "moe");
    loop.kernel("combine", 50'000);
    loop.endStep();
  }
  return loop.build();
}

TEST(RuleFixes, BalanceHelpsExpertsThatRunAtOnce) {
  const TraceView apart = experts(true);
  const Prediction balanced = ask(apart, "balance");
  EXPECT_THAT(balanced.abstained, IsEmpty());
  EXPECT_NEAR(balanced.gain, (700.0 - 250) / 800, 0.05);
  EXPECT_NEAR(ask(apart, "balance=moe").gain, balanced.gain, 1e-9);
  EXPECT_THAT(ask(apart, "balance=router").abstained, HasSubstr("router"));
  // One after the other their sum stays.
  EXPECT_NEAR(ask(experts(false), "balance").gain, 0, 0.01);
  EXPECT_THAT(ask(chains(), "balance").abstained, HasSubstr("No loop over experts"));
}

TEST(RuleFixes, AreNamedWithTheOthers) {
  const TraceView trace = chains();
  const WhatIf whatIf(trace, findSteps(trace, -1));
  EXPECT_THAT(anyFix(whatIf, "fuse=").error().message, HasSubstr("nothing behind '='"));
  EXPECT_THAT(anyFix(whatIf, "fuze").error().message, HasSubstr("fuse, balance"));
  EXPECT_THAT(anyFixNames(), testing::Contains("graph"));
}

} // namespace
} // namespace hotloop

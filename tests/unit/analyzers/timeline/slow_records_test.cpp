// Recording slows programs, queues hold launches up, and fixes reach beyond the calls that they
// name.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "analyzers/prove/delay_edit.h"
#include "analyzers/timeline/transforms.h"
#include "analyzers/timeline/what_if.h"
#include "tests/support/scripted_loop.h"

namespace hotloop {
namespace {

using test_support::ScriptedLoop;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

WhatIf whatIfOf(const TraceView &trace, double unprofiledMs = 0, WhatIfOptions options = {}) {
  if (unprofiledMs > 0)
    options.unprofiled = Nanoseconds(static_cast<std::int64_t>(unprofiledMs * 1e6));
  return WhatIf(trace, findSteps(trace, -1), options);
}

// 20 steps of ten short kernels and a millisecond in which nothing is recorded.
TraceView silentMillisecond() {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    for (int k = 0; k < 10; ++k) loop.kernel("tiny", 4'000);
    loop.wait(1'000'000);
    loop.endStep();
  }
  return loop.build();
}

TEST(SlowRecords, AreScaledAsAWholeWhereTheirRecordsAloneCannotExplainTheirTime) {
  const TraceView trace = silentMillisecond();
  const double recorded = whatIfOf(trace).baseline().recordedMs;
  const WhatIf whatIf = whatIfOf(trace, 0.6 * recorded);
  ASSERT_THAT(whatIf.whyNone(), IsEmpty());
  EXPECT_NEAR(whatIf.baseline().ms, 0.6 * recorded, 0.02 * recorded);
  EXPECT_NEAR(whatIf.baseline().replayedMs, recorded, 0.01 * recorded); // as before it was scaled
  const Prediction gone = whatIf.predict(removeHostGaps(whatIf));
  EXPECT_THAT(gone.abstained, IsEmpty());
  EXPECT_GT(gone.gain, 0.7);
  EXPECT_NE(gone.trust, "high");
  EXPECT_THAT(gone.warnings, Contains(HasSubstr("another speed")));
  // Three times as fast is another program.
  const WhatIf other = whatIfOf(trace, 0.3 * recorded);
  EXPECT_THAT(other.predict(removeHostGaps(other)).abstained, HasSubstr("No host speed"));
}

TEST(SlowRecords, KnowADelayInUnprofiledTime) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    for (int k = 0; k < 50; ++k) loop.kernel("tiny", 1'000);
    loop.endStep();
  }
  const TraceView trace = loop.build();
  const double t0 = 0.6 * whatIfOf(trace).baseline().recordedMs;
  const WhatIf whatIf = whatIfOf(trace, t0);
  const Prediction delayed = whatIf.predict(delayEdit(whatIf, DelayKind::kHost, "step", 100'000));
  EXPECT_THAT(delayed.abstained, IsEmpty());
  EXPECT_NEAR(delayed.ms, t0 + 0.1, 0.005);
}

// 20 steps of a millisecond; step 12 takes longer, and perhaps launches more.
WhatIf withOneLongStep(std::int64_t pause, int moreKernels) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    for (int k = 0; k < 100; ++k) loop.kernel("short", 2'000, {.host = 10'000});
    if (i == 12) {
      loop.wait(pause);
      for (int k = 0; k < moreKernels; ++k) loop.kernel("more", 2'000, {.host = 10'000});
    }
    loop.endStep();
  }
  return whatIfOf(loop.build());
}

TEST(DelayedSteps, AreLeftOutWhereNothingOnRecordSaysWhy) {
  const WhatIf usual = withOneLongStep(0, 0), delayed = withOneLongStep(4'000'000, 0);
  ASSERT_THAT(delayed.whyNone(), IsEmpty());
  EXPECT_EQ(delayed.timeline().steps.size() + 1, usual.timeline().steps.size());
  EXPECT_NEAR(delayed.baseline().recordedMs, usual.baseline().recordedMs, 0.01);
  EXPECT_NEAR(delayed.baseline().replayedMs, usual.baseline().replayedMs, 0.01);
}

TEST(DelayedSteps, StayWhereTheyDoMore) {
  const WhatIf usual = withOneLongStep(0, 0), more = withOneLongStep(0, 300);
  EXPECT_EQ(more.timeline().steps.size(), usual.timeline().steps.size());
  EXPECT_GT(more.baseline().recordedMs, 1.05 * usual.baseline().recordedMs);
}

// A host that runs 1000 launches ahead; the device is the bound.
TEST(HeldLaunches, AreNoHostTime) {
  ScriptedLoop loop;
  loop.addDevice();
  int launched = 0;
  for (int i = 0; i < 60; ++i) {
    loop.beginStep();
    for (int k = 0; k < 40; ++k, ++launched)
      loop.kernel("long", 100'000, {.host = launched < 1000 ? 2'000 : 99'000});
    loop.endStep();
  }
  const TraceView trace = loop.build();
  const WhatIf whatIf = whatIfOf(trace);
  ASSERT_THAT(whatIf.whyNone(), IsEmpty());
  EXPECT_NEAR(whatIf.baseline().recordedMs, 4.0, 0.2);
  EXPECT_LT(whatIf.baseline().hostOnlyMs, 0.4);
  EXPECT_FALSE(whatIf.baseline().hostBound);
  EXPECT_NEAR(whatIf.predict(scaleKernels(whatIf, 0.5, "long")).gain, 0.5, 0.05);
}

TEST(KeepGraphs, TakesCaptureInstantiationUploadAndDestructionAway) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    loop.call("cudaStreamBeginCapture");
    for (int k = 0; k < 20; ++k) loop.call("cudaLaunchKernel");
    loop.call("cudaStreamEndCapture");
    loop.call("cudaGraphInstantiateWithFlags", "make", 300'000);
    const std::uint32_t launch = loop.call("cudaGraphLaunch", "replay", 150'000);
    for (int k = 0; k < 20; ++k) loop.addKernel("tiny", 1'000, {}, launch, 1);
    loop.call("cudaGraphExecDestroy", "make", 30'000);
    loop.endStep();
  }
  const TraceView trace = loop.build();
  const WhatIf whatIf = whatIfOf(trace);
  ASSERT_THAT(whatIf.whyNone(), IsEmpty());
  std::vector<std::uint32_t> builds;
  for (std::uint32_t api = 0; api < trace->apis.start.size(); ++api)
    if (trace.text(trace->apis.name[api]) == "cudaGraphInstantiateWithFlags") builds.push_back(api);
  const Prediction kept = whatIf.predict(keepGraphs(whatIf, builds));
  EXPECT_THAT(kept.abstained, IsEmpty());
  EXPECT_LT(kept.ms, 0.07); // a launch of 20 nodes and little else
  EXPECT_THAT(keepGraphs(whatIf, {}).whyNone, HasSubstr("build no graph"));
}

// The form without Async returns when the copy is done: no other call waits.
TEST(RemoveSyncs, TakesBlockingReadBacksWhereNothingElseWaits) {
  const auto steps = [](std::uint8_t kind) {
    ScriptedLoop loop;
    loop.addDevice();
    for (int i = 0; i < 20; ++i) {
      loop.beginStep();
      for (int k = 0; k < 20; ++k) loop.kernel("work", 8'000);
      loop.copy(4, "read",
                {.kind = kind,
                 .source = static_cast<std::uint8_t>(kind == 2 ? 3 : 1),
                 .destination = static_cast<std::uint8_t>(kind == 2 ? 1 : 3),
                 .call = "cudaMemcpy",
                 .blocks = true});
      loop.endStep();
    }
    return loop.build();
  };
  const TraceView down = steps(2), up = steps(1);
  const WhatIf read = whatIfOf(down), fed = whatIfOf(up);
  ASSERT_THAT(read.whyNone(), IsEmpty());
  EXPECT_GT(read.predict(removeSyncs(read)).gain, 0.03);
  EXPECT_THAT(removeSyncs(fed).whyNone, HasSubstr("hold no call that waits"));
}

TEST(Retype, MakesOneKernelOfGroupedProductsThatRunAsALoop) {
  const auto gainOf = [](std::string_view name) {
    ScriptedLoop loop;
    loop.addDevice();
    for (int i = 0; i < 20; ++i) {
      loop.beginStep();
      loop.begin(name);
      loop.copy(64, "", {.kind = 2, .source = 3, .destination = 1, .blocks = true});
      for (int k = 0; k < 8; ++k) {
        loop.begin("aten::mm");
        loop.wait(15'000);
        loop.kernel("sgemm", 10'000);
        loop.end();
      }
      loop.end();
      loop.endStep();
    }
    const TraceView trace = loop.build();
    WhatIfOptions options;
    options.profile.emplace().fp32FlopsPerNs = 50e3;
    options.profile->bf16FlopsPerNs = 750e3;
    const WhatIf whatIf = whatIfOf(trace, 0, options);
    const Prediction retyped = whatIf.predict(retype(whatIf));
    EXPECT_THAT(retyped.abstained, IsEmpty());
    return retyped.gain;
  };
  EXPECT_GT(gainOf("aten::_grouped_mm"), 0.6);
  EXPECT_LT(gainOf("my::loop"), 0.3);
}

TEST(Sites, AreNamedByAsMuchOfACppScopeAsOneLikes) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    for (int k = 0; k < 10; ++k) loop.kernel("work", 20'000);
    loop.synchronize("ns::(anonymous namespace)::readLoss(at::Tensor const&)");
    loop.endStep();
  }
  const TraceView trace = loop.build();
  const WhatIf whatIf = whatIfOf(trace);
  ASSERT_THAT(whatIf.whyNone(), IsEmpty());
  for (const char *name : {"readLoss", "ns::readLoss"})
    EXPECT_THAT(removeSyncs(whatIf, {.site = name}).whyNone, IsEmpty()) << name;
  for (const char *name : {"adLoss", "other::readLoss", "Tensor"})
    EXPECT_THAT(removeSyncs(whatIf, {.site = name}).whyNone, HasSubstr("Nothing")) << name;
}

} // namespace
} // namespace hotloop

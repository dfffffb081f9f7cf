#include "analyzers/counters/device_facts.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::ScriptedLoop;

TEST(CallKind, IsTheSameForRuntimeAndDriver) {
  const std::pair<const char *, CallKind> expected[] = {
      {"cudaLaunchKernel", CallKind::kLaunch},
      {"__cudaLaunchKernel", CallKind::kLaunch},
      {"cudaLaunchKernelExC", CallKind::kLaunch},
      {"cuLaunchKernelEx", CallKind::kLaunch},
      {"cudaLaunchHostFunc", CallKind::kOther},
      {"cudaMemcpyAsync", CallKind::kCopy},
      {"cuMemcpyDtoH_v2", CallKind::kCopy},
      {"cudaMemsetAsync", CallKind::kFill},
      {"cudaGraphLaunch", CallKind::kGraphLaunch},
      {"cudaGraphInstantiateWithFlags", CallKind::kGraphBuild},
      {"cudaDeviceSynchronize", CallKind::kDeviceSync},
      {"cuCtxSynchronize", CallKind::kDeviceSync},
      {"cudaStreamSynchronize", CallKind::kStreamSync},
      {"cudaEventSynchronize", CallKind::kEventSync},
      {"cudaEventRecordWithFlags", CallKind::kEventRecord},
      {"cudaStreamWaitEvent", CallKind::kStreamWait},
      {"cudaEventQuery", CallKind::kQuery},
      {"cudaMalloc", CallKind::kMalloc},
      {"cudaMallocHost", CallKind::kHostMalloc},
      {"cudaMallocAsync", CallKind::kPoolMalloc},
      {"cudaFree", CallKind::kFree},
      {"cudaFreeHost", CallKind::kHostFree},
      {"cudaFreeAsync", CallKind::kPoolFree},
      {"cuMemAlloc_v2", CallKind::kMalloc},
      {"cuMemHostAlloc", CallKind::kHostMalloc},
      {"cuModuleLoadData", CallKind::kModuleLoad},
      {"cudaStreamCreateWithPriority", CallKind::kCreate},
      {"cublasCreate_v2", CallKind::kCreate},
      {"cudnnCreateTensorDescriptor", CallKind::kOther},
      {"cudaGetDevice", CallKind::kOther},
      {"malloc", CallKind::kOther},
  };
  for (const auto &[name, kind] : expected) EXPECT_EQ(callKind(name), kind) << name;
}

DeviceFacts factsOf(const TraceView &trace) {
  const Steps steps = findSteps(trace, 0);
  const SiteTable sites(trace);
  RangePaths paths;
  const OpFacts ops = computeOpFacts(trace, steps, sites, paths);
  return computeDeviceFacts(trace, steps, sites, ops, paths);
}

TEST(DeviceFacts, JoinWorkWithTheCallAndTellWaitsFromTheirCost) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 6; ++i) {
    loop.beginStep();
    loop.begin("aten::mm", "train");
    loop.kernel("gemm", 50'000);
    loop.end();
    loop.synchronize("train");
    loop.synchronize("train"); // nothing left to wait for
    loop.wait(30'000);
    loop.endStep();
  }
  const TraceView trace = loop.build();
  const DeviceFacts facts = factsOf(trace);
  ASSERT_EQ(facts.calls(), 18u);
  ASSERT_EQ(facts.work.size(), 6u);
  for (std::uint32_t i = 0; i < 6; ++i) {
    const std::uint32_t launch = 3 * i, wait = launch + 1, idle = launch + 2;
    EXPECT_EQ(facts.work[i].call, launch);
    EXPECT_EQ(facts.work[i].step, i);
    EXPECT_EQ(facts.workOf(launch)->row, i);
    EXPECT_FALSE(facts.workOf(wait).has_value());
    EXPECT_EQ(facts.next[launch], wait);
    EXPECT_EQ(facts.previous[idle], wait);
    EXPECT_NE(facts.op[launch], kNoIndex);
    EXPECT_NE(facts.site[launch], 0u); // of its operator
    EXPECT_EQ(facts.waited[launch], 0);
    EXPECT_GT(facts.waited[wait], 45'000);
    EXPECT_EQ(facts.waited[idle], 0);
    if (i < 5) {
      const std::int64_t gap = (facts.work[i + 1].start - facts.work[i].end).count;
      EXPECT_EQ(facts.idle[wait], gap);
      EXPECT_EQ(facts.idleFrom(facts.work[i].end), gap);
    }
  }
  EXPECT_EQ(facts.idleFrom(facts.work[5].end), 0); // never busy again
  EXPECT_EQ(facts.busyWithin(facts.work[0].start, facts.work[1].end), 100'000);
  EXPECT_EQ(facts.busyWithin(facts.work[0].start + Nanoseconds(10'000), facts.work[0].end), 40'000);
}

TEST(DeviceFacts, ADriverCallInsideOfARuntimeCallIsNoCallOfItsOwn) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 6; ++i) {
    loop.beginStep();
    loop.kernel("gemm");
    loop.endStep();
  }
  TraceBuilder &builder = loop.builder();
  for (std::uint32_t id = 1; id <= 6; ++id)
    builder.add(ApiEvent{.start = Nanoseconds(2'000'000),
                         .duration = Nanoseconds(10),
                         .lane = ThreadId(1),
                         .name = builder.intern("cuLaunchKernel"),
                         .domain = 2,
                         .correlation = id});
  const DeviceFacts facts = factsOf(loop.build());
  EXPECT_EQ(std::ranges::count(facts.kind, CallKind::kLaunch), 6);
  EXPECT_EQ(facts.calls(), 12u);
}

} // namespace
} // namespace hotloop

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "collectors/cupti/activity_decoder.h"
#include "core/trace/meta_keys.h"
#include "tests/unit/cupti/cuda_run.h"

// The real libhotloop.so, driven through libfakecupti.so.13, recorded and read back.
namespace hotloop {
namespace {

using namespace testing;

TEST(CudaRecording, EveryCallAndPieceOfWorkIsThere) {
  const Recorded recorded = recordCuda("work", 4);
  const TraceView &run = recorded.run;
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
  EXPECT_EQ(recorded.outcome.dropped, 0u);
  EXPECT_EQ(run.meta(meta_key::kCuptiAttachment), "attached");
  EXPECT_EQ(run.meta(meta_key::kCuptiVersion), "130001");
  EXPECT_EQ(kernelsNamed(run, "first"), 200u);
  EXPECT_EQ(kernelsNamed(run, "second"), 200u);
  EXPECT_EQ(apisNamed(run, "__cudaLaunchKernel"), 400u);
  EXPECT_EQ(apisNamed(run, "cudaMemcpyAsync"), 200u);
  EXPECT_EQ(apisNamed(run, "cudaStreamSynchronize"), 200u);
  EXPECT_EQ(run->memcpys.start.size(), 200u);
  EXPECT_EQ(run->syncs.start.size(), 200u);
  EXPECT_EQ(run->streams.id.size(), 4u);
  EXPECT_EQ(apisNamed(run, "cuLaunchKernel"), 0u) << "a call inside of a call is not the program's";
}

TEST(CudaRecording, WorkBelongsToItsCallAndItsThread) {
  const Recorded recorded = recordCuda("work", 4);
  const TraceView &run = recorded.run;
  std::map<std::uint32_t, std::size_t> byCorrelation;
  for (std::size_t i = 0; i < run->apis.correlation.size(); ++i) {
    EXPECT_TRUE(byCorrelation.emplace(run->apis.correlation[i], i).second);
    EXPECT_TRUE(run->apis.lane[i]);
    EXPECT_GE(run->apis.duration[i].count, 0);
  }
  // One thread, one stream, in this program.
  std::map<std::uint32_t, std::uint32_t> laneOfStream;
  for (std::size_t i = 0; i < run->kernels.correlation.size(); ++i) {
    const auto call = byCorrelation.find(run->kernels.correlation[i]);
    ASSERT_NE(call, byCorrelation.end());
    const std::uint32_t lane = run->apis.lane[call->second].value;
    EXPECT_EQ(laneOfStream.emplace(run->kernels.lane[i].value, lane).first->second, lane);
  }
  for (std::size_t i = 0; i < run->syncs.correlation.size(); ++i) {
    const auto call = byCorrelation.find(run->syncs.correlation[i]);
    ASSERT_NE(call, byCorrelation.end());
    EXPECT_EQ(run->syncs.lane[i], run->apis.lane[call->second]);
  }
  std::set<std::uint32_t> lanes;
  for (const ThreadId lane : run->apis.lane) lanes.insert(lane.value);
  EXPECT_EQ(lanes.size(), 4u);
  EXPECT_EQ(run->threads.id.size(), 4u) << "our own thread is no lane";
}

TEST(CudaRecording, AllocationsHaveThreadCallAndRunningTotal) {
  const Recorded recorded = recordCuda("work", 2);
  const TraceView &run = recorded.run;
  ASSERT_EQ(run->allocations.start.size(), 4u) << "static variables are dropped";
  std::int64_t highest = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(run->allocations.allocator[i], Allocator::kCudaDevice);
    EXPECT_EQ(run->allocations.bytes[i], 4096);
    EXPECT_TRUE(run->allocations.lane[i]);
    EXPECT_THAT(std::string(run.text(run->allocations.name[i])),
                ::testing::AnyOf("cudaMalloc", "cudaFree"));
    highest = std::max(highest, run->allocations.totalAllocated[i]);
  }
  EXPECT_GE(highest, 4096);
  EXPECT_LE(highest, 8192);
}

TEST(CudaRecording, StacksAreTakenWhereTheHostWaits) {
  const Recorded recorded = recordCuda("work", 1);
  const TraceView &run = recorded.run;
  for (std::size_t i = 0; i < run->apis.start.size(); ++i) {
    const auto name = run.text(run->apis.name[i]);
    const bool waits = name == "cudaStreamSynchronize" || name == "cudaMemcpyAsync" ||
                       name == "cudaMalloc" || name == "cudaFree";
    EXPECT_EQ(bool(run->apis.stack[i]), waits) << name;
  }
}

// Something else under the unwinder's name stands for none at all.
TEST(CudaRecording, WithoutAnUnwinderTheRunSaysSo) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink(fakeCupti(), folder / "libunwind.so.8");
  const char *before = ::getenv("LD_LIBRARY_PATH");
  const std::string path = before ? before : "";
  ::setenv("LD_LIBRARY_PATH", (folder / "").c_str(), 1);
  const Recorded recorded = recordCuda("work", 1);
  before ? ::setenv("LD_LIBRARY_PATH", path.c_str(), 1) : ::unsetenv("LD_LIBRARY_PATH");
  EXPECT_EQ(qualityCount(recorded.run, "no_unwinder"), 1);
  for (const auto stack : recorded.run->apis.stack) EXPECT_FALSE(stack);
}

TEST(CudaRecording, LaunchesGetStacksOnRequest) {
  RecordOptions options;
  options.stacks = StackPolicy::kLaunches;
  const Recorded recorded = recordCuda("work", 1, {}, options);
  const TraceView &run = recorded.run;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < run->apis.start.size(); ++i)
    if (run.text(run->apis.name[i]) == "__cudaLaunchKernel") taken += run->apis.stack[i] ? 1 : 0;
  EXPECT_GT(taken, 0u);
}

TEST(CudaRecording, BuffersMayComeInAnyOrder) {
  // 16 records each: as many buffers as there are, so that none is dropped however slow the
  // machine.
  const Recorded recorded = recordCuda("reverse", 40, "small");
  EXPECT_EQ(kernelsNamed(recorded.run, "first"), 80u);
  EXPECT_EQ(kernelsNamed(recorded.run, "second"), 80u);
  EXPECT_EQ(recorded.outcome.dropped, 0u);
}

TEST(CudaRecording, GraphNodesAreTiedToTheirCapture) {
  const Recorded recorded = recordCuda("graphs");
  const TraceView &run = recorded.run;
  EXPECT_EQ(kernelsNamed(run, "in graph"), 12u);
  EXPECT_EQ(kernelsNamed(run, "[CUDA graph]"), 0u);
  EXPECT_EQ(apisNamed(run, "cudaGraphLaunch"), 4u);
  ASSERT_EQ(run->graphNodes.id.size(), 6u);
  std::map<std::uint64_t, std::size_t> rows;
  for (std::size_t i = 0; i < 6; ++i) rows[run->graphNodes.id[i]] = i;
  for (std::size_t i = 0; i < run->kernels.start.size(); ++i) {
    ASSERT_TRUE(rows.contains(run->kernels.graphNode[i]));
    const std::size_t clone = rows[run->kernels.graphNode[i]];
    EXPECT_EQ(run->graphNodes.graph[clone], 6u);
    ASSERT_TRUE(rows.contains(run->graphNodes.original[clone]));
    const std::size_t original = rows[run->graphNodes.original[clone]];
    EXPECT_EQ(run->graphNodes.graph[original], 5u);
    EXPECT_TRUE(run->graphNodes.stack[original]);
  }
}

TEST(CudaRecording, GraphsAsAWholeOnRequest) {
  RecordOptions options;
  options.detail = CudaDetailLevel::kGraph;
  const Recorded recorded = recordCuda("graphs", 4, {}, options);
  EXPECT_EQ(kernelsNamed(recorded.run, "[CUDA graph]"), 4u);
}

TEST(CudaRecording, DeviceOverheadEventsAndVirtualMemory) {
  const Recorded recorded = recordCuda("others");
  const TraceView &run = recorded.run;
  ASSERT_EQ(run->devices.id.size(), 1u);
  EXPECT_EQ(run.text(run->devices.name[0]), "Fake GPU");
  EXPECT_EQ(run->devices.multiprocessors[0], 132u);
  EXPECT_EQ(run->devices.clock[0], 1'980'000'000u);
  ASSERT_EQ(run->overheads.start.size(), 1u);
  EXPECT_EQ(run.text(run->overheads.name[0]), "lazy function loading");
  EXPECT_EQ(run->overheads.duration[0].count, 7000);
  EXPECT_TRUE(run->overheads.lane[0]);
  ASSERT_EQ(run->eventRecords.start.size(), 1u);
  EXPECT_EQ(run->eventRecords.eventSync[0], 11u);
  std::map<Allocator, std::int64_t> bytes;
  for (std::size_t i = 0; i < run->allocations.start.size(); ++i)
    bytes[run->allocations.allocator[i]] += run->allocations.bytes[i];
  EXPECT_EQ(bytes[Allocator::kCudaVirtual], 1 << 20);
  for (std::size_t i = 0; i < run->apis.start.size(); ++i)
    EXPECT_EQ(run->apis.status[i], run.text(run->apis.name[i]) == "cudaMalloc" ? 2 : 0);
}

TEST(CudaRecording, WhatCuptiDropsAndRejectsIsCounted) {
  EXPECT_EQ(qualityCount(recordCuda("work", 1, "dropped=17").run, "cupti_dropped_records"), 17);
  const Recorded recorded = recordCuda("no-times");
  EXPECT_EQ(qualityCount(recorded.run, "device_work_without_times"), 1);
  EXPECT_EQ(kernelsNamed(recorded.run, "timed"), 1u);
  EXPECT_EQ(kernelsNamed(recorded.run, "never ended"), 0u);
}

TEST(CudaRecording, WhatABurstLosesIsCounted) {
  // The fake is a hundred times as fast as a GPU, and these are more than rings and buffers hold.
  const std::size_t launches = 100'000;
  const Recorded recorded = recordCuda("burst", static_cast<int>(launches));
  const std::size_t missing = launches - kernelsNamed(recorded.run, "burst") + launches -
                              apisNamed(recorded.run, "__cudaLaunchKernel");
  // A machine that is very busy may not even get to count in time; then that is told.
  if (qualityCount(recorded.run, "cuda_flush_timeout") == 0) {
    EXPECT_LE(missing, recorded.outcome.dropped);
    EXPECT_EQ(missing > 0, recorded.outcome.dropped > 0);
  }
}

TEST(CudaRecording, CudaCanBeLeftAlone) {
  RecordOptions options;
  options.cuda = false;
  const Recorded recorded = recordCuda("work", 1, {}, options);
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
  EXPECT_TRUE(recorded.run->apis.start.empty());
  EXPECT_EQ(stepNumbers(recorded.run).size(), 50u);
}

TEST(CudaRecording, RawBuffersCanBeKept) {
  const TemporaryFolder folder;
  RecordOptions options;
  options.rawFolder = folder / "";
  recordCuda("work", 2, {}, options);
  std::size_t bytes = 0;
  for (const auto &entry : std::filesystem::directory_iterator(folder / ""))
    if (entry.path().extension() == ".cupti") bytes += entry.file_size();
  EXPECT_GT(bytes, 200 * sizeof(CUpti_ActivityKernel10));
}

struct Refusal {
  const char *name;
  const char *words;
  const char *says;
};
class CudaRefusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(CudaRefusals, TheRestIsRecordedAndTheReasonTold) {
  const Recorded recorded = recordCuda("work", 1, GetParam().words);
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
  EXPECT_EQ(stepNumbers(recorded.run).size(), 50u);
  EXPECT_TRUE(recorded.run->kernels.start.empty());
  EXPECT_EQ(qualityCount(recorded.run, "cuda_not_recorded"), 1);
  EXPECT_THAT(std::string(recorded.run.meta(meta_key::kCuptiAttachment)),
              ::testing::HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(
    All, CudaRefusals,
    ::testing::Values(Refusal{"SlotTaken", "subscribe=39", "another tool uses CUPTI"},
                      Refusal{"SlotTakenByName", "subscribe=39", "nsys"},
                      Refusal{"NoDevice", "subscribe=999", "is there a GPU"},
                      Refusal{"NotAllowed", "subscribe=35", "may not profile"},
                      Refusal{"OldDriver", "subscribe=14", "driver is too old"},
                      Refusal{"OldCupti", "version=120900", "not supported"},
                      Refusal{"NewCupti", "version=140000", "not supported"},
                      Refusal{"NoBuffers", "register=1", "refused our buffers"}),
    [](const auto &test) { return std::string(test.param.name); });

} // namespace
} // namespace hotloop

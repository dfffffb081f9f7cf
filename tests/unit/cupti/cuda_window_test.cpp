#include <gmock/gmock.h>

#include <algorithm>

#include "core/trace/meta_keys.h"
#include "tests/unit/cupti/cuda_run.h"

// Windows: outside of them only the marks of steps are recorded.
namespace hotloop {
namespace {

using namespace testing;

// How many kernels began in the step of each number.
std::vector<std::size_t> kernelsPerStep(const TraceView &run) {
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < run->steps.start.size(); ++i) {
    const Nanoseconds start = run->steps.start[i], end = start + run->steps.duration[i];
    counts.push_back(static_cast<std::size_t>(std::ranges::count_if(
        run->kernels.start, [&](Nanoseconds at) { return at >= start && at < end; })));
  }
  return counts;
}

TEST(CudaWindow, StepsFromTo) {
  RecordOptions options;
  options.window.steps = {5, 8};
  const Recorded recorded = recordCuda("window", 20, {}, options);
  const TraceView &run = recorded.run;
  EXPECT_EQ(run->steps.start.size(), 20u) << "marks are always there";
  const auto counts = kernelsPerStep(run);
  for (std::size_t i = 0; i < counts.size(); ++i)
    EXPECT_EQ(counts[i], i >= 5 && i < 8 ? 2u : 0u) << "step " << i;
  EXPECT_EQ(run->apis.start.size(), 3u * 4);
  EXPECT_EQ(qualityCount(run, "window_not_opened"), 0);
  const std::int64_t t0 = std::atoll(std::string(run.meta(meta_key::kStepTimeUnprofiled)).c_str());
  EXPECT_GT(t0, 0) << "from the steps after it";
}

TEST(CudaWindow, FromAStepToTheEnd) {
  RecordOptions options;
  options.window.steps = {15, -1};
  const Recorded recorded = recordCuda("window", 20, {}, options);
  EXPECT_EQ(recorded.run->kernels.start.size(), 10u);
  EXPECT_NE(recorded.run.meta(meta_key::kStepTimeUnprofiled), "") << "from the steps before it";
}

TEST(CudaWindow, OneThatNeverComesIsTold) {
  RecordOptions options;
  options.window.steps = {100, 200};
  const Recorded recorded = recordCuda("window", 10, {}, options);
  EXPECT_TRUE(recorded.run->kernels.start.empty());
  EXPECT_TRUE(recorded.run->apis.start.empty());
  EXPECT_EQ(recorded.run->steps.start.size(), 10u);
  EXPECT_EQ(qualityCount(recorded.run, "window_not_opened"), 1);
}

TEST(CudaWindow, ByTime) {
  RecordOptions options;
  options.window.delayMs = 300;
  options.window.durationMs = 200;
  const Recorded recorded = recordCuda("timed", 1000, {}, options);
  const TraceView &run = recorded.run;
  const auto time = [&](std::string_view key) {
    return Nanoseconds(std::atoll(std::string(run.meta(key)).c_str()));
  };
  const Nanoseconds open = time(meta_key::kWindowStart), closed = time(meta_key::kWindowEnd);
  EXPECT_GT(open.count, 0);
  EXPECT_GT(closed, open);
  for (const Nanoseconds start : run->apis.start) {
    EXPECT_GE(start, open);
    EXPECT_LE(start, closed);
  }
  const auto counts = kernelsPerStep(run);
  EXPECT_EQ(counts.front(), 0u);
  EXPECT_EQ(counts.back(), 0u);
}

TEST(CudaWindow, TheStepTimeThatWasMeasuredIsKept) {
  RecordOptions options;
  options.window.steps = {5, 8};
  options.stepTime = Nanoseconds(1234567);
  const Recorded recorded = recordCuda("window", 20, {}, options);
  EXPECT_EQ(recorded.run.meta(meta_key::kStepTimeUnprofiled), "1234567");
}

} // namespace
} // namespace hotloop

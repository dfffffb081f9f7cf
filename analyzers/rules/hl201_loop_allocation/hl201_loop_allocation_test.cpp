#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kSteps = 20;
constexpr std::int64_t kLarge = 2 << 20;

Analysis analyzeLoop(ScriptedLoop &loop) { return analyzeOnly("HL201", loop); }

// torch.zeros as it is recorded: empty and zero_ inside; the work of a step before it.
void zeros(ScriptedLoop &loop, std::int64_t bytes) {
  loop.op("aten::mm", "forward", 300'000);
  loop.begin("aten::zeros", "make_buffer");
  loop.begin("aten::empty", "make_buffer");
  const std::uint64_t block = loop.allocate(bytes);
  loop.end();
  loop.op("aten::zero_", "make_buffer", 20'000);
  loop.end();
  loop.op("aten::add_", "forward", 20'000);
  loop.free(block);
}

TEST(LoopAllocation, NamesAFreshTensorPerStep) {
  ScriptedLoop loop;
  for (int i = 0; i < kSteps; ++i) {
    loop.beginStep();
    zeros(loop, kLarge);
    loop.endStep();
  }
  const Analysis analysis = analyzeLoop(loop);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Finding &finding = analysis.findings[0];
  EXPECT_EQ(finding.rule, "HL201");
  EXPECT_EQ(finding.site.function, "make_buffer");
  EXPECT_EQ(finding.perStep, 1);
  EXPECT_EQ(finding.bytesPerStep, kLarge);
  EXPECT_THAT(finding.title, testing::HasSubstr("aten::zeros makes a new tensor of 2.0 MiB"));
  EXPECT_GT(finding.hostTime.count, 20'000); // the fill is inside
  EXPECT_FALSE(finding.gain.estimate.has_value());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
}

TEST(LoopAllocation, ListsSmallOnesAsNotWorthIt) {
  ScriptedLoop loop;
  for (int i = 0; i < kSteps; ++i) {
    loop.beginStep();
    zeros(loop, 64);
    loop.endStep();
  }
  const Analysis analysis = analyzeLoop(loop);
  EXPECT_THAT(analysis.findings, IsEmpty());
  ASSERT_THAT(analysis.notWorth, SizeIs(1));
  EXPECT_THAT(analysis.notWorth[0].mayNotPay, testing::HasSubstr("below the threshold"));
}

TEST(LoopAllocation, CountsManySmallOnes) {
  ScriptedLoop loop;
  for (int i = 0; i < kSteps; ++i) {
    loop.beginStep();
    for (int k = 0; k < 32; ++k) zeros(loop, 64);
    loop.endStep();
  }
  const Analysis analysis = analyzeLoop(loop);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 32);
}

TEST(LoopAllocation, LeavesWarmUpAndRareOnesAlone) {
  ScriptedLoop loop;
  for (int i = 0; i < kSteps; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 300'000);
    if (i == 0 || i % 8 == 7) zeros(loop, kLarge);
    loop.endStep();
  }
  EXPECT_THAT(analyzeLoop(loop).findings, IsEmpty());
}

TEST(LoopAllocation, LeavesResultsOfOperatorsAlone) {
  ScriptedLoop loop;
  for (int i = 0; i < kSteps; ++i) {
    loop.beginStep();
    loop.begin("aten::mm", "forward");
    const std::uint64_t block = loop.allocate(kLarge);
    loop.end(300'000);
    // A clone that an operator makes for itself is not asked for either.
    loop.begin("aten::contiguous", "forward");
    loop.begin("aten::clone", "forward");
    const std::uint64_t copy = loop.allocate(kLarge);
    loop.end(50'000);
    loop.end();
    loop.free(block);
    loop.free(copy);
    loop.endStep();
  }
  const Analysis analysis = analyzeLoop(loop);
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
}

TEST(LoopAllocation, LeavesTensorsOfAutogradAlone) {
  ScriptedLoop loop;
  for (int i = 0; i < kSteps; ++i) {
    loop.beginStep();
    // Part of the graph: it has a backward function with its sequence number.
    loop.begin("aten::cat", "forward", OpScope::kFunction, 100 + i);
    const std::uint64_t forward = loop.allocate(kLarge);
    loop.end(100'000);
    loop.begin("CatBackward0", "", OpScope::kBackwardFunction, 100 + i);
    loop.begin("aten::zeros");
    const std::uint64_t backward = loop.allocate(kLarge);
    loop.end(100'000);
    loop.end();
    loop.free(forward);
    loop.free(backward);
    loop.endStep();
  }
  EXPECT_THAT(analyzeLoop(loop).findings, IsEmpty());
}

TEST(LoopAllocation, LeavesWhatIsKeptAndWhatVariesToOtherRules) {
  ScriptedLoop kept;
  ScriptedLoop varying;
  for (int i = 0; i < kSteps; ++i) {
    kept.beginStep();
    kept.begin("aten::zeros", "keep");
    kept.allocate(kLarge);
    kept.end(100'000);
    kept.endStep();
    varying.beginStep();
    zeros(varying, kLarge + 4096 * i);
    varying.endStep();
  }
  EXPECT_THAT(analyzeLoop(kept).findings, IsEmpty());
  EXPECT_THAT(analyzeLoop(varying).findings, IsEmpty());
}

TEST(LoopAllocation, NamesMemoryTakenFromTheDriver) {
  ScriptedLoop loop;
  for (int i = 0; i < kSteps; ++i) {
    loop.beginStep();
    loop.begin("custom::step", "launch");
    const std::uint64_t block = loop.allocate(1024, Allocator::kCudaDevice);
    loop.end(100'000);
    loop.free(block, Allocator::kCudaDevice);
    loop.endStep();
  }
  const Analysis analysis = analyzeLoop(loop);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "raw");
  EXPECT_EQ(analysis.findings[0].site.function, "launch");
}

TEST(LoopAllocation, SaysWhenThereIsNothingToLookAt) {
  ScriptedLoop loop;
  for (int i = 0; i < kSteps; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward");
    loop.endStep();
  }
  const Analysis analysis = analyzeLoop(loop);
  const auto said = [](const NotChecked &n) { return n.rule == "HL201" && !n.reason.empty(); };
  EXPECT_THAT(analysis.notChecked, testing::Contains(testing::Truly(said)));
}

} // namespace
} // namespace hotloop

#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

// A loop whose buffer in step i has size(i) bytes, made by `op`.
template <class Size>
Analysis analyzeSizes(int steps, Size size, std::string_view op = "aten::zeros") {
  ScriptedLoop loop;
  for (int i = 0; i < steps; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 300'000);
    loop.begin(op, "buffer_of");
    const std::uint64_t block = loop.allocate(size(i));
    loop.end(30'000);
    loop.free(block);
    loop.endStep();
  }
  return analyzeOnly("HL203", loop);
}

std::int64_t scattered(int i) { return 131072 + 4096 * ((i * 37) % 29); }

TEST(VaryingShape, NamesThePlaceOfManySizes) {
  const Analysis analysis = analyzeSizes(24, scattered);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Finding &finding = analysis.findings[0];
  EXPECT_EQ(finding.site.function, "buffer_of");
  EXPECT_EQ(finding.perStep, 1);
  EXPECT_THAT(finding.title, testing::HasSubstr("different sizes"));
  EXPECT_FALSE(finding.gain.estimate.has_value());
}

TEST(VaryingShape, LeavesBucketsAlone) {
  const auto bucketed = [](int i) { return std::int64_t(131072) * (1 + (i * 5) % 7); };
  EXPECT_THAT(analyzeSizes(40, bucketed).findings, IsEmpty());
}

TEST(VaryingShape, LeavesManySizesThatComeBackAlone) {
  ScriptedLoop loop;
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    for (int layer = 0; layer < 16; ++layer) {
      loop.begin("aten::zeros", "buffer_of");
      const std::uint64_t block = loop.allocate(65536 * (1 + layer));
      loop.end(30'000);
      loop.free(block);
    }
    loop.endStep();
  }
  const Analysis analysis = analyzeOnly("HL203", loop);
  EXPECT_THAT(analysis.findings, IsEmpty());
}

TEST(VaryingShape, ListsSmallBuffersAsNotWorthIt) {
  const Analysis analysis = analyzeSizes(24, [](int i) { return std::int64_t(512 + 64 * i); });
  EXPECT_THAT(analysis.findings, IsEmpty());
  ASSERT_THAT(analysis.notWorth, SizeIs(1));
  EXPECT_THAT(analysis.notWorth[0].mayNotPay, testing::HasSubstr("threshold of 64 KiB"));
}

TEST(VaryingShape, ListsResultsThatFollowTheirInputsAsNotWorthIt) {
  const Analysis analysis = analyzeSizes(24, scattered, "aten::mm");
  EXPECT_THAT(analysis.findings, IsEmpty());
  ASSERT_THAT(analysis.notWorth, SizeIs(1));
  EXPECT_THAT(analysis.notWorth[0].title, testing::HasSubstr("at 1 place"));
}

TEST(VaryingShape, SaysThatFewStepsSayNothing) {
  const Analysis analysis = analyzeSizes(8, scattered);
  EXPECT_THAT(analysis.findings, IsEmpty());
  const auto said = [](const NotChecked &n) { return n.rule == "HL203" && !n.reason.empty(); };
  EXPECT_THAT(analysis.notChecked, testing::Contains(testing::Truly(said)));
}

} // namespace
} // namespace hotloop

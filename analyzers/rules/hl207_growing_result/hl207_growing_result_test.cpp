#include <gmock/gmock.h>

#include <random>

#include "analyzers/rules/hl207_growing_result/trend.h"
#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

TEST(KendallTrend, IsOneForEveryRisingSeries) {
  EXPECT_EQ(kendallTrend(std::vector<double>{1, 2, 3, 1e9, 2e9}), 1);
  EXPECT_EQ(kendallTrend(std::vector<double>{3, 2, 1}), -1);
  EXPECT_EQ(kendallTrend(std::vector<double>{5, 5, 5}), 0);
  EXPECT_EQ(kendallTrend(std::vector<double>{}), 0);
  std::vector<double> many(10'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  EXPECT_EQ(kendallTrend(many), 1);
}

TEST(KendallTrend, TakesOneOutlierAndPlateausInItsStride) {
  std::vector<double> values(40);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i / 2);
  EXPECT_TRUE(rises(values));
  values[20] = 0;
  EXPECT_TRUE(rises(values));
}

TEST(KendallTrend, DoesNotSeeOneInNoiseOrASawtooth) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  int seen = 0;
  for (int series = 0; series < 2000; ++series) {
    std::vector<double> values(10 + series % 40);
    for (double &value : values) value = normal(random);
    seen += rises(values) ? 1 : 0;
  }
  EXPECT_LE(seen, 2);
  std::vector<double> sawtooth(40);
  for (std::size_t i = 0; i < sawtooth.size(); ++i) sawtooth[i] = static_cast<double>(i % 8);
  EXPECT_FALSE(rises(sawtooth));
  EXPECT_FALSE(rises(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9})); // too short
}

Analysis analyzeLoop(ScriptedLoop &loop) { return analyzeOnly("HL207", loop); }

TEST(GrowingResult, NamesAConcatenation) {
  ScriptedLoop loop;
  std::uint64_t history = 0;
  for (int i = 0; i < 24; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 300'000);
    loop.begin("aten::cat", "remember");
    const std::uint64_t longer = loop.allocate(8192 * (i + 1));
    loop.end(5'000);
    if (history != 0) loop.free(history);
    history = longer;
    loop.endStep();
  }
  const Analysis analysis = analyzeLoop(loop);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "concatenation");
  EXPECT_EQ(analysis.findings[0].site.function, "remember");
  EXPECT_THAT(analysis.findings[0].title, testing::HasSubstr("larger by 8 KiB"));
}

// Keeps a result of `bytes` per step at each of `places` places, and empties the list every `epoch`
// steps.
Analysis analyzeList(std::int64_t bytes, int places, int epoch) {
  ScriptedLoop loop;
  std::vector<std::uint64_t> list;
  for (int i = 0; i < 40; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 300'000);
    for (int place = 0; place < places; ++place) {
      loop.begin("aten::mul", "place_" + std::to_string(place));
      list.push_back(loop.allocate(bytes));
      loop.end(5'000);
    }
    if (i % epoch == epoch - 1) {
      for (const std::uint64_t block : list) loop.free(block);
      list.clear();
    }
    loop.endStep();
  }
  return analyzeLoop(loop);
}

TEST(GrowingResult, NamesAListThatIsNeverEmptied) {
  const Analysis analysis = analyzeList(32768, 1, 1000);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "list");
  EXPECT_EQ(analysis.findings[0].site.function, "place_0");
  EXPECT_THAT(analysis.findings[0].title, testing::HasSubstr("32 KiB more"));
}

TEST(GrowingResult, SeesAGraphThatIsKeptAsOneThing) {
  const Analysis analysis = analyzeList(32768, 10, 1000);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_THAT(analysis.findings[0].title, testing::HasSubstr("10 places"));
  EXPECT_THAT(analysis.findings[0].fix, testing::HasSubstr("detach"));
}

TEST(GrowingResult, LeavesAListThatIsEmptiedAlone) {
  const Analysis analysis = analyzeList(32768, 1, 8);
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
}

TEST(GrowingResult, ListsAListOfScalarsAsNotWorthIt) {
  const Analysis analysis = analyzeList(64, 1, 1000);
  EXPECT_THAT(analysis.findings, IsEmpty());
  ASSERT_THAT(analysis.notWorth, SizeIs(1));
}

TEST(GrowingResult, LeavesWhatAGrowingInputMakesAlone) {
  // Scores over a cache that grows: larger in every step, and only the last one is held.
  ScriptedLoop loop;
  std::uint64_t last = 0;
  for (int i = 0; i < 24; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 300'000);
    loop.begin("aten::bmm", "scores");
    const std::uint64_t scores = loop.allocate(65536 + 8192 * i);
    loop.end(5'000);
    if (last != 0) loop.free(last);
    last = scores;
    loop.endStep();
  }
  EXPECT_THAT(analyzeLoop(loop).findings, IsEmpty());
}

} // namespace
} // namespace hotloop

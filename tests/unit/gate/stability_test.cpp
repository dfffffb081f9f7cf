#include "analyzers/gate/stability.h"

#include <gtest/gtest.h>

#include "tests/support/random.h"

namespace hotloop {
namespace {

using Values = std::vector<std::int64_t>;

Values repeated(std::int64_t value, std::size_t count) { return Values(count, value); }

Values every(std::size_t period, std::size_t count, std::size_t offset = 0) {
  Values values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = (i + offset) % period == 0 ? 1 : 0;
  return values;
}

Values plus(Values values, std::int64_t more) {
  for (auto &value : values) value += more;
  return values;
}

TEST(Stability, LearnsTheFourClasses) {
  EXPECT_EQ(learnValues({repeated(7, 20)}).stability, Stability::kConstant);
  EXPECT_EQ(learnValues({every(10, 40)}).stability, Stability::kPeriodic);
  EXPECT_EQ(learnValues({every(10, 40)}).cycle.size(), 10u);
  EXPECT_EQ(learnValues({{5, 6, 5, 5, 7, 6, 5, 6, 7, 5}}).stability, Stability::kBounded);
  EXPECT_EQ(learnValues({{5, 600, 51, 99, 7, 60, 512, 6, 7, 5}}).stability, Stability::kNoisy);
  // Steady within a run, different between runs: no constant.
  EXPECT_EQ(learnValues({repeated(7, 20), repeated(8, 20)}).stability, Stability::kBounded);
  // A period is believed when every run shows it, at any phase.
  EXPECT_EQ(learnValues({every(10, 40), every(10, 35, 4)}).stability, Stability::kPeriodic);
  EXPECT_EQ(learnValues({every(10, 40), every(9, 40)}).stability, Stability::kBounded);
}

TEST(Stability, ConstantIsExact) {
  const LearnedValues two = learnValues({repeated(2, 20)});
  EXPECT_EQ(judgeValues(two, repeated(2, 5)).judgement, Judgement::kSame);
  EXPECT_EQ(judgeValues(two, repeated(3, 5)).judgement, Judgement::kMore);
  EXPECT_EQ(judgeValues(two, repeated(1, 5)).judgement, Judgement::kLess);
  EXPECT_DOUBLE_EQ(judgeValues(two, repeated(3, 5)).change, 1);
  Values once = repeated(2, 20);
  once[7] = 3;
  EXPECT_EQ(judgeValues(two, once).judgement, Judgement::kOnce);
  once[9] = 3;
  EXPECT_EQ(judgeValues(two, once).judgement, Judgement::kMore);
  EXPECT_EQ(judgeValues(two, {2, 2, 3}).judgement, Judgement::kMore) << "few steps: no excuse";
}

TEST(Stability, PeriodicIsExactOverAPeriodAtAnyPhase) {
  const LearnedValues tenth = learnValues({every(10, 40)});
  for (std::size_t offset = 0; offset < 10; ++offset) {
    EXPECT_EQ(judgeValues(tenth, every(10, 33, offset)).judgement, Judgement::kSame) << offset;
    EXPECT_EQ(judgeValues(tenth, every(10, 6, offset)).judgement, Judgement::kSame) << offset;
    EXPECT_EQ(judgeValues(tenth, plus(every(10, 33, offset), 1)).judgement, Judgement::kMore);
    EXPECT_EQ(judgeValues(tenth, plus(every(10, 6, offset), 1)).judgement, Judgement::kMore);
    EXPECT_EQ(judgeValues(tenth, every(9, 33, offset)).judgement, Judgement::kMore) << offset;
    EXPECT_EQ(judgeValues(tenth, every(20, 40, offset)).judgement, Judgement::kLess) << offset;
  }
}

Values atRandom(test_support::Random &random, std::size_t count, std::int64_t low,
                std::uint64_t width) {
  Values values(count);
  for (auto &value : values) value = low + static_cast<std::int64_t>(random.below(width));
  return values;
}

// A run's counters: constant, a sync every tenth step at any phase, experts hit at random (each of
// eight with its own chance), a wide data-dependent one.
std::vector<Values> resampled(test_support::Random &random) {
  const std::size_t steps = 20 + random.below(30);
  Values experts(steps), wide(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::uint64_t expert = 0; expert < 8; ++expert)
      experts[i] += random.below(100) < 60 + 5 * expert ? 1 : 0;
    wide[i] = static_cast<std::int64_t>(random.below(5000));
  }
  return {Values(steps, 870), every(10, steps, random.below(10)), experts, wide};
}

TEST(Stability, AThousandResampledRunsRaiseNoAlarm) {
  test_support::Random random(1);
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<std::vector<Values>> runs(4); // by counter
    for (int i = 0; i < 1 + trial % 5; ++i) {
      const auto run = resampled(random);
      for (std::size_t counter = 0; counter < 4; ++counter) runs[counter].push_back(run[counter]);
    }
    const auto now = resampled(random);
    for (std::size_t counter = 0; counter < 4; ++counter) {
      const auto judged = judgeValues(learnValues(runs[counter]), now[counter]);
      EXPECT_TRUE(judged.judgement == Judgement::kSame || judged.judgement == Judgement::kUnknown)
          << trial << " counter " << counter << ": " << judged.evidence;
    }
    // One more in every step of what is exact is found every time.
    for (const std::size_t counter : {0, 1})
      EXPECT_EQ(judgeValues(learnValues(runs[counter]), plus(now[counter], 1)).judgement,
                Judgement::kMore)
          << trial;
  }
}

TEST(Stability, AShiftOfADataDependentCounterIsSeenWithThreeRuns) {
  test_support::Random random(2);
  int seen = 0;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<Values> runs;
    for (int i = 0; i < 3; ++i) runs.push_back(atRandom(random, 20, 30, 7));
    if (judgeValues(learnValues(runs), atRandom(random, 20, 36, 7)).judgement == Judgement::kMore)
      ++seen;
  }
  EXPECT_EQ(seen, 100);
}

TEST(Stability, NoisyCountersNeedThreeRuns) {
  test_support::Random random(3);
  const Values run = atRandom(random, 20, 0, 1000);
  EXPECT_EQ(judgeValues(learnValues({run}), atRandom(random, 20, 5000, 1000)).judgement,
            Judgement::kUnknown);
  EXPECT_EQ(
      judgeValues(learnValues({run, atRandom(random, 20, 0, 1000), atRandom(random, 20, 0, 1000)}),
                  atRandom(random, 20, 5000, 1000))
          .judgement,
      Judgement::kMore);
}

} // namespace
} // namespace hotloop

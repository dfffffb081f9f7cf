#include "analyzers/gate/paired.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "analyzers/gate/grouping.h"
#include "tests/support/random.h"

namespace hotloop {
namespace {

// By all sign patterns: what the dynamic programme must give.
double naiveP(const std::vector<double> &x) {
  const auto w = [](const std::vector<double> &values) {
    double sum = 0;
    for (const double one : values) {
      double rank = 0;
      for (const double other : values)
        rank += std::fabs(other) < std::fabs(one)    ? 1
                : std::fabs(other) == std::fabs(one) ? 0.5
                                                     : 0;
      rank += 0.5;
      sum += one > 0 ? rank : one == 0 ? rank / 2 : 0;
    }
    return sum;
  };
  const double observed = w(x);
  int asLarge = 0;
  const int patterns = 1 << x.size();
  for (int mask = 0; mask < patterns; ++mask) {
    std::vector<double> flipped;
    for (std::size_t i = 0; i < x.size(); ++i)
      flipped.push_back((mask >> i & 1) != 0 ? std::fabs(x[i]) + 1e-300
                                             : -std::fabs(x[i]) - 1e-300);
    asLarge += w(flipped) >= observed - 1e-9 ? 1 : 0;
  }
  return static_cast<double>(asLarge) / patterns;
}

double uniform(test_support::Random &random) {
  return static_cast<double>(random.below(1'000'001)) / 1e6;
}
// Near enough to normal.
double noise(test_support::Random &random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += uniform(random);
  return sum;
}

TEST(Paired, SignedRankIsExact) {
  test_support::Random random(1);
  EXPECT_DOUBLE_EQ(signedRankP({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), 1.0 / 1024);
  EXPECT_DOUBLE_EQ(signedRankP({-1, -2, -3}), 1.0);
  EXPECT_DOUBLE_EQ(signedRankP({}), 1.0);
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<double> x;
    const std::size_t n = 1 + random.below(9);
    const bool ties = trial % 2 == 0;
    for (std::size_t i = 0; i < n; ++i)
      x.push_back(ties ? static_cast<double>(1 + random.below(4)) * (random.below(2) == 0 ? 1 : -1)
                       : noise(random));
    EXPECT_NEAR(signedRankP(x), naiveP(x), 1e-9) << trial;
  }
}

TEST(Paired, HodgesLehmannAndItsInterval) {
  EXPECT_DOUBLE_EQ(hodgesLehmann({1, 2, 3}), 2);
  test_support::Random random(2);
  int covered = 0;
  for (int trial = 0; trial < 400; ++trial) {
    std::vector<double> x;
    for (int i = 0; i < 12; ++i) x.push_back(0.3 + noise(random));
    const Interval interval = hodgesLehmannInterval(x, 0.95);
    EXPECT_LE(interval.low, hodgesLehmann(x));
    EXPECT_GE(interval.high, hodgesLehmann(x));
    covered += interval.low <= 0.3 && interval.high >= 0.3 ? 1 : 0;
  }
  EXPECT_GE(covered, 372) << "95 % of 400, less three standard deviations";
}

TEST(Paired, TheRuleCatchesTheEffectAndNothingElse) {
  test_support::Random random(3);
  const PairedRule rule;
  int alarms = 0, caught = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> same, slower;
    for (int i = 0; i < 30; ++i) {
      same.push_back(0.02 * noise(random));
      slower.push_back(std::log1p(0.05) + 0.02 * noise(random));
    }
    alarms += judgePairs(same, rule).answer == PairedAnswer::kFail ? 1 : 0;
    caught += judgePairs(slower, rule).answer == PairedAnswer::kFail ? 1 : 0;
  }
  EXPECT_LE(alarms, 3);
  EXPECT_GE(caught, 285);
}

TEST(Paired, SaysWhenItCannotDecideAndWhatWould) {
  const PairedRule rule;
  EXPECT_EQ(judgePairs({}, rule).answer, PairedAnswer::kContinue) << "zero pairs";
  EXPECT_EQ(judgePairs({}, rule).morePairs, 10);
  EXPECT_EQ(judgePairs({0.1, 0.1}, rule).answer, PairedAnswer::kContinue);
  test_support::Random random(4);
  std::vector<double> wild;
  for (int i = 0; i < 30; ++i) wild.push_back(0.5 * noise(random));
  const PairedVerdict verdict = judgePairs(wild, rule);
  EXPECT_EQ(verdict.answer, PairedAnswer::kInconclusive);
  EXPECT_GT(verdict.morePairs, 10);
  EXPECT_GT(verdict.smallestEffect, 0.1);
  PairedRule none;
  none.looks.clear();
  EXPECT_EQ(judgePairs(wild, none).answer, PairedAnswer::kInconclusive);
}

TEST(Paired, DecidesAtTheLookThatTheRuleNames) {
  const PairedVerdict early = judgePairs(std::vector<double>(30, 0.2), {});
  EXPECT_EQ(early.answer, PairedAnswer::kFail);
  EXPECT_EQ(early.pairs, 10);
  const PairedVerdict passed = judgePairs(std::vector<double>(10, 0.0001), {});
  EXPECT_EQ(passed.answer, PairedAnswer::kPass);
}

TEST(Paired, BodyAndTail) {
  EXPECT_DOUBLE_EQ(bodyOf({4, 9, 9}), 6);
  EXPECT_DOUBLE_EQ(tailOf({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 11}), 1);
  EXPECT_EQ(bodyOf({}), 0);
}

TEST(Paired, TheFloorIsSeenAtTwice) {
  test_support::Random random(5);
  std::vector<double> pairs;
  for (int i = 0; i < 40; ++i) pairs.push_back(0.03 * noise(random));
  const NoiseFloor floor = noiseFloor(pairs, 1, 300);
  EXPECT_GT(floor.floor, 0.01);
  EXPECT_LT(floor.floor, 0.06);
  EXPECT_LE(floor.falseAlarms, 0.02);
  EXPECT_GE(floor.power, 0.9);
  EXPECT_EQ(noiseFloor({0.1}, 1).floor, 0) << "too few to tell";
}

TEST(Grouping, DoesNotRankWhatCannotBeToldApart) {
  test_support::Random random(6);
  std::vector<std::vector<double>> values(4);
  for (int round = 0; round < 12; ++round) {
    const double drift = 0.3 * noise(random); // hits the whole round
    const double base[] = {1.0, 1.0, 1.2, 1.5};
    for (int c = 0; c < 4; ++c)
      values[static_cast<std::size_t>(c)].push_back(base[c] + drift + 0.01 * noise(random));
  }
  const Grouping grouping = groupConfigurations(values);
  EXPECT_EQ(grouping.group, (std::vector<int>{0, 0, 1, 2}));
  EXPECT_TRUE(grouping.enoughRounds);
  EXPECT_EQ(grouping.order[3], 3u);
  const Grouping few = groupConfigurations({{1, 1}, {9, 9}});
  EXPECT_EQ(few.group, (std::vector<int>{0, 0})) << "two rounds tell nothing";
  EXPECT_FALSE(few.enoughRounds);
  EXPECT_TRUE(groupConfigurations({}).order.empty());
}

TEST(Grouping, ALatinSquareIsBalanced) {
  std::vector<std::vector<int>> places(5, std::vector<int>(5));
  for (std::size_t round = 0; round < 5; ++round) {
    const auto order = latinOrder(5, round, 9);
    for (std::size_t place = 0; place < 5; ++place) ++places[order[place]][place];
  }
  for (const auto &row : places)
    for (const int count : row) EXPECT_EQ(count, 1);
}

TEST(ChangePoints, FindsStepsAndNothingInNoise) {
  test_support::Random random(7);
  std::vector<double> series;
  for (int i = 0; i < 60; ++i)
    series.push_back((i < 20 ? 0 : i < 45 ? 1 : 0.2) + 0.1 * noise(random));
  const auto points = changePoints(series);
  ASSERT_EQ(points.size(), 2u);
  EXPECT_NEAR(static_cast<double>(points[0]), 20, 1);
  EXPECT_NEAR(static_cast<double>(points[1]), 45, 1);
  int alarms = 0;
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<double> flat;
    for (int i = 0; i < 40; ++i) flat.push_back(noise(random));
    alarms += changePoints(flat).empty() ? 0 : 1;
  }
  EXPECT_LE(alarms, 4);
  EXPECT_TRUE(changePoints({}).empty());
  EXPECT_TRUE(changePoints({1, 2}).empty());
}

} // namespace
} // namespace hotloop

#pragma once

#include <cstdint>
#include <vector>

namespace hotloop {

// Times of two builds, compared over pairs of runs that were made alternately. The unit is the run:
// steps of one run share its conditions and are no independent samples.

// sqrt(min x median) of a run's steady steps: near the floor, yet not at the mercy of one step.
double bodyOf(const std::vector<double> &steps);
// The 90th percentile: stalls that the body does not see.
double tailOf(const std::vector<double> &steps);

// Exact one-sided p of the signed-rank test that x is above 0 (ties share ranks; zeros count half).
double signedRankP(const std::vector<double> &x);
// Hodges-Lehmann: the median of the averages of all pairs, self-pairs included.
double hodgesLehmann(const std::vector<double> &x);
// Interval of the same at the given confidence, by the exact distribution of the signed-rank
// statistic. With few pairs it is as wide as the averages reach.
struct Interval {
  double low = 0, high = 0;
};
Interval hodgesLehmannInterval(const std::vector<double> &x, double confidence);

struct PairedRule {
  double effect = 0.05; // to be caught; half of it separates pass from fail
  double alpha = 0.005; // per look
  std::vector<int> looks = {10, 20, 30};
};
enum class PairedAnswer : std::uint8_t { kContinue, kPass, kFail, kInconclusive };
struct PairedVerdict {
  PairedAnswer answer = PairedAnswer::kContinue;
  double change = 0;         // relative, from Hodges-Lehmann
  double low = 0, high = 0;  // 95 % interval
  double p = 1;              // of "not slower"
  int pairs = 0;             // that the answer rests on
  int morePairs = 0;         // a guess of what would decide; 0 unknown
  double smallestEffect = 0; // that so many pairs with this spread can see (power about 90 %)
};

// logRatios: ln(candidate) - ln(base) of every pair so far, in order. Looks at the numbers of pairs
// that the rule names: FAIL when the shift is above effect/2 and p < alpha; PASS when it is below
// and "at least effect" is refused with p < alpha; after the last look inconclusive. Between looks:
// continue.
PairedVerdict judgePairs(const std::vector<double> &logRatios, const PairedRule &rule);

// Which side goes first in pair `index`: A B, B A, A B, ... so that drift hits both alike.
constexpr bool baseFirst(int index) { return index % 2 == 0; }

// What unchanged code looks like on this machine: from the log ratios of A/A pairs.
struct NoiseFloor {
  double floor = 0;          // 99 % of A/A shifts over 10 pairs stay below it
  double smallestEffect = 0; // twice the floor: what the gate can be asked to catch
  double spread = 0;         // robust standard deviation of one pair
  double falseAlarms = 0;    // of the rule at twice the floor, resampled
  double power = 0;          // likewise, for that effect
  double meanPairs = 0;
};
// Resamples whole pairs `rounds` times. At least 4 pairs.
NoiseFloor noiseFloor(const std::vector<double> &logRatios, std::uint64_t seed, int rounds = 2000);

} // namespace hotloop

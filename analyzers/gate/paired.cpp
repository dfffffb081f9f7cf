#include "analyzers/gate/paired.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hotloop {

namespace {

constexpr double kConfidence = 0.95;

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(below);
  return below + 1 < values.size() ? values[below] * (1 - part) + values[below + 1] * part
                                   : values[below];
}

// P(W >= w) of the signed-rank statistic, w and ranks doubled so that shared ranks are whole.
double upperTail(const std::vector<int> &doubledRanks, int doubledW) {
  const int sum = std::accumulate(doubledRanks.begin(), doubledRanks.end(), 0);
  std::vector<double> chance(static_cast<std::size_t>(sum) + 1);
  chance[0] = 1;
  for (const int rank : doubledRanks)
    for (int s = sum; s >= 0; --s)
      chance[static_cast<std::size_t>(s)] =
          0.5 * chance[static_cast<std::size_t>(s)] +
          (s >= rank ? 0.5 * chance[static_cast<std::size_t>(s - rank)] : 0);
  double tail = 0;
  for (int s = std::max(doubledW, 0); s <= sum; ++s) tail += chance[static_cast<std::size_t>(s)];
  return std::min(tail, 1.0);
}

std::vector<double> walshAverages(const std::vector<double> &x) {
  std::vector<double> averages;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = i; j < x.size(); ++j) averages.push_back((x[i] + x[j]) / 2);
  return averages;
}

class Random {
public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }

private:
  std::uint64_t state_;
};

double spreadOf(const std::vector<double> &x) {
  constexpr double kNormal = 1.349; // interquartile range of the standard normal
  return (quantile(x, 0.75) - quantile(x, 0.25)) / kNormal;
}

// One-sided signed-rank at .005 with power .9: (2.58 + 1.28) standard errors of the shift, which
// the statistic's efficiency of .955 makes a little larger.
double seenWith(double spread, int pairs) {
  return pairs <= 0 ? 0 : std::expm1(3.86 * spread / std::sqrt(0.955 * pairs));
}

} // namespace

double bodyOf(const std::vector<double> &steps) {
  if (steps.empty()) return 0;
  return std::sqrt(*std::min_element(steps.begin(), steps.end()) * quantile(steps, 0.5));
}

double tailOf(const std::vector<double> &steps) { return quantile(steps, 0.9); }

double signedRankP(const std::vector<double> &x) {
  const std::size_t n = x.size();
  if (n == 0) return 1;
  std::vector<double> sorted = x;
  std::sort(sorted.begin(), sorted.end(),
            [](double a, double b) { return std::fabs(a) < std::fabs(b); });
  std::vector<int> ranks(n);
  int w = 0;
  for (std::size_t i = 0; i < n;) {
    std::size_t end = i + 1;
    while (end < n && std::fabs(sorted[end]) == std::fabs(sorted[i])) ++end;
    const int doubled = static_cast<int>(i + 1 + end); // twice the mean rank
    for (std::size_t j = i; j < end; ++j) {
      ranks[j] = doubled;
      if (sorted[j] > 0)
        w += doubled;
      else if (sorted[j] == 0)
        w += doubled / 2;
    }
    i = end;
  }
  return upperTail(ranks, w);
}

double hodgesLehmann(const std::vector<double> &x) { return quantile(walshAverages(x), 0.5); }

Interval hodgesLehmannInterval(const std::vector<double> &x, double confidence) {
  std::vector<double> averages = walshAverages(x);
  if (averages.empty()) return {};
  std::sort(averages.begin(), averages.end());
  // The k-th smallest average is the lower end, where P(W < k) stays below half of what is left.
  std::vector<int> ranks(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) ranks[i] = 2 * static_cast<int>(i + 1);
  const double half = (1 - confidence) / 2;
  const int most = static_cast<int>(averages.size());
  int k = 0;
  while (k < most / 2 && upperTail(ranks, 2 * (most - k)) <= half) ++k;
  const auto low = static_cast<std::size_t>(std::max(k - 1, 0));
  return {averages[low], averages[averages.size() - 1 - low]};
}

PairedVerdict judgePairs(const std::vector<double> &logRatios, const PairedRule &rule) {
  PairedVerdict verdict;
  const double delta = std::log1p(rule.effect / 2), effect = std::log1p(rule.effect);
  const auto describe = [&](const std::vector<double> &x) {
    verdict.change = std::expm1(hodgesLehmann(x));
    const Interval interval = hodgesLehmannInterval(x, kConfidence);
    verdict.low = std::expm1(interval.low);
    verdict.high = std::expm1(interval.high);
    verdict.p = signedRankP(x);
    verdict.pairs = static_cast<int>(x.size());
    verdict.smallestEffect = seenWith(spreadOf(x), verdict.pairs);
  };
  const int have = static_cast<int>(logRatios.size());
  if (have == 0 || rule.looks.empty()) {
    verdict.answer = rule.looks.empty() ? PairedAnswer::kInconclusive : PairedAnswer::kContinue;
    verdict.morePairs = rule.looks.empty() ? 0 : rule.looks.front();
    return verdict;
  }
  for (const int look : rule.looks) {
    if (look > have) break;
    const std::vector<double> x(logRatios.begin(), logRatios.begin() + look);
    const double shift = hodgesLehmann(x);
    std::vector<double> missing;
    for (const double one : x) missing.push_back(effect - one);
    const bool fail = shift > delta && signedRankP(x) < rule.alpha;
    const bool pass = shift < delta && signedRankP(missing) < rule.alpha;
    if (!fail && !pass) continue;
    describe(x);
    verdict.answer = fail ? PairedAnswer::kFail : PairedAnswer::kPass;
    return verdict;
  }
  describe(logRatios);
  verdict.answer =
      have >= rule.looks.back() ? PairedAnswer::kInconclusive : PairedAnswer::kContinue;
  // What separates the shift from the nearer limit, against the spread of a pair.
  const double shift = std::log1p(verdict.change);
  const double distance = std::max(shift > delta ? shift : effect - shift, 1e-6);
  const double needed = std::pow(3.86 * spreadOf(logRatios) / distance, 2) / 0.955;
  verdict.morePairs = std::clamp(static_cast<int>(std::ceil(needed)) - have, 1, 1000);
  for (const int look : rule.looks)
    if (look > have) {
      verdict.morePairs = std::max(verdict.morePairs, look - have);
      break;
    }
  return verdict;
}

NoiseFloor noiseFloor(const std::vector<double> &logRatios, std::uint64_t seed, int rounds) {
  NoiseFloor result;
  if (logRatios.size() < 4 || rounds < 1) return result;
  Random random(seed);
  result.spread = spreadOf(logRatios);
  const auto resample = [&](int pairs, double shift) {
    std::vector<double> x(static_cast<std::size_t>(pairs));
    for (double &one : x) {
      one = logRatios[random.below(logRatios.size())];
      // Which of two equal builds came first is arbitrary: A/A differences are symmetric.
      if (random.below(2) == 0) one = -one;
      one += shift;
    }
    return x;
  };
  std::vector<double> shifts;
  for (int i = 0; i < rounds; ++i) shifts.push_back(std::fabs(hodgesLehmann(resample(10, 0))));
  result.floor = std::expm1(quantile(shifts, 0.99));
  result.smallestEffect = 2 * result.floor;
  PairedRule rule;
  rule.effect = result.smallestEffect;
  int alarms = 0, caught = 0;
  double pairs = 0;
  for (int i = 0; i < rounds; ++i) {
    const PairedVerdict same = judgePairs(resample(rule.looks.back(), 0), rule);
    alarms += same.answer == PairedAnswer::kFail ? 1 : 0;
    pairs += same.pairs;
    const PairedVerdict worse =
        judgePairs(resample(rule.looks.back(), std::log1p(rule.effect)), rule);
    caught += worse.answer == PairedAnswer::kFail ? 1 : 0;
  }
  result.falseAlarms = static_cast<double>(alarms) / rounds;
  result.power = static_cast<double>(caught) / rounds;
  result.meanPairs = pairs / rounds;
  return result;
}

} // namespace hotloop

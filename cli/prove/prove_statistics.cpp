#include "cli/prove/prove_statistics.h"

#include <algorithm>
#include <cmath>

#include "analyzers/gate/paired.h"

namespace hotloop::cli {

namespace {

constexpr double kConfidence = 0.95;
constexpr std::size_t kProcessesAreTheSample = 6;
constexpr std::size_t kMostRounds = 60; // of the pairwise averages; more are thinned evenly
constexpr std::size_t kFixesToRank = 3;

std::vector<double> thinned(const std::vector<double> &values) {
  if (values.size() <= kMostRounds) return values;
  std::vector<double> kept;
  for (std::size_t i = 0; i < kMostRounds; ++i)
    kept.push_back(values[i * values.size() / kMostRounds]);
  return kept;
}

// P(X >= hits) of a binomial variable.
double atLeast(int hits, int all, double p) {
  double sum = 0;
  for (int k = hits; k <= all; ++k)
    sum += std::exp(std::lgamma(all + 1.0) - std::lgamma(k + 1.0) - std::lgamma(all - k + 1.0) +
                    (k > 0 ? k * std::log(p) : 0) + (all > k ? (all - k) * std::log1p(-p) : 0));
  return sum;
}

// The p in (0, 1) at which the rising `f` reaches `target`.
template <class F> double solve(F f, double target) {
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (f(middle) < target ? low : high) = middle;
  }
  return (low + high) / 2;
}

} // namespace

std::size_t CaseMeasurement::rounds() const {
  std::size_t sum = 0;
  for (const MeasuredRounds &process : processes) sum += process.bad.size();
  return sum;
}

double quantileOf(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(below);
  return below + 1 < values.size() ? values[below] * (1 - part) + values[below + 1] * part
                                   : values[below];
}

void concludeMeasurement(CaseMeasurement &measured) {
  if (measured.stored) return;
  std::vector<double> all, medians, bad, good;
  bool severalRounds = false;
  for (const MeasuredRounds &process : measured.processes) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < process.bad.size() && i < process.good.size(); ++i) {
      if (!(process.bad[i] > 0) || !(process.good[i] > 0)) continue;
      ratios.push_back(std::log(process.good[i] / process.bad[i]));
      bad.push_back(process.bad[i]);
      good.push_back(process.good[i]);
    }
    if (ratios.empty()) continue;
    severalRounds = severalRounds || ratios.size() > 1;
    all.insert(all.end(), ratios.begin(), ratios.end());
    medians.push_back(quantileOf(ratios, 0.5));
  }
  if (all.empty()) return;
  const bool byProcess = severalRounds && medians.size() >= kProcessesAreTheSample;
  const std::vector<double> sample = thinned(byProcess ? medians : all);
  const double center = hodgesLehmann(sample);
  Interval interval = hodgesLehmannInterval(sample, kConfidence);
  if (severalRounds && !byProcess) {
    interval.low = std::min(interval.low, *std::min_element(medians.begin(), medians.end()));
    interval.high = std::max(interval.high, *std::max_element(medians.begin(), medians.end()));
  }
  measured.gain = -std::expm1(center);
  measured.low = -std::expm1(interval.high);
  measured.high = -std::expm1(interval.low);
  measured.badMs = quantileOf(bad, 0.5);
  measured.goodMs = quantileOf(good, 0.5);
}

bool decidable(const CaseMeasurement &measured) {
  return measured.any() && measured.high - measured.low <= kDecidable;
}

bool judged(const ProvedCase &one) {
  return one.failure.empty() && decidable(one.measured) && one.prediction.abstained.empty();
}

bool measuredSign(const CaseMeasurement &measured) { return measured.low > 0 || measured.high < 0; }

bool covered(const ProvedCase &one) {
  const CasePrediction &prediction = one.prediction;
  return (prediction.bound == "upper" || one.measured.gain >= prediction.low) &&
         (prediction.bound == "lower" || one.measured.gain <= prediction.high);
}

ShareInterval shareInterval(const Share &share, double confidence) {
  const double half = (1 - confidence) / 2;
  ShareInterval interval;
  if (share.all == 0) return interval;
  if (share.hits > 0)
    interval.low = solve([&](double p) { return atLeast(share.hits, share.all, p); }, half);
  if (share.hits < share.all)
    interval.high =
        solve([&](double p) { return atLeast(share.hits + 1, share.all, p); }, 1 - half);
  return interval;
}

ProveSummary summarize(std::span<const ProvedProgram> programs) {
  ProveSummary summary;
  std::vector<double> errors;
  for (const ProvedProgram &program : programs) {
    std::vector<const ProvedCase *> ranked;
    for (const ProvedCase &one : program.cases) {
      ++summary.cases;
      summary.abstained += one.prediction.abstained.empty() ? 0 : 1;
      if (!one.measured.any() || !one.failure.empty()) continue;
      ++summary.measured;
      summary.undecidable += decidable(one.measured) ? 0 : 1;
      if (!judged(one)) continue;
      const double truth = one.measured.gain;
      errors.push_back(std::abs(one.prediction.gain - truth));
      summary.meanError += errors.back();
      summary.naiveTimeSum += std::abs(one.prediction.timeSum - truth);
      summary.naiveIdle += std::abs(one.prediction.idleInside - truth);
      summary.naiveZero += std::abs(truth);
      if (measuredSign(one.measured) && !one.prediction.belowResolution) {
        ++summary.sign.all;
        summary.sign.hits += (one.prediction.gain > 0) == (truth > 0) ? 1 : 0;
      }
      ++summary.coverage.all;
      summary.coverage.hits += covered(one) ? 1 : 0;
      if (one.fixClass != "delay") ranked.push_back(&one); // a slow-down is no fix
    }
    if (ranked.size() < kFixesToRank) continue;
    const auto by = [&](auto gainOf) {
      return *std::max_element(ranked.begin(), ranked.end(), [&](const auto *a, const auto *b) {
        return gainOf(*a) < gainOf(*b);
      });
    };
    ++summary.top.all;
    const ProvedCase *best = by([](const ProvedCase &one) { return one.measured.gain; });
    const ProvedCase *chosen = by([](const ProvedCase &one) { return one.prediction.gain; });
    // A tie within the measurement is no mistake.
    summary.top.hits += best == chosen || chosen->measured.high >= best->measured.low ? 1 : 0;
  }
  summary.judged = static_cast<int>(errors.size());
  summary.medianError = quantileOf(errors, 0.5);
  summary.p90Error = quantileOf(errors, 0.9);
  if (!errors.empty())
    for (double *sum :
         {&summary.meanError, &summary.naiveTimeSum, &summary.naiveIdle, &summary.naiveZero})
      *sum /= static_cast<double>(errors.size());
  return summary;
}

} // namespace hotloop::cli

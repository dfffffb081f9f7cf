#include "analyzers/gate/stability.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace hotloop {

namespace {

using Values = std::vector<std::int64_t>;

constexpr std::size_t kFewSteps = 10; // below it one odd step is not rare
constexpr std::int64_t kRunsForSpan = 3;
constexpr double kChance = 1e-6;
constexpr double kShift = 4.75; // normal quantile of 1e-6
constexpr std::size_t kLongestPeriod = 512;
constexpr std::int64_t kNarrow = 8;
constexpr std::size_t kDistinctKept = 64;

double meanOf(const Values &values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

bool repeats(const Values &values, std::size_t period) {
  for (std::size_t i = period; i < values.size(); ++i)
    if (values[i] != values[i - period]) return false;
  return true;
}

// The shortest period of which every run shows two whole ones, alike in all runs; 0 none.
std::size_t periodOf(const std::vector<Values> &runs) {
  std::size_t shortest = runs.front().size();
  for (const Values &run : runs) shortest = std::min(shortest, run.size());
  for (std::size_t period = 2; period <= std::min(shortest / 2, kLongestPeriod); ++period) {
    Values first;
    bool all = true;
    for (const Values &run : runs) {
      if (!repeats(run, period)) {
        all = false;
        break;
      }
      Values cycle(run.begin(), run.begin() + static_cast<std::ptrdiff_t>(period));
      std::ranges::sort(cycle);
      if (first.empty())
        first = std::move(cycle);
      else if (cycle != first)
        all = false;
    }
    if (all) return period;
  }
  return 0;
}

std::int64_t medianOf(Values values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The chance that, of n + m exchangeable steps, the `above` largest are all among the m new ones.
double chanceOfAbove(std::int64_t n, std::int64_t m, std::int64_t above) {
  double chance = 1;
  for (std::int64_t i = 0; i < above; ++i)
    chance *= static_cast<double>(m - i) / static_cast<double>(n + m - i);
  return chance;
}

// Mann-Whitney z of `steps` against the values seen, with the correction for ties.
double shiftOf(const std::map<std::int64_t, std::int64_t> &seen, const Values &steps) {
  std::map<std::int64_t, std::pair<double, double>> counts; // value -> seen, new
  double n = 0;
  for (const auto &[value, count] : seen) {
    counts[value].first += static_cast<double>(count);
    n += static_cast<double>(count);
  }
  for (const std::int64_t value : steps) counts[value].second += 1;
  const auto m = static_cast<double>(steps.size());
  double below = 0, u = 0, ties = 0;
  for (const auto &[value, pair] : counts) {
    const auto &[old, fresh] = pair;
    u += fresh * (below + old / 2);
    below += old;
    const double tied = old + fresh;
    ties += tied * tied * tied - tied;
  }
  const double all = n + m;
  if (n < 1 || m < 1 || all < 3) return 0;
  const double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  return variance <= 0 ? 0 : (u - n * m / 2) / std::sqrt(variance);
}

std::string inSteps(std::int64_t count, std::size_t all) {
  return static_cast<std::size_t>(count) == all ? fmt::format("in every one of {} steps", all)
                                                : fmt::format("in {} of {} steps", count, all);
}

ValueJudgement judgeConstant(const LearnedValues &learned, const Values &steps, double change) {
  const auto more = std::ranges::count_if(steps, [&](auto v) { return v > learned.value; });
  const auto less = std::ranges::count_if(steps, [&](auto v) { return v < learned.value; });
  if (more == 0 && less == 0) return {};
  const std::int64_t shown = more > 0 ? more : less;
  const std::string evidence =
      fmt::format("{}, {} instead of {}", inSteps(shown, steps.size()),
                  more > 0 ? *std::ranges::max_element(steps) : *std::ranges::min_element(steps),
                  learned.value);
  if (more == 0) return {Judgement::kLess, change, evidence};
  if (more == 1 && steps.size() >= kFewSteps) return {Judgement::kOnce, change, evidence};
  return {Judgement::kMore, change, evidence};
}

ValueJudgement judgePeriodic(const LearnedValues &learned, const Values &steps, double change) {
  const std::size_t period = learned.cycle.size();
  const std::int64_t due =
      std::accumulate(learned.cycle.begin(), learned.cycle.end(), std::int64_t{0});
  if (steps.size() < period) {
    // Part of a period: the largest values of the cycle could all have come.
    Values largest = learned.cycle;
    std::ranges::sort(largest, std::greater<>());
    std::int64_t most = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) most += largest[i];
    const std::int64_t sum = std::accumulate(steps.begin(), steps.end(), std::int64_t{0});
    if (sum <= most) return {};
    return {Judgement::kMore, change,
            fmt::format("{} in {} steps, at most {} expected", sum, steps.size(), most)};
  }
  std::int64_t window = std::accumulate(
      steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(period), std::int64_t{0});
  std::int64_t most = window, least = window;
  for (std::size_t i = period; i < steps.size(); ++i) {
    window += steps[i] - steps[i - period];
    most = std::max(most, window);
    least = std::min(least, window);
  }
  if (most > due)
    return {Judgement::kMore, change,
            fmt::format("{} in {} steps instead of {}", most, period, due)};
  if (least < due)
    return {Judgement::kLess, change,
            fmt::format("{} in {} steps instead of {}", least, period, due)};
  return {};
}

ValueJudgement judgeVarying(const LearnedValues &learned, const Values &steps, double change) {
  const double mean = meanOf(steps);
  const bool spanKnown = learned.runs >= kRunsForSpan;
  if (!spanKnown && learned.stability == Stability::kNoisy)
    return {Judgement::kUnknown, change, "it varies too much to be judged by one run"};
  const std::int64_t width = spanKnown ? 0 : std::max<std::int64_t>(learned.high - learned.low, 1);
  const auto m = static_cast<std::int64_t>(steps.size());
  const auto above = std::ranges::count_if(steps, [&](auto v) { return v > learned.high + width; });
  if (above > 0 && chanceOfAbove(learned.steps, m, above) < kChance)
    return {Judgement::kMore, change,
            fmt::format("{} above {}", inSteps(above, steps.size()), learned.high + width)};
  if (!spanKnown) return {};
  const double slack = 2 * (learned.runHigh - learned.runLow) + 0.5;
  const double z = shiftOf(learned.seen, steps);
  const std::string evidence = fmt::format("{:.2f} per step, {:.2f} to {:.2f} in the baseline runs",
                                           mean, learned.runLow, learned.runHigh);
  if (z > kShift && mean > learned.runHigh + slack) return {Judgement::kMore, change, evidence};
  if (z < -kShift && mean < learned.runLow - slack) return {Judgement::kLess, change, evidence};
  return {};
}

} // namespace

std::string stabilityName(Stability stability) {
  switch (stability) {
  case Stability::kConstant: return "constant";
  case Stability::kPeriodic: return "periodic";
  case Stability::kBounded: return "bounded";
  case Stability::kNoisy: return "noisy";
  }
  return {};
}

LearnedValues neverSeen(std::int64_t steps, std::int64_t runs) {
  LearnedValues learned;
  learned.steps = steps;
  learned.runs = runs;
  return learned;
}

LearnedValues learnValues(const std::vector<Values> &runs) {
  LearnedValues learned;
  learned.runs = static_cast<std::int64_t>(runs.size());
  Values all;
  for (const Values &run : runs) {
    const double mean = meanOf(run);
    const bool first = all.empty();
    learned.runLow = first ? mean : std::min(learned.runLow, mean);
    learned.runHigh = first ? mean : std::max(learned.runHigh, mean);
    all.insert(all.end(), run.begin(), run.end());
  }
  if (all.empty()) return learned;
  learned.steps = static_cast<std::int64_t>(all.size());
  learned.mean = meanOf(all);
  learned.low = *std::ranges::min_element(all);
  learned.high = *std::ranges::max_element(all);
  learned.value = medianOf(all);
  if (learned.low == learned.high) return learned;
  if (const std::size_t period = periodOf(runs); period != 0) {
    learned.stability = Stability::kPeriodic;
    learned.cycle.assign(runs.front().begin(),
                         runs.front().begin() + static_cast<std::ptrdiff_t>(period));
    return learned;
  }
  const std::int64_t width = learned.high - learned.low;
  learned.stability =
      width <= std::max(kNarrow, learned.value / 4) ? Stability::kBounded : Stability::kNoisy;
  for (const std::int64_t value : all) ++learned.seen[value];
  // Keep the file small: neighbours fall together until few are left.
  while (learned.seen.size() > kDistinctKept) {
    std::map<std::int64_t, std::int64_t> fewer;
    for (auto it = learned.seen.begin(); it != learned.seen.end();) {
      auto &count = fewer[it->first];
      count += it->second;
      if (++it != learned.seen.end()) count += (it++)->second;
    }
    learned.seen = std::move(fewer);
  }
  return learned;
}

ValueJudgement judgeValues(const LearnedValues &learned, const Values &steps) {
  if (steps.empty()) return {};
  const double change = meanOf(steps) - learned.mean;
  switch (learned.stability) {
  case Stability::kConstant: return judgeConstant(learned, steps, change);
  case Stability::kPeriodic: return judgePeriodic(learned, steps, change);
  case Stability::kBounded:
  case Stability::kNoisy: return judgeVarying(learned, steps, change);
  }
  return {};
}

} // namespace hotloop

#include "analyzers/gate/grouping.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analyzers/gate/paired.h"

namespace hotloop {

namespace {

std::uint64_t mix(std::uint64_t &state) { // splitmix64
  std::uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

template <class T> void shuffle(std::vector<T> &values, std::uint64_t &state) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[mix(state) % i]);
}

double medianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double twoSided(const std::vector<double> &x) {
  std::vector<double> negated;
  for (const double one : x) negated.push_back(-one);
  return std::min(1.0, 2 * std::min(signedRankP(x), signedRankP(negated)));
}

std::vector<double> differences(const std::vector<double> &a, const std::vector<double> &b) {
  std::vector<double> x;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) x.push_back(a[i] - b[i]);
  return x;
}

// The split of [begin, end) that separates most: n m / (n + m) (mean left - mean right)^2.
struct Split {
  std::size_t at = 0;
  double statistic = 0;
};
Split bestSplit(const std::vector<double> &values, std::size_t begin, std::size_t end,
                std::size_t gap) {
  Split best;
  double all = 0, left = 0;
  for (std::size_t i = begin; i < end; ++i) all += values[i];
  for (std::size_t i = begin; i < end; ++i) {
    const auto n = static_cast<double>(i - begin), m = static_cast<double>(end - i);
    if (i - begin >= gap && end - i >= gap) {
      const double difference = left / n - (all - left) / m;
      const double statistic = n * m / (n + m) * difference * difference;
      if (statistic > best.statistic) best = {i, statistic};
    }
    left += values[i];
  }
  return best;
}

} // namespace

Grouping groupConfigurations(const std::vector<std::vector<double>> &values, double alpha) {
  Grouping result;
  const std::size_t count = values.size();
  result.order.resize(count);
  std::iota(result.order.begin(), result.order.end(), std::size_t{0});
  result.group.assign(count, 0);
  result.pBest.assign(count, 1);
  result.shift.assign(count, 0);
  if (count == 0) return result;
  std::vector<double> medians;
  std::size_t rounds = values[0].size();
  for (const auto &one : values) {
    medians.push_back(medianOf(one));
    rounds = std::min(rounds, one.size());
  }
  std::stable_sort(result.order.begin(), result.order.end(),
                   [&](std::size_t a, std::size_t b) { return medians[a] < medians[b]; });
  constexpr std::size_t kLeastRounds = 6; // 2 / 2^6 is the first p below 5 %
  result.enoughRounds = rounds >= kLeastRounds;
  const std::size_t best = result.order[0];
  // Holm: the smallest p is multiplied by the number of comparisons, the next by one less, ...
  std::vector<std::pair<double, std::size_t>> raw;
  for (const std::size_t one : result.order) {
    const auto x = differences(values[one], values[best]);
    result.shift[one] = x.empty() ? 0 : hodgesLehmann(x);
    if (one != best) raw.emplace_back(x.empty() ? 1 : twoSided(x), one);
  }
  std::sort(raw.begin(), raw.end());
  double highest = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    highest = std::max(highest, std::min(1.0, raw[i].first * static_cast<double>(raw.size() - i)));
    result.pBest[raw[i].second] = highest;
  }
  std::size_t leader = best;
  int group = 0;
  const double comparisons = static_cast<double>(std::max<std::size_t>(count - 1, 1));
  for (const std::size_t one : result.order) {
    if (one != leader) {
      const double p =
          leader == best
              ? result.pBest[one]
              : std::min(1.0, twoSided(differences(values[one], values[leader])) * comparisons);
      if (p < alpha) {
        leader = one;
        ++group;
      }
    }
    result.group[one] = group;
  }
  return result;
}

std::vector<std::size_t> latinOrder(std::size_t count, std::size_t round, std::uint64_t seed) {
  std::vector<std::size_t> base(count);
  std::iota(base.begin(), base.end(), std::size_t{0});
  std::uint64_t state = seed;
  shuffle(base, state);
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = base[(i + round) % count];
  return order;
}

std::vector<std::size_t> changePoints(const std::vector<double> &series, double alpha,
                                      std::size_t gap, std::uint64_t seed) {
  std::vector<std::size_t> points;
  std::vector<std::pair<std::size_t, std::size_t>> open{{0, series.size()}};
  const int permutations = static_cast<int>(std::ceil(2 / alpha)) - 1;
  std::uint64_t state = seed;
  while (!open.empty()) {
    const auto [begin, end] = open.back();
    open.pop_back();
    if (end - begin < 2 * gap) continue;
    const Split split = bestSplit(series, begin, end, gap);
    if (split.statistic <= 0) continue;
    std::vector<double> shuffled(series.begin() + static_cast<std::ptrdiff_t>(begin),
                                 series.begin() + static_cast<std::ptrdiff_t>(end));
    int asLarge = 0;
    for (int i = 0; i < permutations; ++i) {
      shuffle(shuffled, state);
      if (bestSplit(shuffled, 0, shuffled.size(), gap).statistic >= split.statistic) ++asLarge;
    }
    if (static_cast<double>(asLarge + 1) / (permutations + 1) > alpha) continue;
    points.push_back(split.at);
    open.emplace_back(begin, split.at);
    open.emplace_back(split.at, end);
  }
  std::sort(points.begin(), points.end());
  return points;
}

} // namespace hotloop

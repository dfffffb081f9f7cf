#pragma once

#include <cstdint>
#include <vector>

namespace hotloop {

// Several configurations, each run once per round. values[c][r]: log time of configuration c in
// round r. Rounds pair the configurations, so drift between rounds cancels.
struct Grouping {
  std::vector<std::size_t> order; // configurations, fastest first (median)
  std::vector<int> group;         // by configuration: 0 is the fastest group
  std::vector<double> pBest;      // by configuration: against the fastest, Holm-adjusted, two-sided
  std::vector<double> shift; // by configuration: ln(time / fastest), Hodges-Lehmann over rounds
  bool enoughRounds = false; // fewer than 6 rounds cannot tell anything apart at 5 %
};

// Configurations of one group cannot be told apart: going from the fastest on, a configuration
// opens a new group when it differs from the first one of the group (signed-rank, Holm over all
// compared).
Grouping groupConfigurations(const std::vector<std::vector<double>> &values, double alpha = 0.05);

// Order of the configurations in a round: a cyclic Latin square over a shuffled base, so that over
// `count` rounds each stands once in each place.
std::vector<std::size_t> latinOrder(std::size_t count, std::size_t round, std::uint64_t seed);

// Change points of a series by E-divisive with means (Matteson and James, JASA 2014), split by the
// largest statistic as long as a permutation test gives p <= alpha. Indices of the first value of
// each new level, rising. At least `gap` values between them.
std::vector<std::size_t> changePoints(const std::vector<double> &series, double alpha = 0.01,
                                      std::size_t gap = 3, std::uint64_t seed = 1);

} // namespace hotloop

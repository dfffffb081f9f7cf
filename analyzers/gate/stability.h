#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hotloop {

// How steady a counter is over the steady steps of unchanged code.
enum class Stability : std::uint8_t {
  kConstant, // the same in every step of every run
  kPeriodic, // repeats with a period: the multiset over one period is the same
  kBounded,  // varies within a narrow range: depends on data
  kNoisy,    // varies widely
};
std::string stabilityName(Stability stability);

// What unchanged code does, learned from the steps of one or more runs.
struct LearnedValues {
  Stability stability = Stability::kConstant;
  std::int64_t value = 0;                    // constant: the value; else the median
  std::vector<std::int64_t> cycle;           // periodic: one period, in order
  std::int64_t low = 0, high = 0;            // of all steps
  double mean = 0;                           // of all steps
  double runLow = 0, runHigh = 0;            // least and largest mean of a run
  std::int64_t steps = 0, runs = 0;          // that it was learned from
  std::map<std::int64_t, std::int64_t> seen; // bounded: how often each value was seen

  bool operator==(const LearnedValues &) const = default;
};

// A run that lacks the counter took part as zeros. At least one run with one step.
LearnedValues learnValues(const std::vector<std::vector<std::int64_t>> &runs);
// What a key that was never seen counts as: zero in every step.
LearnedValues neverSeen(std::int64_t steps, std::int64_t runs);

enum class Judgement : std::uint8_t { kSame, kMore, kLess, kOnce, kUnknown };
struct ValueJudgement {
  Judgement judgement = Judgement::kSame;
  double change = 0;    // of the mean per step
  std::string evidence; // "in 12 of 40 steps, 3 instead of 2"; empty when the same
};

// Judges the steps of one run against what was learned. No time enters, so one run is enough:
//   constant  exact. More in two or more steps, or in any of fewer than 10, is more; in a single
//             step of ten or more it is kOnce: rare events of unchanged code look like that.
//   periodic  exact over every window of one period.
//   bounded   more steps above the range than chance allows (exchangeability, p < 1e-6), or a shift
//             of the whole distribution (Mann-Whitney with ties, |z| > 4.75) that leaves the span
//             of the baseline runs; with fewer than three runs, whose span is unknown, only steps
//             that leave the range by more than its own width count.
//   noisy     the same shift with three runs or more; kUnknown with fewer.
ValueJudgement judgeValues(const LearnedValues &learned, const std::vector<std::int64_t> &steps);

} // namespace hotloop

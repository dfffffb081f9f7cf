#pragma once

#include <span>
#include <vector>

#include "cli/prove/prove_report.h"

namespace hotloop::cli {

// Gain and its interval from the rounds so far: Hodges-Lehmann over ln(good/bad) of all rounds. The
// rounds of one process share its luck, so the interval also reaches over the medians of two to
// five processes; from six on the processes are the sample.
void concludeMeasurement(CaseMeasurement &measured);

bool decidable(const CaseMeasurement &measured);
// Predicted, measured, and narrow enough to judge by.
bool judged(const ProvedCase &one);
// Does the measured interval leave zero out?
bool measuredSign(const CaseMeasurement &measured);
// Is the measured gain inside of the predicted interval? A bound is one-sided.
bool covered(const ProvedCase &one);

// An exact binomial test (Clopper-Pearson): the share's interval at the given confidence.
struct Share {
  int hits = 0, all = 0;
  double value() const { return all == 0 ? 0 : static_cast<double>(hits) / all; }
};
struct ShareInterval {
  double low = 0, high = 1;
};
ShareInterval shareInterval(const Share &share, double confidence);

struct ProveSummary {
  int cases = 0, measured = 0, undecidable = 0, abstained = 0, judged = 0;
  double medianError = 0, p90Error = 0;                                 // absolute, of the gain
  double naiveTimeSum = 0, naiveIdle = 0, naiveZero = 0, meanError = 0; // mean absolute errors
  Share sign;     // of those with a measured sign and a prediction above resolution
  Share coverage; // of the 80 % intervals
  Share top;      // programs with at least three judged fixes: the best one was predicted best
};
ProveSummary summarize(std::span<const ProvedProgram> programs);

// Quantile with linear interpolation; 0 of nothing.
double quantileOf(std::vector<double> values, double q);

} // namespace hotloop::cli

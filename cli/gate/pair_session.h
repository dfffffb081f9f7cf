#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzers/gate/paired.h"
#include "cli/gate/gate_config.h"
#include "cli/gate/measure.h"
#include "core/report/gate_report.h"

namespace hotloop::cli {

// Base and candidate, run alternately (base first, candidate first, base first, ...).
struct PairRuns {
  std::vector<RunProfile> base, candidate;
  std::vector<double> body, tail; // ln(candidate) - ln(base) of every pair
  double baseBody = 0, candidateBody = 0, baseTail = 0, candidateTail = 0; // medians, ms
  LoadedProfile firstCandidate;
};

struct PairOptions {
  PairedRule body, tail;
  int least = 1; // pairs to make in any case
};

// Rules from the settings effect, tail_effect and pairs. `runs`: "10..30" or "12", else the
// setting.
Result<PairOptions> pairOptions(const GateConfig &config, const std::string &runs);

// Makes pairs until both rules are decided, their last look is over, or the time is up; the body
// alone decides when it fails. Errors: as Measurer::run.
Result<PairRuns> runPairs(Measurer &measurer, const MeasuredProgram &base,
                          const MeasuredProgram &candidate, const PairOptions &options,
                          const std::function<void(const std::string &)> &progress);

// Adds to `report`: times with their pairs, a row each, the causes of the change.
void reportPairs(const PairRuns &runs, const PairOptions &options, bool timeWasUp,
                 GateReport &report);

} // namespace hotloop::cli

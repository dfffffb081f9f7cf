#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyzers/gate/paired.h"
#include "cli/gate/gate_config.h"
#include "cli/gate/measure.h"
#include "core/report/gate_report.h"

namespace hotloop::cli {

// One time that pairs are judged by.
struct TimeRule {
  std::string metric; // step.body | step.p90 | phase.body | phase.p90
  std::string phase;  // glob of the budget, at phase.*: what its phases own of the step
  PairedRule rule;
  std::optional<double> maxMs; // of the median candidate
  GateLevel level = GateLevel::kError;

  bool isBody() const { return metric.ends_with(".body"); }
};

// What one of these times was over the pairs. Empty for a phase that a run does not have.
struct TimePairs {
  std::vector<double> logRatios;       // ln(candidate) - ln(base)
  std::vector<double> base, candidate; // ms
};

// Base and candidate, run alternately (base first, candidate first, base first, ...).
struct PairRuns {
  std::vector<RunProfile> base, candidate;
  std::vector<TimePairs> times; // by PairOptions::times
  LoadedProfile firstCandidate;
};

struct PairOptions {
  std::vector<TimeRule> times; // step.body and step.p90 first
  std::vector<int> looks;      // of all of them
};

// Rules from the settings effect, tail_effect and pairs and from the time limits of budgets: one
// for "**" sets level, limit and (unless a flag or variable did) the effect of the whole step, each
// other one asks for its phases. Phases share the level of the test, so that more of them raise no
// more false alarms. `runs`: "10..30" or "12", else the setting.
Result<PairOptions> pairOptions(const GateConfig &config, const std::string &runs);

// Makes pairs until all rules are decided, their last look is over, or the time is up; the body of
// the step alone decides when it fails. Errors: as Measurer::run.
Result<PairRuns> runPairs(Measurer &measurer, const MeasuredProgram &base,
                          const MeasuredProgram &candidate, const PairOptions &options,
                          const std::function<void(const std::string &)> &progress);

// Adds to `report`: times with their pairs, a row each, the causes of the change.
void reportPairs(const PairRuns &runs, const PairOptions &options, bool timeWasUp,
                 GateReport &report);

} // namespace hotloop::cli

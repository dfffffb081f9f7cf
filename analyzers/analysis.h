#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "analyzers/counters/step_counters.h"
#include "analyzers/steps/steps.h"
#include "analyzers/timeline/what_if.h"
#include "core/base/result.h"
#include "core/report/change_plan.h"
#include "core/report/finding.h"
#include "core/trace/trace_view.h"

namespace hotloop {

struct AnalysisOptions {
  std::vector<std::string> onlyRules; // ids; empty = all
  std::vector<std::string> skipRules;
  StepChoice steps = {};                      // which steps are steady
  std::optional<Nanoseconds> unprofiled = {}; // step time without profiling; else the run's own
  std::optional<MachineProfile> profile = {}; // what tells the time of kernels that did not run
  bool pictures = false;                      // draw a step for each finding
  bool gains = true;                          // replay the run to say what fixes would give
  bool plan = false;                          // put the fixes in order: a replay per pair of them
  std::stop_token stop = {};                  // asks to give up: analyze() returns within ~0.1 s
};

// Per steady step, medians. A count that this run cannot give is absent.
struct PerStep {
  std::optional<double> operators;
  std::optional<double> launches;
  std::optional<double> graphLaunches;
  std::optional<double> kernels;
  std::optional<double> hostSyncs;
  std::optional<double> copies;
  std::optional<double> allocations;
  std::optional<double> allocatedBytes;
  Felt felt = Felt::kWould; // of launches and hostSyncs
};

struct StepSummary {
  std::int64_t total = 0;
  std::int64_t steady = 0;
  Nanoseconds period;   // median distance of the starts of neighbouring steady steps; 0 unknown
  Nanoseconds duration; // median length of a steady step
  Nanoseconds p10, p90; // of the length
  StepSource source = StepSource::kDetected;
  std::string whyNone; // when steady is 0: the reason, as a sentence
};

struct NotChecked {
  std::string rule;
  std::string reason;
};

// One row of a table by operator or by site: what a steady step spends on it (means, so rows add
// up). Work without a known site is told apart by its range path.
struct CostRow {
  std::string name;      // operator name, or site text
  Site site;             // for site rows
  double perStep = 0;    // occurrences
  Nanoseconds selfTime;  // per steady step, children excluded
  Nanoseconds totalTime; // per steady step
  double hostSyncs = 0;
  double launches = 0;
  double allocations = 0;
  double allocatedBytes = 0;
};

struct Analysis {
  StepSummary steps;
  PerStep perStep;
  std::vector<CostRow> operators;  // most self time first
  std::vector<CostRow> sites;      // most self time first
  std::vector<Finding> findings;   // most valuable first
  std::vector<Finding> notWorth;   // checked, and below what is material
  std::vector<Finding> unresolved; // may be material: the run cannot tell, mayNotPay says how far
  // Patterns that were seen, but not in the usual step: in fewer than half of the steady ones. They
  // hold no step back, so no list of advice names them; `rules why-not` does.
  std::vector<Finding> seldom;
  std::optional<ChangePlan> plan; // where asked for, and there are findings
  std::vector<NotChecked> notChecked;
  std::vector<std::pair<std::string, double>> ruleMilliseconds; // what each rule took
  std::vector<QualityRow> extraQuality; // found by the analyzers; ids are of `extraStrings`
  StringPool extraStrings;

  // What the figures rest on, for the result tables of the file (analyzers/results.h).
  Steps stepTable;
  StepCounters counters;
  std::vector<Site> counterSites; // by SiteIndex
};

// Everything `advise`, `stats` and `diff` show. Pure: the same run and options give the same
// result. Errors: unknown rule id; `stop` asked. A run without steps is not an error: see
// StepSummary::whyNone.
Result<Analysis> analyze(const TraceView &trace, const AnalysisOptions &options = {});

} // namespace hotloop

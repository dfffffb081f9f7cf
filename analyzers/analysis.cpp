#include "analyzers/analysis.h"

#include <algorithm>
#include <span>

#include "analyzers/change_plan.h"
#include "analyzers/cost_tables.h"
#include "analyzers/finding_edits.h"
#include "analyzers/quality_notes.h"
#include "analyzers/rules/builtin_rules.h"
#include "analyzers/rules/rule_runner.h"
#include "analyzers/run_facts.h"
#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/what_if.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

StepSummary summarize(const Steps &steps) {
  StepSummary summary;
  summary.total = static_cast<std::int64_t>(steps.all.size());
  summary.source = steps.source;
  summary.whyNone = steps.whyNone;
  if (!steps.whyNone.empty()) return summary;
  summary.steady = static_cast<std::int64_t>(steps.steady.size());
  std::vector<double> lengths;
  std::vector<double> distances;
  for (std::size_t i = 0; i < steps.steady.size(); ++i) {
    const Step &step = steps.all[steps.steady[i]];
    lengths.push_back(static_cast<double>((step.end - step.start).count));
    if (i == 0) continue;
    const Step &before = steps.all[steps.steady[i - 1]];
    distances.push_back(static_cast<double>((step.start - before.start).count));
  }
  const auto rounded = [](double ns) { return Nanoseconds(static_cast<std::int64_t>(ns)); };
  summary.p10 = rounded(quantileInPlace(lengths, 0.1));
  summary.p90 = rounded(quantileInPlace(lengths, 0.9));
  summary.duration = rounded(medianInPlace(lengths));
  summary.period = rounded(medianInPlace(distances));
  return summary;
}

PerStep medians(const TraceView &trace, const Steps &steps, const StepCounters &counters) {
  const auto over = [&](const auto &rows, auto member) {
    std::vector<double> values;
    for (const std::uint32_t step : steps.steady)
      values.push_back(static_cast<double>(rows[step].*member));
    return medianInPlace(values);
  };
  PerStep result;
  // Which records a run has tells what can be said: none at all is not zero.
  if (!trace->ops.start.empty()) {
    result.operators = over(counters.perStep, &Counters::operators);
    result.launches = over(counters.perStep, &Counters::launches);
    result.hostSyncs = over(counters.perStep, &Counters::hostSyncs);
  }
  if (!trace->allocations.start.empty()) {
    result.allocations = over(counters.perStep, &Counters::allocations);
    result.allocatedBytes = over(counters.perStep, &Counters::allocatedBytes);
  }
  if (trace.hasDeviceRecords()) {
    result.felt = Felt::kMeasured;
    result.launches = over(counters.devicePerStep, &DeviceCounters::launches);
    result.graphLaunches = over(counters.devicePerStep, &DeviceCounters::graphLaunches);
    result.kernels = over(counters.devicePerStep, &DeviceCounters::kernels);
    result.hostSyncs = over(counters.devicePerStep, &DeviceCounters::hostSyncs);
    result.copies = over(counters.devicePerStep, &DeviceCounters::copies);
  }
  return result;
}

void checkRules(const TraceView &trace, const AnalysisOptions &options, const SiteTable &sites,
                RangePaths &paths, const OpFacts &ops, const AllocationFacts &allocations,
                Analysis &analysis, const WhatIf *given, std::vector<Edit> *edits) {
  const auto rules = builtinRules();
  if (!analysis.stepTable.whyNone.empty()) {
    for (const Rule &rule : rules)
      analysis.notChecked.push_back({std::string(rule.id), "There are not enough steady steps."});
    return;
  }
  const DeviceFacts device = computeDeviceFacts(trace, analysis.stepTable, sites, ops, paths);
  Claims claims;
  claims.ops.resize(ops.size());
  claims.allocations.resize(allocations.size());
  claims.calls.resize(device.calls());
  std::optional<WhatIf> whatIf;
  if (given == nullptr && options.gains && trace.hasDeviceRecords()) {
    WhatIfOptions how;
    how.unprofiled = options.unprofiled;
    how.profile = options.profile;
    how.stop = options.stop;
    whatIf.emplace(trace, analysis.stepTable, how);
    stopPoint();
  }
  const RuleInput input{trace,
                        analysis.stepTable,
                        sites,
                        paths,
                        ops,
                        allocations,
                        device,
                        analysis.counters,
                        analysis.steps.duration,
                        RuleOptions{},
                        claims.ops,
                        claims.allocations,
                        claims.calls,
                        whatIf ? &*whatIf : given};
  std::vector<Edit> own;
  if (edits == nullptr && options.plan && input.whatIf != nullptr) edits = &own;
  runRules(rules, options, input, claims, analysis, edits);
  if (options.plan && !analysis.findings.empty())
    analysis.plan = planChanges(trace, input.whatIf, analysis.findings,
                                edits == nullptr ? std::span<const Edit>() : *edits);
}

Result<Analysis> analyzeWith(const TraceView &trace, const AnalysisOptions &options,
                             const WhatIf *whatIf, std::vector<Edit> *edits) {
  HOTLOOP_TRY(checkRuleIds(builtinRules(), options));
  Analysis analysis;
  analysis.stepTable = findSteps(trace, options.steps);
  const Steps &steps = analysis.stepTable;
  analysis.steps = summarize(steps);

  RunFacts facts(trace, steps);
  auto &[sites, paths, ops, allocations, counters] = facts;
  analysis.counters = std::move(counters);
  for (SiteIndex i = 0; i < sites.size(); ++i) analysis.counterSites.push_back(sites.site(i));

  stopPoint();
  if (steps.whyNone.empty()) {
    analysis.perStep = medians(trace, steps, analysis.counters);
    analysis.operators = operatorCosts(trace, steps, ops, allocations);
    analysis.sites = siteCosts(trace, steps, sites, paths, ops, allocations);
  }
  checkRules(trace, options, sites, paths, ops, allocations, analysis, whatIf, edits);
  noteQuality(ops, analysis);
  return analysis;
}

Result<Analysis> analyzeUntilStopped(const TraceView &trace, const AnalysisOptions &options,
                                     const WhatIf *whatIf, std::vector<Edit> *edits) {
  Result<Analysis> result = Unexpected(nothingMeasured("The analysis was stopped before its end."));
  runUntilStopped(options.stop, [&] { result = analyzeWith(trace, options, whatIf, edits); });
  return result;
}

} // namespace

Result<Analysis> analyze(const TraceView &trace, const AnalysisOptions &options) {
  return analyzeUntilStopped(trace, options, nullptr, nullptr);
}

Result<FindingEdits> findingEdits(const WhatIf &whatIf, const std::stop_token &stop) {
  FindingEdits result;
  AnalysisOptions options;
  options.stop = stop;
  HOTLOOP_ASSIGN(Analysis analysis,
                 analyzeUntilStopped(whatIf.trace(), options, &whatIf, &result.edits));
  result.findings = std::move(analysis.findings);
  return result;
}

} // namespace hotloop

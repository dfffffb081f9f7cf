#pragma once

#include "analyzers/counters/allocation_facts.h"
#include "analyzers/counters/device_facts.h"
#include "analyzers/counters/op_facts.h"
#include "analyzers/counters/sites.h"
#include "analyzers/counters/step_counters.h"
#include "analyzers/rules/rule.h"
#include "analyzers/steps/steps.h"
#include "core/trace/trace_view.h"

namespace hotloop {

class WhatIf; // analyzers/timeline/what_if.h

// Thresholds that all rules share.
// A finding must recur: it happens in at least `recurrence` of the steady steps. It is material on
// CPU records when it would stall a GPU at least `syncsPerStep` times a step, or when the host time
// it costs here is at least `hostShare` of the step. Rules with another effect (launches, bytes)
// have their own structural threshold on top and state it in their doc page. Source: gates G2 (80 %
// of iterations) and G3 (0.5 % of the step) of the rule catalogue; without a replay the share is of
// measured host time.
struct RuleOptions {
  double recurrence = 0.8;
  double syncsPerStep = 1.0;
  double hostShare = 0.005;
};

// All that a rule may look at. It lives as long as the call; steps.steady has at least
// kMinimumSteadySteps entries. Helpers for rules: analyzers/rules/occurrences.h.
struct RuleInput {
  const TraceView &trace;
  const Steps &steps;
  const SiteTable &sites;
  const RangePaths &paths;
  const OpFacts &ops;                 // one entry per row of trace->ops
  const AllocationFacts &allocations; // one entry per row of trace->allocations
  const DeviceFacts &device;          // one entry per row of trace->apis
  const StepCounters &counters;
  Nanoseconds stepDuration; // median length of a steady step
  RuleOptions options;
  // Rows that a rule before this one explained: 1 where taken. OccurrenceGroups leaves them out.
  const std::vector<std::uint8_t> &claimedOps;
  const std::vector<std::uint8_t> &claimedAllocations;
  const std::vector<std::uint8_t> &claimedCalls;
  // The replay of the run, which judges findings; null where nobody asked for gains.
  const WhatIf *whatIf = nullptr;

  // Is row `op` in a steady step?
  bool steady(std::uint32_t step) const { return step != kNoIndex && steps.all[step].steady; }
  // Id of an operator name in this run; none when no row has it.
  StringId name(std::string_view text) const { return trace->strings.find(text); }
};

} // namespace hotloop

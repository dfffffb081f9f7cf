#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analyzers/analysis.h"
#include "analyzers/rules/rule_input.h"
#include "analyzers/timeline/edit.h"

namespace hotloop {

// What is wrong with a finding as a rule made it, as a sentence; empty when it is in order: it has
// a rule, a title without full stop, a fix, a doc page, evidence rows that exist, and finite
// numbers.
std::string defectOf(const TraceView &trace, const Finding &finding);

// Position of a finding among others: those with a gain by its size, then those with a bound of it,
// then measured ones by host time, then the rest by occurrences. Ties are broken by rule and site,
// so that the order does not depend on the order of rows.
bool ranksBefore(const Finding &a, const Finding &b);

// Why a finding carries no gain in milliseconds when nothing was asked of a replay. `replayed`: the
// run has one.
std::string whyNoGain(const TraceView &trace, bool replayed);

// Error for a rule id in `options` that does not exist.
Result<void> checkRuleIds(std::span<const Rule> rules, const AnalysisOptions &options);

// The rows that findings have explained so far, one entry per row of the table.
struct Claims {
  std::vector<std::uint8_t> ops, allocations, calls;
};

// Why the records of this run cannot support `rule`, as a sentence; empty when they can.
std::string whyNotChecked(const RuleInput &input, const Rule &rule);

// Runs the selected rules in order. `input.claimed*` must be those of `claims`, which get the rows
// of every finding before the next rule runs. Fills findings, notWorth, unresolved, seldom,
// notChecked and ruleMilliseconds of `analysis`; a defective finding is dropped and named in
// notChecked. What is not worth a change goes to `seldom` when the usual step does not have it at
// all. `edits` gets the fix of each of analysis.findings as a change of input.whatIf, which must
// then be set.
void runRules(std::span<const Rule> rules, const AnalysisOptions &options, const RuleInput &input,
              Claims &claims, Analysis &analysis, std::vector<Edit> *edits = nullptr);

} // namespace hotloop

#pragma once

#include <string>
#include <vector>

#include "cli/arguments/flag_spec.h"
#include "cli/command.h"
#include "cli/gate/baseline_folder.h"
#include "cli/gate/gate_config.h"
#include "cli/gate/profile_source.h"
#include "core/report/gate_report.h"

// What check, ab, baseline and selftest-gate share: flags to policy, run and baseline to report.
namespace hotloop::cli {

// --config, --fail-on, --exact, --allow, --on-mismatch, ...: the flags that policyOf() reads.
std::vector<FlagSpec> gateFlags();

// Budgets and allow entries of the configuration, --allow and --exact on top. Error: a flag that
// cannot be understood.
Result<GatePolicy> policyOf(const CommandContext &context, const GateConfig &config);

// The report of one run against a baseline (nullptr: budgets only), not concluded yet.
GateReport checkProfile(const LoadedProfile &loaded, const ResolvedBaseline *baseline,
                        const GatePolicy &policy, const GateConfig &config);

// What the baseline's age deserves: sentences, and an old-baseline row where the policy names one.
void noteAge(const Baseline &baseline, const GateConfig &config, GateReport &report);

// Are --report and --filter understood? Asked before anything is measured.
Result<void> checkReportFlags(const CommandContext &context);
// Writes the report in --format, and in every --report FORMAT[=PATH], with the rows that --filter
// chooses. Markdown, JUnit, ... go to standard output when no path is given.
Result<void> emitGate(const CommandContext &context, const GateReport &report);
// The writer of a format; empty for unknown ones.
std::string writeGate(const std::string &format, const GateReport &report, std::size_t limit,
                      const Style &style, std::size_t width);
inline constexpr std::string_view kGateFormats = "text|json|csv|md|junit|sarif|github|gitlab|html";

// A report that only says why nothing could be judged.
GateReport refusal(const std::string &verdict, const std::string &message, const std::string &run);

} // namespace hotloop::cli

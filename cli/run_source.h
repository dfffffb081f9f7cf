#pragma once

#include <string>
#include <vector>

#include "analyzers/analysis.h"
#include "cli/command.h"
#include "core/report/report.h"
#include "core/trace/trace_view.h"

// From a run file to what the reports of core/report are made of.
namespace hotloop::cli {

struct AnalyzedRun {
  TraceView trace;
  Analysis analysis;
  ReportRun run;
  StepFigures steps;
  std::vector<QualityNote> quality; // worst first
};

// Opens a run file, or reads a trace of another tool (collectors/import) into memory: whatever the
// user names. Errors: those of loadRun() and importTrace().
Result<TraceView> openTrace(const CommandContext &context, const std::string &path);

// Opens and analyses `path`. Errors: those of openTrace() and analyze().
Result<AnalyzedRun> analyzeRun(const CommandContext &context, const std::string &path,
                               const AnalysisOptions &options);

// What reports say of the run itself.
ReportRun reportRun(const TraceView &trace, const std::string &path);

// The id of a rule given by id or name, in any case. Error: unknown rule, with the nearest one.
Result<std::string> canonicalRule(const std::string &given);

// --warmup and --steps, else `otherwise`.
StepChoice chosenSteps(const CommandContext &context, const StepChoice &otherwise = {});

// AnalysisOptions from --rule, --skip-rule, --warmup and --steps. Error: unknown rule.
Result<AnalysisOptions> analysisOptions(const CommandContext &context);

// Exit code and reason of a report on the run: 0 ok, 3 without steady steps.
ReportExit reportExit(const Analysis &analysis);

// The rows of the quality table, from the file and from the analysis.
std::vector<QualityNote> qualityNotes(const TraceView &trace, const Analysis *analysis);

} // namespace hotloop::cli

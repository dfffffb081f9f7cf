#include "cli/run_source.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "analyzers/rules/builtin_rules.h"
#include "cli/arguments/suggest.h"
#include "cli/status_line.h"
#include "collectors/import/import_trace.h"
#include "core/store/run_reader.h"
#include "core/trace/meta_keys.h"

namespace hotloop::cli {

namespace {

std::string severityName(Severity severity) {
  switch (severity) {
  case Severity::kInfo: return "info";
  case Severity::kNotice: return "notice";
  case Severity::kDataLoss: return "data_loss";
  case Severity::kError: return "error";
  }
  return "error";
}

std::string sourceName(StepSource source) {
  switch (source) {
  case StepSource::kApi: return "api";
  case StepSource::kNvtx: return "nvtx";
  case StepSource::kProfiler: return "profiler";
  case StepSource::kDetected: return "detected";
  }
  return {};
}

StepFigures stepFigures(const Analysis &analysis) {
  const StepSummary &steps = analysis.steps;
  const PerStep &per = analysis.perStep;
  StepFigures figures;
  figures.total = steps.total;
  figures.steady = steps.steady;
  figures.periodMs = steps.period.milliseconds();
  figures.durationMs = steps.duration.milliseconds();
  figures.p10Ms = steps.p10.milliseconds();
  figures.p90Ms = steps.p90.milliseconds();
  figures.source = steps.total > 0 ? sourceName(steps.source) : "";
  figures.whyNone = steps.steady == 0 ? steps.whyNone : "";
  figures.operators = per.operators;
  figures.launches = per.launches;
  figures.graphLaunches = per.graphLaunches;
  figures.kernels = per.kernels;
  figures.hostSyncs = per.hostSyncs;
  figures.copies = per.copies;
  figures.allocations = per.allocations;
  figures.allocatedBytes = per.allocatedBytes;
  figures.felt = per.felt;
  return figures;
}

std::string lowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

} // namespace

std::vector<QualityNote> qualityNotes(const TraceView &trace, const Analysis *analysis) {
  std::vector<std::pair<Severity, QualityNote>> rows;
  const QualityColumns &stored = trace->quality;
  // What an analysis said when the run was stored stands in the file; today's says it again.
  const auto saidAgain = [&](std::string_view name) {
    return analysis != nullptr &&
           std::ranges::any_of(analysis->extraQuality, [&](const QualityRow &row) {
             return analysis->extraStrings.text(row.name) == name;
           });
  };
  for (std::size_t i = 0; i < stored.name.size(); ++i) {
    if (saidAgain(trace.text(stored.name[i]))) continue;
    rows.push_back({stored.severity[i],
                    {std::string(trace.text(stored.name[i])), severityName(stored.severity[i]),
                     stored.count[i], std::string(trace.text(stored.message[i]))}});
  }
  if (analysis != nullptr)
    for (const QualityRow &row : analysis->extraQuality)
      rows.push_back(
          {row.severity,
           {std::string(analysis->extraStrings.text(row.name)), severityName(row.severity),
            row.count, std::string(analysis->extraStrings.text(row.message))}});
  std::stable_sort(rows.begin(), rows.end(), [](auto &a, auto &b) { return a.first > b.first; });
  std::vector<QualityNote> notes;
  for (auto &[severity, note] : rows) notes.push_back(std::move(note));
  return notes;
}

Result<TraceView> openTrace(const CommandContext &context, const std::string &path) {
  StatusLine status(context);
  status.show("reading " + path);
  HOTLOOP_ASSIGN(const TraceFormat format, detectFormat(path));
  if (format == TraceFormat::kRun) return loadRun(path);
  ImportOptions options;
  options.progress = [&](const ImportProgress &progress) {
    status.show(
        fmt::format("reading {}: {:.0f} %, {} events", path,
                    100 * static_cast<double>(progress.bytesDone) /
                        static_cast<double>(std::max<std::uint64_t>(progress.bytesTotal, 1)),
                    progress.events));
  };
  return importView(path, options);
}

ReportRun reportRun(const TraceView &trace, const std::string &path) {
  return {path, std::string(trace.meta(meta_key::kCommand)),
          std::string(trace.meta(meta_key::kState)),
          std::string(trace.meta(meta_key::kToolVersion))};
}

Result<AnalyzedRun> analyzeRun(const CommandContext &context, const std::string &path,
                               const AnalysisOptions &options) {
  StatusLine status(context);
  HOTLOOP_ASSIGN(TraceView trace, openTrace(context, path));
  status.show("looking at " + path);
  HOTLOOP_ASSIGN(Analysis analysis, analyze(trace, options));
  if (context.verbosity > 0)
    for (const auto &[rule, milliseconds] : analysis.ruleMilliseconds)
      context.note(fmt::format("{} took {:.1f} ms", rule, milliseconds));
  AnalyzedRun run{trace, std::move(analysis), {}, {}, {}};
  run.run = reportRun(trace, path);
  run.steps = stepFigures(run.analysis);
  run.quality = qualityNotes(trace, &run.analysis);
  return run;
}

Result<std::string> canonicalRule(const std::string &given) {
  std::vector<std::string_view> names;
  for (const Rule &rule : builtinRules()) {
    if (lowerCase(std::string(rule.id)) == lowerCase(given) || rule.name == lowerCase(given))
      return std::string(rule.id);
    names.push_back(rule.id);
    names.push_back(rule.name);
  }
  return Unexpected(invalidInput(fmt::format("unknown rule '{}'{} (hotloop rules list shows all)",
                                             given, didYouMean(given, names))));
}

StepChoice chosenSteps(const CommandContext &context, const StepChoice &otherwise) {
  return {context.arguments.number("warmup", otherwise.warmup),
          context.arguments.number("steps", otherwise.most)};
}

Result<AnalysisOptions> analysisOptions(const CommandContext &context) {
  AnalysisOptions options;
  for (const std::string &given : context.arguments.list("rule")) {
    HOTLOOP_ASSIGN(std::string id, canonicalRule(given));
    options.onlyRules.push_back(std::move(id));
  }
  for (const std::string &given : context.arguments.list("skip-rule")) {
    HOTLOOP_ASSIGN(std::string id, canonicalRule(given));
    options.skipRules.push_back(std::move(id));
  }
  options.steps = chosenSteps(context);
  return options;
}

ReportExit reportExit(const Analysis &analysis) {
  if (analysis.steps.steady > 0) return {kExitOk, "ok"};
  return {kExitNothing, analysis.steps.total == 0 ? "no-steps" : "no-steady-steps"};
}

} // namespace hotloop::cli

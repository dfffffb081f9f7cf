#include "cli/commands/whatif_command.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "analyzers/rule_fixes.h"
#include "analyzers/timeline/transforms.h"
#include "cli/arguments/common_flags.h"
#include "cli/arguments/suggest.h"
#include "cli/device_profile/profile_file.h"
#include "cli/run_source.h"
#include "cli/status_line.h"
#include "cli/whatif/whatif_report.h"

namespace hotloop::cli {

namespace {

// Fixes that make sense without a value.
constexpr std::string_view kSurvey[] = {"remove-sync",     "async-copy",     "remove-alloc",
                                        "remove-host",     "drop-recompute", "coalesce-copies",
                                        "overlap-streams", "side-stream",    "fuse",
                                        "balance",         "graph"};

Result<std::optional<Nanoseconds>> unprofiled(const CommandContext &context) {
  if (!context.arguments.has("t0")) return std::optional<Nanoseconds>();
  const std::string text = context.arguments.text("t0");
  double ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size() || !(ms > 0) || ms > 1e9)
    return Unexpected(invalidInput(fmt::format(
        "--t0 {}: give the unprofiled time of a step in milliseconds, for instance --t0 12.5",
        text)));
  return std::optional(Nanoseconds(static_cast<std::int64_t>(ms * 1e6)));
}

bool isGraph(std::string_view fix) { return fix.substr(0, fix.find('=')) == "graph"; }

// A wait that another fix removes does not forbid a graph.
void captureAfterTheOthers(const WhatIf &whatIf, std::span<const std::string> fixes,
                           std::span<const std::size_t> graphs, std::vector<Edit> &edits) {
  if (graphs.empty() || graphs.size() == edits.size()) return;
  std::vector<Edit> others;
  for (std::size_t i = 0; i < edits.size(); ++i)
    if (std::find(graphs.begin(), graphs.end(), i) == graphs.end()) others.push_back(edits[i]);
  const Edit before = combine(others);
  for (const std::size_t i : graphs) {
    const std::size_t equals = fixes[i].find('=');
    const std::string range = equals == std::string::npos ? "" : fixes[i].substr(equals + 1);
    edits[i] = graph(whatIf, range, &before);
  }
}

// All of them, less those that do not apply: only where none does there is no prediction.
void predictTogether(const WhatIf &whatIf, std::span<const Edit> edits, WhatIfReport &report) {
  std::vector<Edit> possible;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (edits[i].whyNone.empty())
      possible.push_back(edits[i]);
    else
      report.notApplied.push_back({report.fixes[i].fix, edits[i].whyNone});
  }
  if (possible.empty()) {
    report.together.abstained = report.notApplied.front().why;
    if (report.notApplied.size() > 1) {
      report.together.abstained.clear();
      for (const auto &[fix, why] : report.notApplied)
        report.together.abstained +=
            fmt::format("{}{}: {}", report.together.abstained.empty() ? "" : " ", fix, why);
    }
    return;
  }
  report.together = whatIf.predict(combine(possible));
  if (edits.size() > 1) report.stack = whatIf.greedy(edits);
}

Result<void> answer(const CommandContext &context, const WhatIf &whatIf, WhatIfReport &report) {
  std::vector<std::string> wanted = context.arguments.list("fix");
  report.survey = wanted.empty();
  if (report.survey) wanted.assign(std::begin(kSurvey), std::end(kSurvey));
  std::vector<Edit> edits;
  std::vector<std::size_t> forbidden; // graphs that cannot be captured as the steps are
  for (const std::string &fix : wanted) {
    auto edit = anyFix(whatIf, fix);
    if (!edit) {
      const std::string name = fix.substr(0, fix.find('='));
      const std::vector<std::string_view> names = anyFixNames();
      const bool known = std::find(names.begin(), names.end(), name) != names.end();
      if (known) return Unexpected(edit.error());
      return Unexpected(
          invalidInput(fmt::format("{}{}", edit.error().message, didYouMean(name, names))));
    }
    // A survey shows what the run has.
    if (report.survey && !edit->whyNone.empty()) continue;
    report.fixes.push_back({fix, whatIf.predict(*edit), whatIf.naive(*edit)});
    if (isGraph(fix) && !edit->whyNone.empty()) forbidden.push_back(edits.size());
    edits.push_back(std::move(*edit));
  }
  captureAfterTheOthers(whatIf, wanted, forbidden, edits);
  if (edits.empty()) {
    report.together.abstained = whatIf.whyNone().empty()
                                    ? "None of the fixes touches the steady steps of this run."
                                    : whatIf.whyNone();
    return {};
  }
  predictTogether(whatIf, edits, report);
  if (report.survey) {
    report.recommendation = recommend(whatIf, knownToggles(whatIf));
    report.together = report.recommendation->together;
    if (report.recommendation->toggles.empty())
      report.together.abstained = "No switch gives more than 0.5 % of the step.";
  }
  return {};
}

Result<int> run(const CommandContext &context) {
  HOTLOOP_ASSIGN(const std::optional<Nanoseconds> t0, unprofiled(context));
  HOTLOOP_ASSIGN(const TraceView trace, openTrace(context, context.arguments.positionals[0]));
  StatusLine status(context);
  status.show("replaying " + context.arguments.positionals[0]);
  const Steps steps = findSteps(trace, chosenSteps(context));
  WhatIfOptions options;
  options.unprofiled = t0;
  HOTLOOP_ASSIGN(options.profile,
                 findProfile(context.arguments.text("profile"), context.arguments.positionals[0]));
  const WhatIf whatIf(trace, steps, options);
  WhatIfReport report;
  report.run = reportRun(trace, context.arguments.positionals[0]);
  report.steps.total = static_cast<std::int64_t>(steps.all.size());
  report.steps.steady = static_cast<std::int64_t>(steps.steady.size());
  report.quality = qualityNotes(trace, nullptr);
  report.baseline = whatIf.baseline();
  report.whyNone = whatIf.whyNone();
  if (whatIf.unprofiled()) report.unprofiledMs = whatIf.unprofiled()->milliseconds();
  report.templateSteps = whatIf.timeline().steps.size();
  for (const TemplateStep &step : whatIf.timeline().steps)
    report.templateAnchors += step.last - step.first;
  HOTLOOP_TRY(answer(context, whatIf, report));
  report.exit = steps.whyNone.empty() ? ReportExit{kExitOk, "ok"}
                                      : ReportExit{kExitNothing, "no-steady-steps"};
  HOTLOOP_TRY(context.emit(context.format() == "json" ? whatIfJson(report)
                                                      : whatIfText(report, context.style)));
  return report.exit.code;
}

} // namespace

Command whatifCommand() {
  return {"whatif",
          "what a fix would give: replay of a run with the fix in it",
          {{{"fix", 0, FlagValue::kText, "FIX[=SITE]", {}, true},
            {"t0", 0, FlagValue::kText, "MS", {}, false},
            {"profile", 0, FlagValue::kFile, "FILE", {}, false},
            formatFlag("text|json"),
            kJsonFlag,
            kOutputFlag,
            kForceFlag,
            kWarmupFlag,
            kStepsFlag},
           {{"RUN", true, false, true, {}}}},
          run};
}

} // namespace hotloop::cli

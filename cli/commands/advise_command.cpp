#include "cli/commands/advise_command.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/device_profile/profile_file.h"
#include "cli/run_source.h"
#include "core/report/report_json.h"
#include "core/report/report_text.h"

namespace hotloop::cli {

namespace {

constexpr std::int64_t kFindingsShown = 10;

// Ranks of the findings that --explain names: a rank, or every finding of a rule.
Result<std::vector<std::size_t>> explained(const AdviceReport &report, const std::string &given) {
  std::vector<std::size_t> ranks;
  std::size_t rank = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), rank);
  if (error == std::errc() && end == given.data() + given.size()) {
    if (rank >= 1 && rank <= report.findings.size()) return std::vector<std::size_t>{rank};
    return Unexpected(
        invalidInput(fmt::format("--explain {}: {} has {} findings; give a rank from the list "
                                 "of hotloop advise, or a rule",
                                 given, report.run.file, report.findings.size())));
  }
  for (std::size_t i = 0; i < report.findings.size(); ++i)
    if (report.findings[i].rule == given) ranks.push_back(i + 1);
  if (!ranks.empty()) return ranks;
  for (const UncheckedRule &rule : report.notChecked)
    if (rule.rule == given)
      return Unexpected(invalidInput(fmt::format("--explain {}: the rule was not checked on {}: {}",
                                                 given, report.run.file, rule.reason)));
  if (!canonicalRule(given))
    return Unexpected(invalidInput(
        fmt::format("--explain {}: neither a rank from the list of hotloop advise nor a rule "
                    "(hotloop rules list shows all)",
                    given)));
  return Unexpected(invalidInput(
      fmt::format("--explain {}: no finding of this rule in {}; hotloop rules why-not {} {} says "
                  "why",
                  given, report.run.file, given, report.run.file)));
}

Result<void> explain(const CommandContext &context, AdviceReport report, const std::string &given) {
  const std::string wanted = canonicalRule(given).value_or(given);
  HOTLOOP_ASSIGN(const auto ranks, explained(report, wanted));
  std::string text;
  std::vector<Finding> kept;
  for (const std::size_t rank : ranks) {
    const Finding &finding = report.findings[rank - 1];
    text += (text.empty() ? "" : "\n") +
            explainText(finding, static_cast<int>(rank), context.style, context.width);
    kept.push_back(finding);
  }
  if (context.format() == "text") return context.emit(text);
  report.findings = std::move(kept);
  if (context.format() == "json") return context.emit(adviceJson(report));
  report.notWorth.clear();
  return context.emit(context.format() == "csv" ? tableCsv(adviceTable(report))
                                                : adviceMarkdown(report, 0));
}

Result<std::optional<Nanoseconds>> unprofiledStep(const std::string &given) {
  double ms = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), ms);
  if (error != std::errc() || end != given.data() + given.size() || !(ms > 0) || ms > 1e9)
    return Unexpected(invalidInput(fmt::format(
        "--t0 wants the length of an unprofiled step in milliseconds, not '{}'", given)));
  return std::optional(Nanoseconds(static_cast<std::int64_t>(ms * 1e6)));
}

Result<int> run(const CommandContext &context) {
  HOTLOOP_ASSIGN(AnalysisOptions options, analysisOptions(context));
  options.pictures = context.arguments.has("explain");
  options.plan = !options.pictures;
  if (context.arguments.has("t0")) {
    HOTLOOP_ASSIGN(options.unprofiled, unprofiledStep(context.arguments.text("t0")));
  }
  HOTLOOP_ASSIGN(options.profile,
                 findProfile(context.arguments.text("profile"), context.arguments.positionals[0]));
  HOTLOOP_ASSIGN(AnalyzedRun source,
                 analyzeRun(context, context.arguments.positionals[0], options));
  Analysis &analysis = source.analysis;
  AdviceReport report{source.run,
                      source.steps,
                      source.quality,
                      std::move(analysis.findings),
                      std::move(analysis.notWorth),
                      std::move(analysis.unresolved),
                      std::move(analysis.seldom),
                      std::move(analysis.plan),
                      {},
                      reportExit(analysis)};
  for (const NotChecked &row : analysis.notChecked)
    report.notChecked.push_back({row.rule, row.reason});
  if (context.arguments.has("explain")) {
    HOTLOOP_TRY(explain(context, report, context.arguments.text("explain")));
    return report.exit.code;
  }
  const std::string format = context.format();
  // People read ten; a program that asks for everything gets it unless it asked for fewer.
  const auto limit = static_cast<std::size_t>(
      context.arguments.number("limit", format == "text" || format == "md" ? kFindingsShown : 0));
  if (format == "json" || format == "csv") {
    if (limit != 0 && report.findings.size() > limit) report.findings.resize(limit);
    HOTLOOP_TRY(
        context.emit(format == "json" ? adviceJson(report) : tableCsv(adviceTable(report))));
  } else {
    HOTLOOP_TRY(context.emit(format == "md"
                                 ? adviceMarkdown(report, limit)
                                 : adviceText(report, limit, context.style, context.width)));
  }
  return report.exit.code;
}

} // namespace

Command adviseCommand() {
  return {"advise",
          "what holds the loop back, most valuable first",
          {{formatFlag("text|json|csv|md"),
            kJsonFlag,
            kOutputFlag,
            kForceFlag,
            kLimitFlag,
            kWarmupFlag,
            kStepsFlag,
            {"t0", 0, FlagValue::kText, "MS", {}, false},
            {"profile", 0, FlagValue::kFile, "FILE", {}, false},
            {"explain", 0, FlagValue::kText, "N|RULE", {}, false},
            {"rule", 0, FlagValue::kText, "RULE", {}, true},
            {"skip-rule", 0, FlagValue::kText, "RULE", {}, true}},
           {{"RUN", true, false, true, {}}}},
          run};
}

} // namespace hotloop::cli

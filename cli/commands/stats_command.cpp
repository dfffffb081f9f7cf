#include "cli/commands/stats_command.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/arguments/suggest.h"
#include "cli/filter/row_filter.h"
#include "cli/run_source.h"
#include "cli/stats/stats_tables.h"
#include "core/report/report_json.h"
#include "core/report/report_text.h"

namespace hotloop::cli {

namespace {

constexpr std::int64_t kRowsShown = 20;

Result<std::vector<std::string>> wantedTables(const CommandContext &context) {
  std::vector<std::string> wanted = context.arguments.list("report");
  // Tables of what the user asks about.
  const bool phase = context.arguments.has("phase"), kernel = context.arguments.has("kernel");
  if (wanted.empty() && (phase || kernel)) {
    if (kernel || context.format() == "csv") return std::vector<std::string>{"kernels"};
    return std::vector<std::string>{"phases", "kernels"};
  }
  if (wanted.empty()) {
    if (context.format() == "csv") return std::vector<std::string>{"operators"};
    return std::vector<std::string>{"operators", "sites"};
  }
  const auto known = statsTableNames();
  for (const std::string &name : wanted)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return Unexpected(invalidInput(fmt::format("unknown report '{}' (one of {}){}", name,
                                                 fmt::join(known, ", "), didYouMean(name, known))));
  for (const std::string &name : wanted)
    if ((kernel && name != "kernels") || (phase && name != "kernels" && name != "phases"))
      return Unexpected(invalidInput(
          fmt::format("--{} cannot choose rows of report '{}', which knows no {}; use -r {}",
                      kernel ? "kernel" : "phase", name, kernel ? "kernels" : "phases",
                      kernel ? "kernels" : "phases,kernels")));
  if (context.format() == "csv" && wanted.size() > 1)
    return Unexpected(
        invalidInput("--format csv writes one table: choose it with -r, for instance -r sites"));
  return wanted;
}

Result<int> run(const CommandContext &context) {
  HOTLOOP_ASSIGN(const auto wanted, wantedTables(context));
  HOTLOOP_ASSIGN(const auto filter, RowFilter::given(context.arguments, RowFilter::kStatsKeys));
  HOTLOOP_ASSIGN(AnalysisOptions options, analysisOptions(context));
  options.gains = false; // no gain is shown here
  HOTLOOP_ASSIGN(const AnalyzedRun source,
                 analyzeRun(context, context.arguments.positionals[0], options));
  StatsReport report{source.run,
                     source.steps,
                     source.quality,
                     {},
                     reportExit(source.analysis),
                     timeUnitNamed(context.arguments.text("time-unit"))};
  const std::string format = context.format();
  const bool forPeople = format == "text" || format == "md";
  for (const std::string &name : wanted) {
    ReportTable table = makeStatsTable(name, source);
    table.unit = report.unit;
    if (filter) filter->apply(table);
    sortStatsTable(table, context.arguments.text("sort"));
    limitRows(table, static_cast<std::size_t>(
                         context.arguments.number("limit", forPeople ? kRowsShown : 0)));
    report.tables.push_back(std::move(table));
  }
  const std::string text = format == "json"  ? statsJson(report)
                           : format == "csv" ? tableCsv(report.tables.front())
                           : format == "md"  ? statsMarkdown(report)
                                             : statsText(report, context.style, context.width);
  HOTLOOP_TRY(context.emit(text));
  return report.exit.code;
}

} // namespace

Command statsCommand() {
  return {"stats",
          "where the time of a step goes: tables from one run",
          {{{"report", 'r', FlagValue::kText, "TABLES", {}, true},
            kFilterFlag,
            kPhaseFlag,
            kKernelFlag,
            {"sort", 0, FlagValue::kChoice, "time|share|count|name", {}, false},
            kTimeUnitFlag,
            formatFlag("text|json|csv|md"),
            kJsonFlag,
            kOutputFlag,
            kForceFlag,
            kLimitFlag,
            kWarmupFlag,
            kStepsFlag},
           {{"RUN", true, false, true, {}}}},
          run};
}

} // namespace hotloop::cli

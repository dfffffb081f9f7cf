#include "cli/commands/diff_command.h"

#include <algorithm>

#include "cli/arguments/common_flags.h"
#include "cli/diff/diff_writer.h"

namespace hotloop::cli {

namespace {

constexpr std::int64_t kSitesShown = 20;

// The counter table with numbers instead of texts.
std::string diffCsv(const RunDiff &diff) {
  ReportTable table{"changes", "", {}, {}, 0};
  for (const char *key : {"kind", "counter", "file", "line", "function", "a", "b", "change"})
    table.columns.push_back({key, key, CellFormat::kPlain, true});
  auto number = [](const std::optional<double> &value) {
    return value ? ReportCell{*value} : ReportCell{};
  };
  for (const CounterChange &change : diff.counters)
    table.rows.push_back(
        {std::string("total"),
         change.name,
         {},
         {},
         {},
         number(change.before),
         number(change.after),
         change.comparable() ? ReportCell{*change.after - *change.before} : ReportCell{}});
  for (const SiteChange &change : diff.sites)
    table.rows.push_back(
        {std::string("site"), change.counter, change.site.file,
         change.site.line == 0 ? ReportCell{} : ReportCell{std::int64_t{change.site.line}},
         change.site.function, change.before, change.after, change.after - change.before});
  return tableCsv(table);
}

Result<int> run(const CommandContext &context) {
  const auto &files = context.arguments.positionals;
  HOTLOOP_ASSIGN(const AnalysisOptions options, analysisOptions(context));
  HOTLOOP_ASSIGN(const AnalyzedRun before, analyzeRun(context, files[0], options));
  HOTLOOP_ASSIGN(const AnalyzedRun after, analyzeRun(context, files[1], options));
  RunDiff diff = diffRuns(before, after);
  if (context.arguments.text("sort") == "name")
    std::stable_sort(
        diff.sites.begin(), diff.sites.end(),
        [](const SiteChange &a, const SiteChange &b) { return a.site.text() < b.site.text(); });
  const ReportExit exit = diffExit(diff, context.arguments.has("exit-code"));
  const std::string format = context.format();
  const bool forPeople = format == "text" || format == "md";
  const auto limit =
      static_cast<std::size_t>(context.arguments.number("limit", forPeople ? kSitesShown : 0));
  if (!forPeople && limit != 0 && diff.sites.size() > limit) diff.sites.resize(limit);
  HOTLOOP_TRY(context.emit(
      format == "json"  ? diffJson(diff, before, after, exit)
      : format == "csv" ? diffCsv(diff)
      : format == "md"  ? diffMarkdown(diff, before, after, limit)
                        : diffText(diff, before, after, limit, context.style, context.width)));
  return exit.code;
}

} // namespace

Command diffCommand() {
  return {"diff",
          "compare two runs: counters per step, where they changed, step time",
          {{{"exit-code", 0, FlagValue::kNone, {}, {}, false},
            {"sort", 0, FlagValue::kChoice, "delta|name", {}, false},
            formatFlag("text|json|csv|md"),
            kJsonFlag,
            kOutputFlag,
            kForceFlag,
            kLimitFlag,
            kWarmupFlag},
           {{"A", true, false, true, {}}, {"B", true, false, true, {}}}},
          run};
}

} // namespace hotloop::cli

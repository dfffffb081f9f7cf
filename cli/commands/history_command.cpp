#include "cli/commands/history_command.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzers/gate/grouping.h"
#include "analyzers/gate/paired.h"
#include "analyzers/gate/policy.h"
#include "cli/arguments/common_flags.h"
#include "cli/arguments/suggest.h"
#include "cli/gate/history_metric.h"
#include "cli/gate/measure.h"
#include "cli/gate/run_history.h"
#include "cli/run_source.h"
#include "core/report/json_parts.h"
#include "core/report/report_table.h"

namespace hotloop::cli {

namespace fs = std::filesystem;

namespace {

struct Point {
  std::int64_t start = 0; // ns since 1970; 0 unknown
  std::string file, command, commit;
  double value = 0;

  std::string when() const {
    return start > 0 ? fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                                   fmt::gmtime(static_cast<std::time_t>(start / 1'000'000'000)))
                     : std::string();
  }
};

std::vector<std::string> runsIn(const std::vector<std::string> &given) {
  std::vector<std::string> files;
  for (const std::string &path : given) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    for (const auto &entry : fs::recursive_directory_iterator(path, ignored))
      if (entry.path().extension() == ".hotloop") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

struct Collected {
  std::vector<Point> points;
  std::vector<std::string> skipped; // with the reason
};

// The runs that are named, or those of --db, which takes over the named ones first.
Result<Collected> collect(const CommandContext &context, const std::string &metric) {
  Collected all;
  const std::string db = context.arguments.text("db");
  auto given = context.arguments.positionals;
  if (given.empty() && db.empty()) given.emplace_back(".");
  std::vector<HistoryEntry> entries;
  for (const std::string &file : runsIn(given)) {
    const auto loaded = loadProfile(context, file, chosenSteps(context));
    if (!loaded)
      all.skipped.push_back(file + ": " + loaded.error().message);
    else if (loaded->profile.durations.empty())
      all.skipped.push_back(file + ": no steady steps");
    else
      entries.push_back(historyEntry(loaded->profile, file, ""));
  }
  if (!db.empty()) {
    if (!entries.empty()) HOTLOOP_TRY(addToHistory(db, entries));
    HOTLOOP_ASSIGN(entries, readHistory(db));
  }
  for (const HistoryEntry &entry : entries) {
    const auto value = entry.values.find(metric);
    if (value == entry.values.end())
      all.skipped.push_back(entry.file + ": has no " + metric);
    else
      all.points.push_back({entry.start, entry.file, entry.command, entry.commit, value->second});
  }
  std::ranges::stable_sort(all.points, {}, &Point::start);
  return all;
}

Result<int> run(const CommandContext &context) {
  HOTLOOP_ASSIGN(const std::string metric,
                 historyMetric(context.arguments.text("metric", "step.body")));
  HOTLOOP_ASSIGN(const Collected all, collect(context, metric));
  const std::vector<Point> &dated = all.points;
  const std::vector<std::string> &skipped = all.skipped;
  if (dated.empty())
    return Unexpected(nothingMeasured(
        "no run with that metric was found; name run files or a folder that holds some" +
        (skipped.empty() ? std::string() : " (" + skipped[0] + ")")));
  std::vector<double> series;
  for (const Point &one : dated) series.push_back(one.value);
  const bool counter = !metric.starts_with("step.");
  std::vector<std::size_t> changes;
  if (counter) {
    // Counters are exact: every new value is a change.
    for (std::size_t i = 1; i < series.size(); ++i)
      if (series[i] != series[i - 1]) changes.push_back(i);
  } else {
    std::vector<double> logs;
    for (const double value : series) logs.push_back(std::log(std::max(value, 1e-9)));
    changes = changePoints(logs);
  }
  const auto isChange = [&](std::size_t i) {
    return std::ranges::find(changes, i) != changes.end();
  };
  if (context.format() == "json") {
    Json points = Json::array(), levels = Json::array();
    for (std::size_t i = 0; i < dated.size(); ++i)
      points.push_back({{"file", dated[i].file},
                        {"commit", dated[i].commit.empty() ? Json(nullptr) : Json(dated[i].commit)},
                        {"when", dated[i].when()},
                        {"value", dated[i].value},
                        {"change", isChange(i)}});
    for (const std::size_t i : changes) levels.push_back({{"index", i}, {"file", dated[i].file}});
    HOTLOOP_TRY(context.emit(dumpJson({{"schema", "hotloop.history/1"},
                                       {"metric", metric},
                                       {"points", std::move(points)},
                                       {"changes", std::move(levels)},
                                       {"skipped", skipped}})));
    return kExitOk;
  }
  const bool commits = std::ranges::any_of(dated, [](const Point &p) { return !p.commit.empty(); });
  ReportTable table{
      "history",
      "",
      {{"when", "when", CellFormat::kText, true},
       {"value", metric,
        metric.starts_with("step.") ? CellFormat::kMilliseconds : CellFormat::kCount, true},
       {"change", "", CellFormat::kText, true},
       {"commit", "commit", CellFormat::kText, commits},
       {"file", "run", CellFormat::kPath, true}},
      {},
      0};
  for (std::size_t i = 0; i < dated.size(); ++i) {
    if (context.arguments.has("change-points") && !isChange(i)) continue;
    std::string mark;
    if (isChange(i)) {
      const double before = series[i - 1];
      mark = counter || before <= 0 ? fmt::format("{:+.4g}", series[i] - before)
                                    : fmt::format("{:+.1f} %", 100 * (series[i] - before) / before);
      mark = "changed " + mark;
    }
    table.rows.push_back(
        {dated[i].when(), dated[i].value, mark, dated[i].commit.substr(0, 9), dated[i].file});
  }
  table.unit = timeUnitNamed(context.arguments.text("time-unit"));
  std::string out = context.format() == "csv"  ? tableCsv(table)
                    : context.format() == "md" ? tableMarkdown(table)
                                               : tableText(table, context.style, context.width);
  if (context.format() == "text" && changes.empty())
    out += fmt::format("no change in {} runs\n", dated.size());
  HOTLOOP_TRY(context.emit(out));
  if (std::ranges::any_of(dated, [&](const Point &p) { return p.command != dated[0].command; }))
    context.note("hotloop: these are runs of several command lines; a change may be one of them");
  for (const std::string &one : skipped) context.note("hotloop: left out: " + one);
  return kExitOk;
}

} // namespace

Command historyCommand() {
  return {"history",
          "one metric over stored runs, and when it changed",
          {{{"metric", 0, FlagValue::kText, "NAME", {}, false},
            {"change-points", 0, FlagValue::kNone, {}, {}, false},
            kTimeUnitFlag,
            kDbFlag,
            formatFlag("text|json|csv|md"),
            kJsonFlag,
            kOutputFlag,
            kForceFlag,
            kWarmupFlag,
            kStepsFlag},
           {{"RUN|FOLDER", false, true, true, {}}}},
          run};
}

} // namespace hotloop::cli

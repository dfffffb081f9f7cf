#include "cli/gate/sweep_report.h"

#include <cmath>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzers/gate/paired.h"
#include "analyzers/steps/lanes.h"
#include "cli/diff/diff_writer.h"
#include "cli/gate/measure.h"
#include "core/report/json_parts.h"
#include "core/report/number_format.h"
#include "core/report/report_table.h"

namespace hotloop::cli {

namespace {

std::vector<double> bodies(const SweepEntry &entry) {
  std::vector<double> values;
  for (const RunProfile &run : entry.runs) values.push_back(bodyOf(stepLengths(run)));
  return values;
}

double meanOf(const SweepEntry &entry, std::string_view counter) {
  double sum = 0, steps = 0;
  for (const RunProfile &run : entry.runs)
    if (const CounterSeries *series = run.find(counter)) {
      for (const std::int64_t value : series->values) sum += static_cast<double>(value);
      steps += static_cast<double>(series->values.size());
    } else {
      steps += static_cast<double>(run.durations.size());
    }
  return steps > 0 ? sum / steps : 0;
}

ReportTable tableOf(const SweepReport &report) {
  ReportTable table{"configurations",
                    "",
                    {{"group", "group", CellFormat::kCount, true},
                     {"name", "configuration", CellFormat::kText, true},
                     {"step_ms", "step", CellFormat::kMilliseconds, true},
                     {"against_best_percent", "vs best", CellFormat::kFigure, true},
                     {"p", "p", CellFormat::kFigure, true},
                     {"runs", "runs", CellFormat::kCount, true},
                     {"host_syncs", "syncs", CellFormat::kCount, true},
                     {"launches", "launches", CellFormat::kCount, true},
                     {"allocations", "allocs", CellFormat::kCount, true}},
                    {},
                    0};
  table.unit = report.unit;
  for (const std::size_t place : report.grouping.order) {
    const SweepEntry &entry = report.entries[report.ran[place]];
    auto values = bodies(entry);
    table.rows.push_back({std::int64_t{report.grouping.group[place]} + 1, entry.name,
                          medianInPlace(values),
                          fmt::format("{:+.1f} %", std::expm1(report.grouping.shift[place]) * 100),
                          fmt::format("{:.3g}", report.grouping.pBest[place]),
                          static_cast<std::int64_t>(entry.runs.size()), meanOf(entry, "host_syncs"),
                          meanOf(entry, "launches"), meanOf(entry, "allocations")});
  }
  return table;
}

std::string failures(const SweepReport &report) {
  std::string out;
  for (const SweepEntry &entry : report.entries)
    if (!entry.failure.empty())
      out += fmt::format("not measured: {}: {}\n", entry.name, entry.failure);
  for (const std::string &note : report.notes) out += "note: " + note + "\n";
  return out;
}

std::string groupSentence(const SweepReport &report) {
  std::map<int, std::vector<std::string>> groups;
  for (const std::size_t place : report.grouping.order)
    groups[report.grouping.group[place]].push_back(report.entries[report.ran[place]].name);
  std::string out;
  for (const auto &[number, names] : groups)
    if (names.size() > 1)
      out += fmt::format("group {}: {} cannot be told apart\n", number + 1, fmt::join(names, ", "));
  return out;
}

} // namespace

SweepReport makeSweepReport(std::vector<SweepEntry> entries) {
  SweepReport report;
  report.entries = std::move(entries);
  std::vector<std::vector<double>> values;
  for (std::size_t i = 0; i < report.entries.size(); ++i) {
    if (report.entries[i].runs.empty()) continue;
    report.ran.push_back(i);
    std::vector<double> logs;
    for (const double body : bodies(report.entries[i])) logs.push_back(std::log(body));
    values.push_back(std::move(logs));
  }
  report.grouping = groupConfigurations(values);
  if (values.size() > 1 && !report.grouping.enoughRounds)
    report.notes.push_back("fewer than 6 runs of each cannot tell configurations apart; counters "
                           "are exact all the same");
  const Grouping &grouping = report.grouping;
  for (const std::size_t place : grouping.order)
    if (grouping.group[place] == 1) {
      const SweepEntry &a = report.entries[report.ran[grouping.order[0]]];
      const SweepEntry &b = report.entries[report.ran[place]];
      report.bestTwo = compareTimes(mergeProfiles(a.runs), mergeProfiles(b.runs));
      report.comparedA = a.name;
      report.comparedB = b.name;
      break;
    }
  return report;
}

std::string sweepText(const SweepReport &report, const Style &style, std::size_t width) {
  std::string out =
      style.bold("hotloop sweep") + fmt::format("  {} configurations\n\n", report.entries.size()) +
      tableText(tableOf(report), style, width) + "\n" + groupSentence(report) + failures(report);
  if (!report.comparedA.empty())
    out += fmt::format("\nwhy B ({}) differs from A ({})\n", report.comparedB, report.comparedA) +
           tableText(diffOwnerTable(report.bestTwo, 12, report.unit), style, width);
  return out;
}

std::string sweepMarkdown(const SweepReport &report) {
  std::string out = "# hotloop sweep\n\n" + tableMarkdown(tableOf(report)) + "\n" +
                    groupSentence(report) + failures(report);
  if (!report.comparedA.empty())
    out += fmt::format("\nA: {}, B: {}\n\n", markdownCell(report.comparedA),
                       markdownCell(report.comparedB)) +
           tableMarkdown(diffOwnerTable(report.bestTwo, 12, report.unit));
  return out;
}

std::string sweepCsv(const SweepReport &report) { return tableCsv(tableOf(report)); }

std::string sweepJson(const SweepReport &report) {
  Json rows = Json::array(), failed = Json::array(), causes = Json::array();
  for (const std::size_t place : report.grouping.order) {
    const SweepEntry &entry = report.entries[report.ran[place]];
    auto values = bodies(entry);
    const std::vector<double> raw = values;
    rows.push_back({{"name", entry.name},
                    {"command", entry.command},
                    {"group", report.grouping.group[place] + 1},
                    {"step_ms", medianInPlace(values)},
                    {"against_best", std::expm1(report.grouping.shift[place])},
                    {"p", report.grouping.pBest[place]},
                    {"runs_ms", raw},
                    {"per_step",
                     {{"host_syncs", meanOf(entry, "host_syncs")},
                      {"launches", meanOf(entry, "launches")},
                      {"allocations", meanOf(entry, "allocations")},
                      {"operators", meanOf(entry, "operators")}}}});
  }
  for (const SweepEntry &entry : report.entries)
    if (!entry.failure.empty()) failed.push_back({{"name", entry.name}, {"reason", entry.failure}});
  for (const OwnerDelta &owner : report.bestTwo.owners)
    causes.push_back({{"category", owner.category},
                      {"op_path", owner.opPath},
                      {"family", owner.family},
                      {"file", owner.site.file},
                      {"line", owner.site.line},
                      {"delta_ms", owner.deltaMs()}});
  return dumpJson(
      {{"schema", "hotloop.sweep/1"},
       {"configurations", std::move(rows)},
       {"not_measured", std::move(failed)},
       {"enough_rounds", report.grouping.enoughRounds},
       {"compared",
        {{"a", report.comparedA}, {"b", report.comparedB}, {"owners", std::move(causes)}}},
       {"notes", report.notes}});
}

} // namespace hotloop::cli

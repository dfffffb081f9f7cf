#include "cli/stats/stats_tables.h"

#include <algorithm>

#include "analyzers/gate/run_profile.h"
#include "cli/stats/profile_tables.h"
#include "cli/stats/range_table.h"

namespace hotloop::cli {

namespace {

ReportColumn number(const char *key, const char *title, CellFormat format = CellFormat::kCount) {
  return {key, title, format, true};
}

std::vector<ReportColumn> costColumns() {
  return {number("per_step", "per step"),
          number("self_ms", "self", CellFormat::kMilliseconds),
          number("total_ms", "total", CellFormat::kMilliseconds),
          number("launches", "launches"),
          number("host_syncs", "syncs"),
          number("allocations", "allocs"),
          number("allocated_bytes", "bytes", CellFormat::kBytes),
          {"share", "share", CellFormat::kShare, false}};
}

// Share of the step: its own time of the step's.
ReportCell shareOf(double ms, const Analysis &analysis) {
  const double step = analysis.steps.duration.milliseconds();
  return step > 0 ? ReportCell{ms / step} : ReportCell{};
}

std::vector<ReportCell> costCells(const CostRow &row, const Analysis &analysis) {
  return {row.perStep,
          row.selfTime.milliseconds(),
          row.totalTime.milliseconds(),
          row.launches,
          row.hostSyncs,
          row.allocations,
          row.allocatedBytes,
          shareOf(row.selfTime.milliseconds(), analysis)};
}

template <class Keep>
ReportTable operatorTable(const Analysis &analysis, std::string name, std::string title,
                          Keep &&keep) {
  ReportTable table{
      std::move(name), std::move(title), {{"name", "operator", CellFormat::kText, true}}, {}, 0};
  const auto columns = costColumns();
  table.columns.insert(table.columns.end(), columns.begin(), columns.end());
  for (const CostRow &row : analysis.operators) {
    if (!keep(row)) continue;
    auto &cells = table.rows.emplace_back();
    cells.emplace_back(row.name);
    for (ReportCell &cell : costCells(row, analysis)) cells.push_back(std::move(cell));
  }
  return table;
}

template <class Keep>
ReportTable siteTable(const Analysis &analysis, std::string name, std::string title, Keep &&keep) {
  ReportTable table{std::move(name),
                    std::move(title),
                    {{"site", "site", CellFormat::kPath, true},
                     {"file", "file", CellFormat::kText, false},
                     {"line", "line", CellFormat::kCount, false},
                     {"function", "function", CellFormat::kText, false}},
                    {},
                    0};
  const auto columns = costColumns();
  table.columns.insert(table.columns.end(), columns.begin(), columns.end());
  for (const CostRow &row : analysis.sites) {
    if (!keep(row)) continue;
    auto &cells = table.rows.emplace_back();
    cells.emplace_back(row.site.text());
    cells.push_back(row.site.file.empty() ? ReportCell{} : ReportCell{row.site.file});
    cells.push_back(row.site.line == 0 ? ReportCell{} : ReportCell{std::int64_t{row.site.line}});
    cells.push_back(row.site.function.empty() ? ReportCell{} : ReportCell{row.site.function});
    for (ReportCell &cell : costCells(row, analysis)) cells.push_back(std::move(cell));
  }
  return table;
}

ReportTable stepTable(const StepFigures &steps) {
  ReportTable table{"steps",
                    "per steady step",
                    {{"counter", "counter", CellFormat::kText, true},
                     {"per_step", "per step", CellFormat::kCount, true},
                     {"felt", "felt", CellFormat::kText, true}},
                    {},
                    0};
  auto add = [&](const char *name, const std::optional<double> &value, Felt felt) {
    table.rows.push_back({std::string(name), value ? ReportCell{*value} : ReportCell{},
                          value ? ReportCell{feltName(felt)} : ReportCell{}});
  };
  add("operators", steps.operators, Felt::kMeasured);
  add("launches", steps.launches, steps.felt);
  add("graph_launches", steps.graphLaunches, Felt::kMeasured);
  add("kernels", steps.kernels, Felt::kMeasured);
  add("host_syncs", steps.hostSyncs, steps.felt);
  add("copies", steps.copies, Felt::kMeasured);
  add("allocations", steps.allocations, Felt::kMeasured);
  add("allocated_bytes", steps.allocatedBytes, Felt::kMeasured);
  return table;
}

std::size_t columnOf(const ReportTable &table, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys)
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      if (table.columns[i].key == key) return i;
  return table.columns.size();
}

void sortFalling(ReportTable &table, std::size_t column) {
  if (column == table.columns.size()) return;
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [&](const auto &a, const auto &b) { return a[column] > b[column]; });
}

} // namespace

std::vector<std::string_view> statsTableNames() {
  return {"operators", "sites",  "syncs",  "allocs", "launches",
          "kernels",   "phases", "ranges", "steps"};
}

ReportTable makeStatsTable(std::string_view name, const AnalyzedRun &run) {
  const Analysis &analysis = run.analysis;
  const bool would = analysis.perStep.felt == Felt::kWould;
  auto all = [](const CostRow &) { return true; };
  if (name == "operators")
    return operatorTable(analysis, "operators", "operators, per steady step", all);
  if (name == "sites") return siteTable(analysis, "sites", "sites, per steady step", all);
  if (name == "kernels" || name == "phases") {
    // The steps that the analysis found steady: they are not looked for again.
    const std::vector<std::uint32_t> &steady = analysis.stepTable.steady;
    StepChoice same;
    if (!steady.empty()) same = {steady.front(), static_cast<std::int64_t>(steady.size())};
    const RunProfile profile = profileRun(run.trace, same);
    return name == "kernels" ? kernelTable(profile) : phaseTable(profile);
  }
  if (name == "ranges") return rangeTable(run.trace, run.analysis);
  if (name == "steps") return stepTable(run.steps);
  ReportTable table;
  if (name == "syncs") {
    table =
        siteTable(analysis, "syncs", would ? "sites of would-be host syncs" : "sites of host syncs",
                  [](const CostRow &row) { return row.hostSyncs > 0; });
    sortFalling(table, columnOf(table, {"host_syncs"}));
  } else if (name == "allocs") {
    table = siteTable(analysis, "allocs", "sites of allocations",
                      [](const CostRow &row) { return row.allocations > 0; });
    sortFalling(table, columnOf(table, {"allocated_bytes"}));
  } else {
    table = operatorTable(analysis, "launches",
                          would ? "operators that would launch" : "operators that launch",
                          [](const CostRow &row) { return row.launches > 0; });
    sortFalling(table, columnOf(table, {"launches"}));
  }
  return table;
}

void sortStatsTable(ReportTable &table, std::string_view order) {
  if (order == "time") sortFalling(table, columnOf(table, {"self_ms", "total_ms", "owned_ms"}));
  if (order == "share") {
    const std::size_t share = columnOf(table, {"share"});
    if (share < table.columns.size()) table.columns[share].shown = true;
    sortFalling(table, share);
  }
  if (order == "count") sortFalling(table, columnOf(table, {"per_step", "count"}));
  if (order == "name")
    std::stable_sort(table.rows.begin(), table.rows.end(),
                     [](const auto &a, const auto &b) { return a[0] < b[0]; });
}

} // namespace hotloop::cli

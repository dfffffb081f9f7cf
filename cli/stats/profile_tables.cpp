#include "cli/stats/profile_tables.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace hotloop::cli {

namespace {

double sumOf(const std::vector<std::int64_t> &values) {
  return static_cast<double>(std::accumulate(values.begin(), values.end(), std::int64_t{0}));
}

void add(std::vector<ReportCell> &cells, double value, bool known = true) {
  if (known)
    cells.emplace_back(value);
  else
    cells.emplace_back();
}

} // namespace

ReportTable kernelTable(const RunProfile &profile) {
  ReportTable table{"kernels",
                    "kernels by family and phase, per steady step",
                    {{"kernel", "kernel", CellFormat::kText, true},
                     {"phase", "phase", CellFormat::kText, true},
                     {"per_step", "per step", CellFormat::kCount, true},
                     {"total_ms", "total", CellFormat::kMilliseconds, true},
                     {"mean_ms", "mean", CellFormat::kMilliseconds, true},
                     {"owned_ms", "owned", CellFormat::kMilliseconds, true},
                     {"share", "share", CellFormat::kShare, true},
                     {"registers", "registers", CellFormat::kCount, true}},
                    {},
                    0};
  struct Sums {
    double worked = 0, owned = 0, count = 0;
    std::int64_t registers = 0;
  };
  std::map<std::pair<std::string, std::string>, Sums> kernels;
  for (const TimeOwner &owner : profile.owners) {
    if (owner.category != "kernel") continue;
    Sums &sums = kernels[{owner.family, owner.phase}];
    sums.worked += static_cast<double>(owner.worked);
    sums.owned += static_cast<double>(owner.owned);
    sums.count += static_cast<double>(owner.count);
    sums.registers = std::max(sums.registers, owner.registers);
  }
  const auto steps = static_cast<double>(std::max<std::size_t>(profile.durations.size(), 1));
  const double whole = sumOf(profile.durations);
  for (const auto &[key, sums] : kernels) {
    auto &cells = table.rows.emplace_back();
    cells.emplace_back(key.first);
    cells.emplace_back(key.second);
    add(cells, sums.count / steps);
    add(cells, sums.worked / steps * 1e-6);
    add(cells, sums.worked / std::max(sums.count, 1.0) * 1e-6, sums.count > 0);
    add(cells, sums.owned / steps * 1e-6);
    add(cells, sums.owned / std::max(whole, 1.0), whole > 0);
    add(cells, static_cast<double>(sums.registers), sums.registers > 0);
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const auto &a, const auto &b) { return a[3] > b[3]; });
  return table;
}

ReportTable phaseTable(const RunProfile &profile) {
  constexpr std::array<std::tuple<const char *, const char *, CellFormat>, 4> kCounters{
      {{"launches", "launches", CellFormat::kCount},
       {"host_syncs", "syncs", CellFormat::kCount},
       {"allocations", "allocs", CellFormat::kCount},
       {"allocated_bytes", "bytes", CellFormat::kBytes}}};
  ReportTable table{"phases",
                    "phases (without those below them), per steady step",
                    {{"phase", "phase", CellFormat::kText, true},
                     {"owned_ms", "owned", CellFormat::kMilliseconds, true},
                     {"share", "share", CellFormat::kShare, true}},
                    {},
                    0};
  for (const auto &[key, title, format] : kCounters)
    table.columns.push_back({key, title, format, true});
  const auto steps = static_cast<double>(std::max<std::size_t>(profile.durations.size(), 1));
  const double whole = sumOf(profile.durations);
  std::map<std::string, double> owned;
  for (const PhaseTime &phase : profile.phaseTimes) owned[phase.phase] = sumOf(phase.values);
  std::map<std::pair<std::string, std::string>, double> counted;
  for (const CounterSeries &series : profile.series) {
    if (series.level != SeriesLevel::kPhase) continue;
    owned.try_emplace(series.phase, 0.0);
    counted[{series.phase, series.counter}] = sumOf(series.values) / steps;
  }
  for (const auto &[phase, time] : owned) {
    auto &cells = table.rows.emplace_back();
    cells.emplace_back(phase.empty() ? "(outside of ranges)" : phase);
    add(cells, time / steps * 1e-6);
    add(cells, time / std::max(whole, 1.0), whole > 0);
    for (const auto &[key, title, format] : kCounters) {
      const auto found = counted.find({phase, key});
      add(cells, found == counted.end() ? 0.0 : found->second, profile.counts(key));
    }
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const auto &a, const auto &b) { return a[1] > b[1]; });
  return table;
}

} // namespace hotloop::cli

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "analyzers/gate/counter_check.h"

namespace hotloop {

namespace {

double meanOf(const CounterSeries *series) {
  if (series == nullptr || series->values.empty()) return 0;
  return std::accumulate(series->values.begin(), series->values.end(), 0.0) /
         static_cast<double>(series->values.size());
}

// Work that is gone altogether was more likely not measured than saved. What tells the two apart is
// whether other work goes on: fewer launches with the kernels still there is a graph, no sync with
// the operators still there is a repair.
struct Collapse {
  const char *counter;
  const char *witness; // may excuse it; nullptr: nothing does
};
constexpr Collapse kCollapses[] = {
    {"operators", "kernels"},      {"kernels", nullptr},  {"launches", "kernels"},
    {"graph_launches", "kernels"}, {"copies", "kernels"}, {"host_syncs", "operators"},
    {"allocations", "operators"},
};

} // namespace

GateRow runRow(std::string verdict, GateStatus status, std::string message) {
  GateRow row;
  row.verdict = std::move(verdict);
  row.status = status;
  row.level = "run";
  row.unit = GateUnit::kNone;
  row.message = std::move(message);
  return row;
}

std::vector<GateRow> checkRun(const RunProfile &run, const GatePolicy &policy) {
  std::vector<GateRow> rows;
  if (run.exitStatus != 0)
    rows.push_back(runRow("HG038", GateStatus::kError,
                          fmt::format("the program ended with exit code {}; what it did until then "
                                      "is no measurement. Repair it and record again",
                                      run.exitStatus)));
  else if (run.state == "truncated" || run.state == "running")
    rows.push_back(runRow("HG038", GateStatus::kError,
                          run.state == "running"
                              ? "the run is still being recorded; wait for its end"
                              : "the recording was cut off; record the run again"));
  if (run.durations.empty()) {
    rows.push_back(runRow("HG031", GateStatus::kError,
                          fmt::format("no steady steps, so nothing was measured: {}",
                                      run.whyNone.empty() ? "none were found." : run.whyNone)));
    return rows;
  }
  if (run.counted.empty())
    rows.push_back(runRow("HG030", GateStatus::kError,
                          "the run holds steps but no operators, allocations or device records, so "
                          "no counter was measured; see hotloop doctor"));
  for (const std::string &sentence : run.lost)
    rows.push_back(runRow("HG037", policy.lossWarns ? GateStatus::kWarn : GateStatus::kError,
                          "counts are too low: " + sentence));
  return rows;
}

std::vector<GateRow> checkWorld(const Baseline &baseline, const RunProfile &run,
                                const GatePolicy &policy) {
  std::vector<GateRow> rows;
  const GateStatus status = policy.mismatchWarns ? GateStatus::kWarn : GateStatus::kError;
  for (const std::string &difference : countDifferences(baseline.fingerprint, run.fingerprint))
    rows.push_back(runRow("HG032", status,
                          "the baseline is of another world; " + difference +
                              ". Save a baseline for this one, or compare all the same with "
                              "--on-mismatch warn"));
  for (const std::string &counter : baseline.counted) {
    if (run.counts(counter)) continue;
    GateRow row = runRow("HG039", GateStatus::kError,
                         fmt::format("{} were not measured in this run, and the baseline has them",
                                     counterTitle(counter)));
    row.counter = counter;
    rows.push_back(std::move(row));
  }
  const auto baseMean = [&](std::string_view counter) {
    for (const BaselineCounter &one : baseline.counters)
      if (one.level == SeriesLevel::kStep && one.counter == counter) return one.learned.mean;
    return 0.0;
  };
  const auto collapsed = [&](std::string_view counter) {
    const double base = baseMean(counter);
    return base > 0 && run.counts(counter) && meanOf(run.find(counter)) < base / 2;
  };
  for (const Collapse &one : kCollapses) {
    if (!collapsed(one.counter)) continue;
    const double now = meanOf(run.find(one.counter));
    if (one.witness != nullptr && baseMean(one.witness) > 0 && run.counts(one.witness) &&
        !collapsed(one.witness))
      continue;
    GateRow row = runRow(
        "HG034", GateStatus::kError,
        fmt::format("{} fell from {:.4g} to {:.4g} a step: that looks like work that was not "
                    "measured. If it is your change: hotloop baseline accept RUN --reason '...'",
                    counterTitle(one.counter), baseMean(one.counter), now));
    row.counter = one.counter;
    row.base = baseMean(one.counter);
    row.now = now;
    row.unit = GateUnit::kCount;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<GateRow> checkBudgets(const RunProfile &run, const GatePolicy &policy) {
  std::vector<GateRow> rows;
  std::vector<std::pair<std::string, std::string>> claimed; // counter, phase
  const auto steps = static_cast<double>(std::max<std::size_t>(run.durations.size(), 1));
  const auto judge = [&](const Budget &budget, const CounterLimit &limit, const std::string &phase,
                         double now, const std::string &what) {
    GateRow row;
    row.level = "budget";
    row.counter = limit.counter;
    row.phase = phase;
    row.kernel = budget.kernel;
    row.now = now;
    row.unit = isBytesCounter(limit.counter) ? GateUnit::kBytes : GateUnit::kCount;
    row.limit = limit.text;
    if (now > *limit.max + 1e-9 && limit.level != GateLevel::kOff) {
      row.status = limit.level == GateLevel::kWarn ? GateStatus::kWarn : GateStatus::kFail;
      row.verdict = "HG020";
      row.message = fmt::format("{} of {} are over {}: {:.4g}{}, at most {:.4g}",
                                counterTitle(limit.counter), what, budgetName(budget), now,
                                limit.counter == "registers" ? "" : " a step", *limit.max);
    }
    rows.push_back(std::move(row));
  };
  // A limit that nothing was held against is no limit that was kept.
  const auto unmeasured = [&](const Budget &budget, const std::string &why) {
    rows.push_back(runRow("HG039", GateStatus::kWarn,
                          fmt::format("{} limits nothing: {}", budgetName(budget), why)));
  };
  for (const Budget &budget : policy.budgets) {
    const bool anyPhase =
        budget.phase == "**" || std::ranges::any_of(run.series, [&](const CounterSeries &series) {
          return series.level == SeriesLevel::kPhase && globMatches(budget.phase, series.phase);
        });
    if (!anyPhase && budget.kernel.empty() && !budget.counters.empty()) {
      unmeasured(budget, fmt::format("no phase of the run matches \"{}\"", budget.phase));
      continue;
    }
    for (const CounterLimit &limit : budget.counters) {
      if (!budget.kernel.empty()) {
        if (!limit.max) continue;
        if (limit.counter == "spilled_bytes") {
          unmeasured(budget, "not checked: runs do not record the local memory of kernels, so "
                             "spills are not known; cuobjdump -res-usage on the binary has them");
          continue;
        }
        double count = 0;
        bool any = false;
        std::int64_t registers = 0;
        for (const TimeOwner &owner : run.owners)
          if (owner.category == "kernel" && globMatches(budget.kernel, owner.family) &&
              globMatches(budget.phase, owner.phase)) {
            any = true;
            count += static_cast<double>(owner.count);
            registers = std::max(registers, owner.registers);
          }
        if (!any) {
          unmeasured(budget,
                     run.counts("kernels")
                         ? fmt::format("no kernel of the run matches \"{}\"{}", budget.kernel,
                                       budget.phase == "**" ? "" : " in " + budget.phase)
                         : "the run has no records of kernels");
          break;
        }
        const bool perThread = limit.counter == "registers";
        judge(budget, limit, budget.phase,
              perThread ? static_cast<double>(registers) : count / steps,
              "kernels " + budget.kernel);
        continue;
      }
      if (budget.phase == "**") {
        if (limit.max && run.counts(limit.counter))
          judge(budget, limit, "", meanOf(run.find(limit.counter)), "the step");
        else if (!run.counts(limit.counter) && limit.level != GateLevel::kOff)
          unmeasured(budget, counterTitle(limit.counter) + " were not measured in this run");
        continue;
      }
      for (const CounterSeries &series : run.series) {
        if (series.level != SeriesLevel::kPhase || series.counter != limit.counter ||
            !globMatches(budget.phase, series.phase))
          continue;
        const std::pair<std::string, std::string> subject{limit.counter, series.phase};
        if (std::ranges::find(claimed, subject) != claimed.end()) continue;
        claimed.push_back(subject);
        if (limit.max) judge(budget, limit, series.phase, meanOf(&series), "phase " + series.phase);
      }
    }
  }
  return rows;
}

void applyAllows(std::vector<GateRow> &rows, const RunProfile &run, const GatePolicy &policy) {
  const auto steps = static_cast<double>(run.durations.size());
  std::vector<GateRow> expired;
  for (const AllowEntry &entry : policy.allows) {
    const bool over = !entry.until.empty() && entry.until < policy.today;
    if (over) {
      GateRow row =
          runRow("HG036", GateStatus::kWarn,
                 fmt::format("the allow entry in line {} ended on {} and covers nothing any "
                             "more ({}); remove or renew it",
                             entry.line, entry.until, entry.reason));
      expired.push_back(std::move(row));
      continue;
    }
    for (GateRow &row : rows) {
      if (row.status != GateStatus::kFail && row.status != GateStatus::kWarn) continue;
      if (row.level != "site" || (!entry.rule.empty() && entry.rule != row.verdict)) continue;
      if (!entry.phase.empty() && !globMatches(entry.phase, row.phase)) continue;
      if (!entry.site.empty() && !siteMatches(entry.site, row.site.file, row.site.function))
        continue;
      const double more = row.now.value_or(0) - row.base.value_or(0);
      if (entry.every > 0 && more * steps > std::ceil(steps / entry.every) + 1e-9) continue;
      row.status = GateStatus::kAllowed;
      row.message = "allowed: " + entry.reason;
    }
  }
  // A sum that failed only because of what is allowed in it is allowed too.
  for (GateRow &row : rows) {
    if ((row.status != GateStatus::kFail && row.status != GateStatus::kWarn) ||
        (row.level != "step" && row.level != "phase"))
      continue;
    double allowed = 0;
    for (const GateRow &site : rows)
      if (site.level == "site" && site.status == GateStatus::kAllowed &&
          site.counter == row.counter && (row.level == "step" || site.phase == row.phase))
        allowed += site.now.value_or(0) - site.base.value_or(0);
    if (allowed > 0 && row.now.value_or(0) - row.base.value_or(0) <= allowed + 1e-9) {
      row.status = GateStatus::kAllowed;
      row.message = "allowed: an allow entry covers what is new";
    }
  }
  rows.insert(rows.end(), expired.begin(), expired.end());
}

} // namespace hotloop

#include "cli/diff/run_diff.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace hotloop::cli {

namespace {

constexpr double kShownChange = 0.01;

struct Counter {
  const char *name;
  const char *title;
  std::optional<double> StepFigures::*total;
  double CostRow::*atSite; // nullptr: not known per site
  bool wouldBe;            // its meaning depends on StepFigures::felt
  bool bytes;
};

// In the order of the output: what hurts a GPU most comes first.
constexpr Counter kCounters[] = {
    {"host_syncs", "host syncs", &StepFigures::hostSyncs, &CostRow::hostSyncs, true, false},
    {"launches", "launches", &StepFigures::launches, &CostRow::launches, true, false},
    {"graph_launches", "graph launches", &StepFigures::graphLaunches, nullptr, false, false},
    {"kernels", "kernels", &StepFigures::kernels, nullptr, false, false},
    {"copies", "copies", &StepFigures::copies, nullptr, false, false},
    {"allocations", "allocations", &StepFigures::allocations, &CostRow::allocations, false, false},
    {"allocated_bytes", "allocated bytes", &StepFigures::allocatedBytes, &CostRow::allocatedBytes,
     false, true},
    {"operators", "operators", &StepFigures::operators, &CostRow::perStep, false, false},
};

CounterChange compareCounter(const Counter &counter, const StepFigures &before,
                             const StepFigures &after) {
  CounterChange change{counter.name, counter.title, before.*counter.total, after.*counter.total,
                       {},           counter.bytes};
  const bool sameMeaning = !counter.wouldBe || before.felt == after.felt;
  if (counter.wouldBe && sameMeaning && before.felt == Felt::kWould)
    change.title = std::string("would-be ") + counter.title;
  if (!change.before && !change.after)
    change.whyNot = "neither run has it";
  else if (!change.before || !change.after)
    change.whyNot = "only one run has it";
  else if (!sameMeaning)
    change.whyNot = "measured on one side, would-be on the other";
  return change;
}

struct SitePair {
  const CostRow *before = nullptr;
  const CostRow *after = nullptr;
};

std::vector<SitePair> matchSites(const LoadedProfile &before, const LoadedProfile &after) {
  using Place = std::tuple<std::string, std::uint32_t, std::string>;
  std::map<Place, SitePair> exact;
  auto place = [](const CostRow &row) {
    return Place{row.site.file, row.site.line, row.site.function};
  };
  for (const CostRow &row : before.sites) exact[place(row)].before = &row;
  for (const CostRow &row : after.sites) exact[place(row)].after = &row;

  std::vector<SitePair> pairs;
  std::map<std::pair<std::string, std::string>,
           std::pair<std::vector<const CostRow *>, std::vector<const CostRow *>>>
      leftOver;
  for (const auto &[key, pair] : exact) {
    if (pair.before != nullptr && pair.after != nullptr) {
      pairs.push_back(pair);
      continue;
    }
    auto &[gone, come] = leftOver[{std::get<0>(key), std::get<2>(key)}];
    if (pair.before != nullptr) gone.push_back(pair.before);
    if (pair.after != nullptr) come.push_back(pair.after);
  }
  for (const auto &[key, rows] : leftOver) {
    const auto &[gone, come] = rows;
    if (gone.size() == 1 && come.size() == 1 && !key.first.empty()) {
      pairs.push_back({gone[0], come[0]});
      continue;
    }
    for (const CostRow *row : gone) pairs.push_back({row, nullptr});
    for (const CostRow *row : come) pairs.push_back({nullptr, row});
  }
  return pairs;
}

std::vector<SiteChange> compareSites(const Counter &counter, const std::vector<SitePair> &pairs) {
  std::vector<SiteChange> changes;
  for (const SitePair &pair : pairs) {
    SiteChange change;
    change.counter = counter.name;
    if (pair.before != nullptr) change.before = pair.before->*counter.atSite;
    if (pair.after != nullptr) change.after = pair.after->*counter.atSite;
    if (std::fabs(change.after - change.before) < kShownChange) continue;
    change.site = pair.after != nullptr ? pair.after->site : pair.before->site;
    if (pair.before != nullptr && pair.after != nullptr &&
        pair.before->site.line != pair.after->site.line)
      change.movedFrom = pair.before->site;
    changes.push_back(std::move(change));
  }
  std::sort(changes.begin(), changes.end(), [](const SiteChange &a, const SiteChange &b) {
    const double x = std::fabs(a.after - a.before), y = std::fabs(b.after - b.before);
    return x != y ? x > y : a.site.text() < b.site.text();
  });
  return changes;
}

std::vector<ConditionChange> compareConditions(const LoadedProfile &before,
                                               const LoadedProfile &after) {
  std::vector<ConditionChange> changes;
  for (std::size_t i = 0; i < std::min(before.conditions.size(), after.conditions.size()); ++i)
    if (before.conditions[i].second != after.conditions[i].second)
      changes.push_back(
          {before.conditions[i].first, before.conditions[i].second, after.conditions[i].second});
  return changes;
}

} // namespace

bool CounterChange::differs() const { return comparable() && *before != *after; }

bool RunDiff::differs() const {
  return std::any_of(counters.begin(), counters.end(),
                     [](const CounterChange &c) { return c.differs(); });
}

RunDiff diffRuns(const LoadedProfile &before, const LoadedProfile &after) {
  RunDiff diff;
  diff.conditions = compareConditions(before, after);
  for (const LoadedProfile *run : {&before, &after})
    if (run->steps.steady == 0 && diff.whyNot.empty())
      diff.whyNot =
          fmt::format("{} has no steady steps to compare: {}", run->run.file,
                      run->steps.whyNone.empty() ? "none were found." : run->steps.whyNone);
  if (!diff.comparable()) return diff;
  diff.time = compareTimes(before.profile, after.profile);
  // A gate must not pass because the records that it looks at went missing.
  if (before.steps.felt != after.steps.felt)
    diff.whyNot = fmt::format("{} was measured on a GPU, and {} counts what a GPU would see.",
                              (before.steps.felt == Felt::kMeasured ? before : after).run.file,
                              (before.steps.felt == Felt::kMeasured ? after : before).run.file);
  const auto pairs = matchSites(before, after);
  for (const Counter &counter : kCounters) {
    CounterChange change = compareCounter(counter, before.steps, after.steps);
    if (change.comparable() && counter.atSite != nullptr)
      for (SiteChange &site : compareSites(counter, pairs)) diff.sites.push_back(std::move(site));
    if (change.before || change.after) diff.counters.push_back(std::move(change));
  }
  return diff;
}

} // namespace hotloop::cli

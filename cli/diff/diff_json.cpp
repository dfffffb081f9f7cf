#include <nlohmann/json.hpp>

#include "cli/diff/diff_writer.h"
#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

Json sideJson(const AnalyzedRun &run) {
  return {{"run", runJson(run.run)},
          {"steps", stepsJson(run.steps)},
          {"per_step", perStepJson(run.steps)},
          {"quality", qualityJson(run.quality)}};
}

Json numberOrNull(const std::optional<double> &number) {
  return number ? countJson(*number) : Json(nullptr);
}

Json counterJson(const CounterChange &change) {
  return {
      {"name", change.name},
      {"a", numberOrNull(change.before)},
      {"b", numberOrNull(change.after)},
      {"change", change.comparable() ? countJson(*change.after - *change.before) : Json(nullptr)},
      {"differs", change.differs()},
      {"why_not", change.comparable() ? Json(nullptr) : Json(change.whyNot)}};
}

Json timeJson(const AnalyzedRun &before, const AnalyzedRun &after) {
  const double a = before.steps.durationMs, b = after.steps.durationMs;
  const bool known = a > 0 && b > 0;
  return {{"a_ms", a > 0 ? millisecondsJson(a) : Json(nullptr)},
          {"b_ms", b > 0 ? millisecondsJson(b) : Json(nullptr)},
          {"change_percent", known ? Json((b - a) / a * 100) : Json(nullptr)},
          {"verdict", nullptr},
          {"why_none", "one run each: the spread between runs is not known"}};
}

} // namespace

std::string diffJson(const RunDiff &diff, const AnalyzedRun &before, const AnalyzedRun &after,
                     const ReportExit &exit) {
  Json counters = Json::array(), sites = Json::array(), conditions = Json::array();
  for (const CounterChange &change : diff.counters) counters.push_back(counterJson(change));
  for (const SiteChange &change : diff.sites)
    sites.push_back({{"counter", change.counter},
                     {"site", siteJson(change.site)},
                     {"moved_from_line",
                      change.movedFrom.line == 0 ? Json(nullptr) : Json(change.movedFrom.line)},
                     {"a", countJson(change.before)},
                     {"b", countJson(change.after)},
                     {"change", countJson(change.after - change.before)}});
  for (const ConditionChange &change : diff.conditions)
    conditions.push_back({{"name", change.name}, {"a", change.before}, {"b", change.after}});
  return dumpJson({{"schema", "hotloop.diff/1"},
                   {"a", sideJson(before)},
                   {"b", sideJson(after)},
                   {"comparable", diff.comparable()},
                   {"why_not", diff.comparable() ? Json(nullptr) : Json(diff.whyNot)},
                   {"differs", diff.differs()},
                   {"counters", std::move(counters)},
                   {"step_time", timeJson(before, after)},
                   {"sites", std::move(sites)},
                   {"conditions", std::move(conditions)},
                   {"exit", exitJson(exit)}});
}

} // namespace hotloop::cli

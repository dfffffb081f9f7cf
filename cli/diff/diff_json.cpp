#include <nlohmann/json.hpp>

#include "cli/diff/diff_writer.h"
#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

Json sideJson(const LoadedProfile &run) {
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

Json timeJson(const LoadedProfile &before, const LoadedProfile &after) {
  const double a = before.steps.durationMs, b = after.steps.durationMs;
  const bool known = a > 0 && b > 0;
  return {{"a_ms", a > 0 ? millisecondsJson(a) : Json(nullptr)},
          {"b_ms", b > 0 ? millisecondsJson(b) : Json(nullptr)},
          {"change_percent", known ? Json((b - a) / a * 100) : Json(nullptr)},
          {"verdict", nullptr},
          {"why_none", "one run each: the spread between runs is not known"}};
}

// Every owner, so that the deltas add up to delta_ms.
Json ownersJson(const TimeComparison &time) {
  Json owners = Json::array();
  auto text = [](const std::string &value) { return value.empty() ? Json(nullptr) : Json(value); };
  for (const OwnerDelta &owner : time.owners)
    owners.push_back({{"category", owner.category},
                      {"phase", text(owner.phase)},
                      {"op_path", text(owner.opPath)},
                      {"family", text(owner.family)},
                      {"site", owner.site.file.empty() ? Json(nullptr) : siteJson(owner.site)},
                      {"matched", owner.matched},
                      {"a_ms", owner.aMs},
                      {"b_ms", owner.bMs},
                      {"delta_ms", owner.deltaMs()},
                      {"count_ms", owner.countMs},
                      {"unit_ms", owner.unitMs},
                      {"exposure_ms", owner.exposureMs},
                      {"a_count", owner.aCount},
                      {"b_count", owner.bCount}});
  return {{"a_mean_ms", time.aMs},
          {"b_mean_ms", time.bMs},
          {"delta_ms", time.deltaMs()},
          {"notes", time.notes},
          {"parts", std::move(owners)}};
}

} // namespace

std::string diffJson(const RunDiff &diff, const LoadedProfile &before, const LoadedProfile &after,
                     const std::vector<FurtherDiff> &more, const ReportExit &exit) {
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
  Json further = Json::array();
  for (const FurtherDiff &one : more) {
    Json counted = Json::array();
    for (const CounterChange &change : one.diff.counters) counted.push_back(counterJson(change));
    further.push_back({{"run", sideJson(*one.run)},
                       {"comparable", one.diff.comparable()},
                       {"why_not", one.diff.comparable() ? Json(nullptr) : Json(one.diff.whyNot)},
                       {"counters", std::move(counted)},
                       {"owners", ownersJson(one.diff.time)}});
  }
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
                   {"owners", ownersJson(diff.time)},
                   {"more", std::move(further)},
                   {"exit", exitJson(exit)}});
}

} // namespace hotloop::cli

#include <nlohmann/json.hpp>

#include "core/report/gate_writers.h"
#include "core/report/json_parts.h"

namespace hotloop {

namespace {

Json textOrNull(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }
Json numberOrNull(const std::optional<double> &number) {
  return number ? countJson(*number) : Json(nullptr);
}

Json rowJson(const GateRow &row) {
  const bool change = row.base && row.now;
  return {{"verdict", textOrNull(row.verdict)},
          {"status", gateStatusName(row.status)},
          {"level", row.level},
          {"counter", textOrNull(row.counter)},
          {"phase", textOrNull(row.phase)},
          {"kernel", textOrNull(row.kernel)},
          {"site", row.site.file.empty() ? Json(nullptr) : siteJson(row.site)},
          {"op", textOrNull(row.op)},
          {"stability", textOrNull(row.stability)},
          {"provisional", row.provisional},
          {"base", numberOrNull(row.base)},
          {"now", numberOrNull(row.now)},
          {"change", change ? countJson(*row.now - *row.base) : Json(nullptr)},
          {"limit", textOrNull(row.limit)},
          {"message", textOrNull(row.message)},
          {"fingerprint", row.verdict.empty() ? Json(nullptr) : Json(gateFingerprint(row))}};
}

Json timeJson(const GateTime &time, const std::vector<double> *pairs) {
  return {{"metric", time.metric},
          {"phase", textOrNull(time.phase)},
          {"base_ms", millisecondsJson(time.baseMs)},
          {"now_ms", millisecondsJson(time.nowMs)},
          {"change", time.change},
          {"low", time.low},
          {"high", time.high},
          {"p", time.p},
          {"effect", time.effect},
          {"pairs", time.pairs},
          {"more_pairs", time.morePairs > 0 ? Json(time.morePairs) : Json(nullptr)},
          {"smallest_effect", time.smallestEffect > 0 ? Json(time.smallestEffect) : Json(nullptr)},
          {"verdict", time.verdict},
          {"log_ratios", pairs == nullptr ? Json::array() : Json(*pairs)}};
}

Json causeJson(const GateCause &cause) {
  return {{"category", cause.category},
          {"phase", textOrNull(cause.phase)},
          {"op_path", textOrNull(cause.opPath)},
          {"family", textOrNull(cause.family)},
          {"site", cause.site.file.empty() ? Json(nullptr) : siteJson(cause.site)},
          {"delta_ms", millisecondsJson(cause.deltaMs)},
          {"share", cause.share},
          {"count_ms", millisecondsJson(cause.countMs)},
          {"unit_ms", millisecondsJson(cause.unitMs)},
          {"exposure_ms", millisecondsJson(cause.exposureMs)},
          {"count_before", countJson(cause.countBefore)},
          {"count_after", countJson(cause.countAfter)}};
}

} // namespace

std::string gateJson(const GateReport &report) {
  Json rows = Json::array(), times = Json::array(), causes = Json::array();
  for (const GateRow &row : report.rows) rows.push_back(rowJson(row));
  for (std::size_t i = 0; i < report.times.size(); ++i)
    times.push_back(
        timeJson(report.times[i], i < report.pairs.size() ? &report.pairs[i] : nullptr));
  for (const GateCause &cause : report.causes) causes.push_back(causeJson(cause));
  return dumpJson({{"schema", "hotloop.check/1"},
                   {"command", report.command},
                   {"run", runJson(report.run)},
                   {"steps", stepsJson(report.steps)},
                   {"device_class", textOrNull(report.deviceClass)},
                   {"commit", textOrNull(report.commit)},
                   {"baseline", textOrNull(report.baseline)},
                   {"baseline_file", textOrNull(report.baselineFile)},
                   {"provisional", report.provisional},
                   {"notes", report.notes},
                   {"rows", std::move(rows)},
                   {"times", std::move(times)},
                   {"step_delta_ms",
                    report.stepDeltaMs ? millisecondsJson(*report.stepDeltaMs) : Json(nullptr)},
                   {"causes", std::move(causes)},
                   {"quality", qualityJson(report.quality)},
                   {"next", textOrNull(report.next)},
                   {"exit", exitJson(report.exit)}});
}

} // namespace hotloop

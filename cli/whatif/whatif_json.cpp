#include <cmath>

#include <nlohmann/json.hpp>

#include "cli/whatif/whatif_report.h"
#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

// Six digits behind the point: gains are fractions.
Json fraction(double value) { return std::round(value * 1e6) / 1e6; }

Json boundJson(Bound bound) {
  switch (bound) {
  case Bound::kLower: return "lower";
  case Bound::kUpper: return "upper";
  case Bound::kNone: break;
  }
  return nullptr;
}

Json predictedJson(const Prediction &prediction) {
  if (!prediction.abstained.empty())
    return {{"ms", nullptr},   {"low_ms", nullptr},   {"high_ms", nullptr},
            {"gain", nullptr}, {"gain_low", nullptr}, {"gain_high", nullptr}};
  return {{"ms", millisecondsJson(prediction.ms)},
          {"low_ms", millisecondsJson(prediction.lowMs)},
          {"high_ms", millisecondsJson(prediction.highMs)},
          {"gain", fraction(prediction.gain)},
          {"gain_low", fraction(prediction.gainLow)},
          {"gain_high", fraction(prediction.gainHigh)}};
}

void addJudgement(Json &json, const Prediction &prediction) {
  const bool none = !prediction.abstained.empty();
  json["trust"] = none ? Json(nullptr) : Json(prediction.trust);
  json["bound"] = none ? Json(nullptr) : boundJson(prediction.bound);
  json["below_resolution"] = none ? Json(nullptr) : Json(prediction.belowResolution);
  json["abstained"] = none ? Json(prediction.abstained) : Json(nullptr);
  json["note"] = prediction.note.empty() ? Json(nullptr) : Json(prediction.note);
  json["warnings"] = prediction.warnings;
}

Json stepJson(const WhatIfReport &report) {
  const ReplayBaseline &baseline = report.baseline;
  const bool known = report.templateSteps > 0;
  const auto ms = [&](double value) { return known ? millisecondsJson(value) : Json(nullptr); };
  return {{"recorded_ms", ms(baseline.recordedMs)},
          {"replayed_ms", ms(baseline.replayedMs)},
          {"replay_error", known ? fraction(baseline.error) : Json(nullptr)},
          {"unprofiled_ms",
           report.unprofiledMs ? millisecondsJson(*report.unprofiledMs) : Json(nullptr)},
          {"ms", ms(baseline.ms)},
          {"host_factor", known ? fraction(baseline.hostFactor) : Json(nullptr)},
          {"host_bound", known ? Json(baseline.hostBound) : Json(nullptr)},
          {"host_only_ms", ms(baseline.hostOnlyMs)},
          {"device_only_ms", ms(baseline.deviceOnlyMs)},
          {"steady_steps", report.steps.steady},
          {"template_steps", report.templateSteps},
          {"template_anchors", report.templateAnchors}};
}

Json recommendationJson(const Recommendation &recommendation) {
  Json toggles = Json::array();
  for (const RecommendedToggle &toggle : recommendation.toggles)
    toggles.push_back(
        {{"toggle", toggle.name},
         {"flag", toggle.flag.empty() ? Json(nullptr) : Json(toggle.flag)},
         {"advice", toggle.advice},
         {"adds_ms", toggle.predicted ? millisecondsJson(toggle.addsMs) : Json(nullptr)},
         {"ms", toggle.predicted ? millisecondsJson(toggle.ms) : Json(nullptr)},
         {"why_none", toggle.predicted ? Json(nullptr) : Json(toggle.whyNone)}});
  return {
      {"toggles", std::move(toggles)},
      {"preset", recommendation.preset.empty() ? Json(nullptr) : Json(recommendation.preset)},
      {"preset_differs", recommendation.presetDiffers},
      {"command", recommendation.command.empty() ? Json(nullptr) : Json(recommendation.command)}};
}

} // namespace

std::string whatIfJson(const WhatIfReport &report) {
  Json fixes = Json::array();
  for (const FixAnswer &answer : report.fixes) {
    Json row = {{"fix", answer.fix}, {"predicted", predictedJson(answer.prediction)}};
    addJudgement(row, answer.prediction);
    row["naive"] = {{"time_sum", fraction(answer.naive.timeSum)},
                    {"idle_inside", fraction(answer.naive.idleInside)}};
    fixes.push_back(std::move(row));
  }
  Json stack = Json::array();
  for (const WhatIf::Stacked &row : report.stack)
    stack.push_back({{"fix", report.fixes[row.edit].fix},
                     {"adds_ms", millisecondsJson(row.marginalMs)},
                     {"ms", millisecondsJson(row.together.ms)},
                     {"gain", fraction(row.together.gain)}});
  Json json = {{"schema", "hotloop.whatif/1"},
               {"run", runJson(report.run)},
               {"step", stepJson(report)},
               {"predicted", predictedJson(report.together)}};
  addJudgement(json, report.together);
  json["fixes"] = std::move(fixes);
  json["not_applied"] = Json::array();
  for (const NotApplied &one : report.notApplied)
    json["not_applied"].push_back({{"fix", one.fix}, {"why", one.why}});
  json["stack"] = std::move(stack);
  if (report.recommendation) json["recommendation"] = recommendationJson(*report.recommendation);
  json["quality"] = qualityJson(report.quality);
  json["exit"] = exitJson(report.exit);
  return dumpJson(json);
}

} // namespace hotloop::cli

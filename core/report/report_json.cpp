#include "core/report/report_json.h"

#include <nlohmann/json.hpp>

#include "core/report/json_parts.h"

namespace hotloop {

namespace {

Json gainJson(const Gain &gain) {
  const auto &estimate = gain.estimate;
  return {{"ms", estimate ? Json(estimate->ms) : Json(nullptr)},
          {"low_ms", estimate ? Json(estimate->lowMs) : Json(nullptr)},
          {"high_ms", estimate ? Json(estimate->highMs) : Json(nullptr)},
          {"trust", estimate ? Json(estimate->trust) : Json(nullptr)},
          {"share", estimate ? Json(estimate->share) : Json(nullptr)},
          {"bound", estimate && !estimate->bound.empty() ? Json(estimate->bound) : Json(nullptr)},
          {"below_resolution", estimate && estimate->belowResolution},
          {"most_ms", gain.mostMs ? millisecondsJson(*gain.mostMs) : Json(nullptr)},
          {"why_none", estimate ? Json(nullptr) : Json(gain.whyNone)}};
}

Json deviceJson(const std::optional<DeviceEvidence> &device) {
  if (!device) return nullptr;
  return {{"waited_ms", millisecondsJson(device->waited.milliseconds())},
          {"idle_ms", millisecondsJson(device->idle.milliseconds())}};
}

Json oneFindingJson(const Finding &finding, int rank) {
  Json evidence = Json::array();
  for (const Evidence &row : finding.evidence)
    evidence.push_back({{"table", row.table}, {"row", row.row}, {"description", row.description}});
  auto optional = [](const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); };
  return {{"rank", rank},
          {"rule", finding.rule},
          {"variant", optional(finding.variant)},
          {"title", finding.title},
          {"site", siteJson(finding.site)},
          {"per_step", countJson(finding.perStep)},
          {"felt", feltName(finding.felt)},
          {"host_ms", millisecondsJson(finding.hostTime.milliseconds())},
          {"device_ms", millisecondsJson(finding.deviceTime.milliseconds())},
          {"bytes_per_step", finding.bytesPerStep},
          {"device", deviceJson(finding.device)},
          {"gain", gainJson(finding.gain)},
          {"fix", finding.fix},
          {"fix_code", optional(finding.fixCode)},
          {"may_not_pay", optional(finding.mayNotPay)},
          {"doc", optional(finding.doc)},
          {"evidence", std::move(evidence)},
          {"timeline", optional(finding.picture)}};
}

Json findingsJson(const std::vector<Finding> &findings) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < findings.size(); ++i)
    rows.push_back(oneFindingJson(findings[i], static_cast<int>(i) + 1));
  return rows;
}

Json estimateJson(const Gain::Estimate &estimate) {
  return {{"ms", millisecondsJson(estimate.ms)},
          {"low_ms", millisecondsJson(estimate.lowMs)},
          {"high_ms", millisecondsJson(estimate.highMs)},
          {"share", estimate.share},
          {"trust", estimate.trust},
          {"bound", estimate.bound.empty() ? Json(nullptr) : Json(estimate.bound)}};
}

Json planJson(const ChangePlan &plan) {
  const auto optional = [](const std::string &text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  Json changes = Json::array();
  for (const PlannedChange &change : plan.changes)
    changes.push_back(
        {{"change", change.name},
         {"rules", change.rules},
         {"advice", change.advice},
         {"site", siteJson(change.site)},
         {"flags", optional(change.flags)},
         {"adds_ms", change.addsMs ? millisecondsJson(*change.addsMs) : Json(nullptr)},
         {"ms", change.ms ? millisecondsJson(*change.ms) : Json(nullptr)},
         {"why_none", optional(change.whyNone)}});
  return {{"changes", std::move(changes)},
          {"covered", plan.covered},
          {"step_ms", plan.stepMs > 0 ? millisecondsJson(plan.stepMs) : Json(nullptr)},
          {"together", plan.together ? estimateJson(*plan.together) : Json(nullptr)},
          {"why_none", optional(plan.whyNone)},
          {"preset", optional(plan.preset)},
          {"preset_differs", plan.presetDiffers},
          {"command", optional(plan.command)}};
}

} // namespace

std::string findingJson(const Finding &finding, int rank) {
  return oneFindingJson(finding, rank).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string adviceJson(const AdviceReport &report) {
  Json notChecked = Json::array();
  for (const UncheckedRule &row : report.notChecked)
    notChecked.push_back({{"rule", row.rule}, {"reason", row.reason}});
  return dumpJson({{"schema", "hotloop.advise/1"},
                   {"run", runJson(report.run)},
                   {"steps", stepsJson(report.steps)},
                   {"per_step", perStepJson(report.steps)},
                   {"quality", qualityJson(report.quality)},
                   {"findings", findingsJson(report.findings)},
                   {"plan", report.plan ? planJson(*report.plan) : Json(nullptr)},
                   {"not_worth", findingsJson(report.notWorth)},
                   {"unresolved", findingsJson(report.unresolved)},
                   {"seldom", findingsJson(report.seldom)},
                   {"not_checked", std::move(notChecked)},
                   {"exit", exitJson(report.exit)}});
}

std::string statsJson(const StatsReport &report) {
  Json tables = Json::object();
  for (const ReportTable &table : report.tables) tables[table.name] = tableRowsJson(table);
  return dumpJson({{"schema", "hotloop.stats/1"},
                   {"run", runJson(report.run)},
                   {"steps", stepsJson(report.steps)},
                   {"per_step", perStepJson(report.steps)},
                   {"quality", qualityJson(report.quality)},
                   {"tables", std::move(tables)},
                   {"exit", exitJson(report.exit)}});
}

} // namespace hotloop

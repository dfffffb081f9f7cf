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
                   {"not_worth", findingsJson(report.notWorth)},
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

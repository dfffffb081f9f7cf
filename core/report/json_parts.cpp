#include "core/report/json_parts.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace hotloop {

namespace {

Json textOrNull(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

Json numberOrNull(const std::optional<double> &number) {
  return number.has_value() ? countJson(*number) : Json(nullptr);
}

Json cellJson(const ReportCell &cell, CellFormat format) {
  const auto *number = std::get_if<double>(&cell);
  if (number != nullptr && format == CellFormat::kMilliseconds) return millisecondsJson(*number);
  if (number != nullptr && format != CellFormat::kPlain) return countJson(*number);
  if (const auto *whole = std::get_if<std::int64_t>(&cell)) return *whole;
  if (const auto *real = std::get_if<double>(&cell)) return *real;
  if (const auto *text = std::get_if<std::string>(&cell)) return *text;
  return nullptr;
}

} // namespace

Json millisecondsJson(double milliseconds) { return std::round(milliseconds * 1e6) / 1e6; }

Json countJson(double count) {
  constexpr double kExact = 9007199254740992.0; // 2^53
  if (count == std::floor(count) && std::fabs(count) < kExact)
    return static_cast<std::int64_t>(count);
  return count;
}

std::string feltName(Felt felt) { return felt == Felt::kMeasured ? "measured" : "would"; }

Json runJson(const ReportRun &run) {
  return {{"file", run.file},
          {"command", textOrNull(run.command)},
          {"state", textOrNull(run.state)},
          {"tool_version", textOrNull(run.toolVersion)}};
}

Json stepsJson(const StepFigures &steps) {
  const bool known = steps.steady > 0;
  auto ms = [&](double value) {
    return known && value > 0 ? millisecondsJson(value) : Json(nullptr);
  };
  return {{"total", steps.total},
          {"steady", steps.steady},
          {"period_ms", ms(steps.periodMs)},
          {"duration_ms", ms(steps.durationMs)},
          {"p10_ms", ms(steps.p10Ms)},
          {"p90_ms", ms(steps.p90Ms)},
          {"source", textOrNull(steps.source)},
          {"why_none", textOrNull(steps.whyNone)}};
}

Json perStepJson(const StepFigures &steps) {
  return {{"operators", numberOrNull(steps.operators)},
          {"launches", numberOrNull(steps.launches)},
          {"graph_launches", numberOrNull(steps.graphLaunches)},
          {"kernels", numberOrNull(steps.kernels)},
          {"host_syncs", numberOrNull(steps.hostSyncs)},
          {"copies", numberOrNull(steps.copies)},
          {"allocations", numberOrNull(steps.allocations)},
          {"allocated_bytes", numberOrNull(steps.allocatedBytes)},
          {"felt", feltName(steps.felt)}};
}

Json qualityJson(const std::vector<QualityNote> &quality) {
  Json rows = Json::array();
  for (const QualityNote &note : quality)
    rows.push_back({{"name", note.name},
                    {"severity", note.severity},
                    {"count", note.count},
                    {"message", note.message}});
  return rows;
}

Json siteJson(const Site &site) {
  return {{"file", textOrNull(site.file)},
          {"line", site.line == 0 ? Json(nullptr) : Json(site.line)},
          {"function", textOrNull(site.function)},
          {"range", textOrNull(site.rangePath)}};
}

Json tableRowsJson(const ReportTable &table) {
  Json rows = Json::array();
  for (const auto &row : table.rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      object[table.columns[i].key] = cellJson(row[i], table.columns[i].format);
    rows.push_back(std::move(object));
  }
  return rows;
}

Json exitJson(const ReportExit &exit) { return {{"code", exit.code}, {"reason", exit.reason}}; }

std::string dumpJson(const Json &json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace hotloop

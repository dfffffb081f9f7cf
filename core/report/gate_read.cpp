#include <nlohmann/json.hpp>

#include "core/report/gate_writers.h"

namespace hotloop {

namespace {

using Plain = nlohmann::json;

// Values of the type that the writer gives; anything else is as if it were absent.
std::string text(const Plain &object, const char *key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
double number(const Plain &object, const char *key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}
std::optional<double> maybe(const Plain &object, const char *key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}
bool flag(const Plain &object, const char *key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}
template <class Each> void each(const Plain &object, const char *key, Each &&visit) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return;
  for (const Plain &item : *found) visit(item);
}

Site siteOf(const Plain &object) {
  Site site;
  const auto found = object.find("site");
  if (found == object.end() || !found->is_object()) return site;
  site.file = text(*found, "file");
  site.line = static_cast<std::uint32_t>(number(*found, "line"));
  site.function = text(*found, "function");
  return site;
}

GateStatus statusOf(const std::string &name) {
  for (const GateStatus status :
       {GateStatus::kOk, GateStatus::kImproved, GateStatus::kMoved, GateStatus::kAllowed,
        GateStatus::kSkipped, GateStatus::kWarn, GateStatus::kInconclusive, GateStatus::kFail})
    if (gateStatusName(status) == name) return status;
  return GateStatus::kError; // what is not understood is never green
}

} // namespace

bool isGateJson(std::string_view text) {
  return text.substr(0, 200).find("\"hotloop.check/1\"") != std::string_view::npos;
}

Result<GateReport> readGateJson(const std::string &source, const std::string &file) {
  const Plain json = Plain::parse(source, nullptr, false);
  if (json.is_discarded() || !json.is_object() || text(json, "schema") != "hotloop.check/1")
    return Unexpected(invalidInput(
        file + " is no whole report of hotloop ab or check (hotloop.check/1); make it again "
               "with hotloop ab -o FILE --json"));
  GateReport report;
  report.command = text(json, "command");
  if (const auto run = json.find("run"); run != json.end() && run->is_object()) {
    report.run.file = text(*run, "file");
    report.run.command = text(*run, "command");
    report.run.state = text(*run, "state");
    report.run.toolVersion = text(*run, "tool_version");
  }
  if (const auto steps = json.find("steps"); steps != json.end() && steps->is_object()) {
    report.steps.total = static_cast<std::int64_t>(number(*steps, "total"));
    report.steps.steady = static_cast<std::int64_t>(number(*steps, "steady"));
    report.steps.periodMs = number(*steps, "period_ms");
    report.steps.durationMs = number(*steps, "duration_ms");
    report.steps.p10Ms = number(*steps, "p10_ms");
    report.steps.p90Ms = number(*steps, "p90_ms");
    report.steps.source = text(*steps, "source");
    report.steps.whyNone = text(*steps, "why_none");
  }
  report.deviceClass = text(json, "device_class");
  report.commit = text(json, "commit");
  report.baseline = text(json, "baseline");
  report.baselineFile = text(json, "baseline_file");
  report.provisional = flag(json, "provisional");
  report.next = text(json, "next");
  report.stepDeltaMs = maybe(json, "step_delta_ms");
  each(json, "notes", [&](const Plain &note) {
    if (note.is_string()) report.notes.push_back(note.get<std::string>());
  });
  each(json, "rows", [&](const Plain &item) {
    GateRow row;
    row.verdict = text(item, "verdict");
    row.status = statusOf(text(item, "status"));
    row.level = text(item, "level");
    row.counter = text(item, "counter");
    row.phase = text(item, "phase");
    row.kernel = text(item, "kernel");
    row.site = siteOf(item);
    row.op = text(item, "op");
    row.stability = text(item, "stability");
    row.provisional = flag(item, "provisional");
    row.base = maybe(item, "base");
    row.now = maybe(item, "now");
    row.limit = text(item, "limit");
    row.message = text(item, "message");
    row.unit = row.level == "time"              ? GateUnit::kMilliseconds
               : row.level == "run"             ? GateUnit::kNone
               : row.counter.ends_with("bytes") ? GateUnit::kBytes
                                                : GateUnit::kCount;
    report.rows.push_back(std::move(row));
  });
  each(json, "times", [&](const Plain &item) {
    GateTime time;
    time.metric = text(item, "metric");
    time.phase = text(item, "phase");
    time.baseMs = number(item, "base_ms");
    time.nowMs = number(item, "now_ms");
    time.change = number(item, "change");
    time.low = number(item, "low");
    time.high = number(item, "high");
    time.p = number(item, "p");
    time.effect = number(item, "effect");
    time.pairs = static_cast<int>(number(item, "pairs"));
    time.morePairs = static_cast<int>(number(item, "more_pairs"));
    time.smallestEffect = number(item, "smallest_effect");
    time.verdict = text(item, "verdict");
    std::vector<double> pairs;
    each(item, "log_ratios", [&](const Plain &one) {
      if (one.is_number()) pairs.push_back(one.get<double>());
    });
    report.times.push_back(std::move(time));
    report.pairs.push_back(std::move(pairs));
  });
  each(json, "causes", [&](const Plain &item) {
    GateCause cause;
    cause.category = text(item, "category");
    cause.phase = text(item, "phase");
    cause.opPath = text(item, "op_path");
    cause.family = text(item, "family");
    cause.site = siteOf(item);
    cause.deltaMs = number(item, "delta_ms");
    cause.share = number(item, "share");
    cause.countMs = number(item, "count_ms");
    cause.unitMs = number(item, "unit_ms");
    cause.exposureMs = number(item, "exposure_ms");
    cause.countBefore = number(item, "count_before");
    cause.countAfter = number(item, "count_after");
    report.causes.push_back(std::move(cause));
  });
  if (report.rows.empty())
    return Unexpected(nothingMeasured(file + " judged nothing; make it again with hotloop ab"));
  return report;
}

} // namespace hotloop

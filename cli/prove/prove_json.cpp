#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/prove/prove_report.h"
#include "cli/prove/prove_seal.h"
#include "cli/prove/prove_statistics.h"
#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

double rounded(double value, double digits) { return std::round(value * digits) / digits; }
Json fraction(double value) { return sixDigits(value); }
Json orNull(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

Json predictionJson(const CasePrediction &p) {
  const bool none = !p.abstained.empty();
  const auto number = [&](double value) { return none ? Json(nullptr) : fraction(value); };
  return {{"gain", number(p.gain)},
          {"gain_low", number(p.low)},
          {"gain_high", number(p.high)},
          {"trust", orNull(p.trust)},
          {"bound", orNull(p.bound)},
          {"below_resolution", p.belowResolution},
          {"abstained", orNull(p.abstained)},
          {"how", p.how},
          {"warnings", p.warnings},
          {"naive", {{"time_sum", fraction(p.timeSum)}, {"idle_inside", fraction(p.idleInside)}}}};
}

Json measurementJson(const ProvedCase &one) {
  const CaseMeasurement &m = one.measured;
  if (!m.any()) return nullptr;
  Json processes = Json::array();
  for (const MeasuredRounds &process : m.processes) {
    Json bad = Json::array(), good = Json::array();
    for (const double ms : process.bad) bad.push_back(rounded(ms, 1e5));
    for (const double ms : process.good) good.push_back(rounded(ms, 1e5));
    processes.push_back({{"bad_ms", std::move(bad)}, {"good_ms", std::move(good)}});
  }
  return {{"gain", fraction(m.gain)},
          {"gain_low", fraction(m.low)},
          {"gain_high", fraction(m.high)},
          {"bad_ms", millisecondsJson(m.badMs)},
          {"good_ms", millisecondsJson(m.goodMs)},
          {"decidable", decidable(m)},
          {"stored", m.stored},
          {"processes", std::move(processes)}};
}

Json caseJson(const ProvedCase &one) {
  const bool both = judged(one);
  return {{"name", one.name},
          {"class", one.fixClass},
          {"good", one.good},
          {"predicted", predictionJson(one.prediction)},
          {"measured", measurementJson(one)},
          {"error", both ? fraction(one.prediction.gain - one.measured.gain) : Json(nullptr)},
          {"covered", both ? Json(covered(one)) : Json(nullptr)},
          {"failure", orNull(one.failure)}};
}

Json programJson(const ProvedProgram &program) {
  Json cases = Json::array();
  for (const ProvedCase &one : program.cases) cases.push_back(caseJson(one));
  return {
      {"name", program.name},
      {"group", program.group},
      {"command", program.command},
      {"t0_ms", sixDigits(program.unprofiledMs)},
      {"recorded_ms", millisecondsJson(program.recordedMs)},
      {"replay_error", fraction(program.replayError)},
      {"host_bound", program.hostBound},
      {"device", program.device},
      {"steady_steps", program.steadySteps},
      {"failure", orNull(program.failure)},
      {"seal",
       {{"sha256", program.seal.sha256}, {"time", program.seal.time}, {"text", program.seal.text}}},
      {"cases", std::move(cases)}};
}

Json shareJson(const Share &share) {
  const ShareInterval interval = shareInterval(share, 0.95);
  return {{"hits", share.hits},
          {"all", share.all},
          {"low", fraction(interval.low)},
          {"high", fraction(interval.high)}};
}

Json summaryJson(const ProveSummary &s) {
  return {{"cases", s.cases},
          {"measured", s.measured},
          {"undecidable", s.undecidable},
          {"abstained", s.abstained},
          {"judged", s.judged},
          {"median_error", fraction(s.medianError)},
          {"p90_error", fraction(s.p90Error)},
          {"mean_error", fraction(s.meanError)},
          {"mean_error_naive",
           {{"time_sum", fraction(s.naiveTimeSum)},
            {"idle_inside", fraction(s.naiveIdle)},
            {"zero", fraction(s.naiveZero)}}},
          {"sign", shareJson(s.sign)},
          {"coverage", shareJson(s.coverage)},
          {"top", shareJson(s.top)}};
}

std::string textOf(const Json &json, const char *key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}
double numberOf(const Json &json, const char *key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}
bool truthOf(const Json &json, const char *key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}
const Json &partOf(const Json &json, const char *key) {
  static const Json none = Json::object();
  const auto found = json.find(key);
  return found != json.end() ? *found : none;
}
std::vector<double> numbersOf(const Json &json) {
  std::vector<double> numbers;
  for (const Json &number : json)
    if (number.is_number()) numbers.push_back(number.get<double>());
  return numbers;
}

ProvedCase readCase(const Json &json) {
  ProvedCase one;
  one.name = textOf(json, "name");
  one.fixClass = textOf(json, "class");
  one.good = textOf(json, "good");
  one.failure = textOf(json, "failure");
  const Json &predicted = partOf(json, "predicted");
  CasePrediction &p = one.prediction;
  p.gain = numberOf(predicted, "gain");
  p.low = numberOf(predicted, "gain_low");
  p.high = numberOf(predicted, "gain_high");
  p.trust = textOf(predicted, "trust");
  p.bound = textOf(predicted, "bound");
  p.belowResolution = truthOf(predicted, "below_resolution");
  p.abstained = textOf(predicted, "abstained");
  p.how = textOf(predicted, "how");
  for (const Json &warning : partOf(predicted, "warnings"))
    if (warning.is_string()) p.warnings.push_back(warning.get<std::string>());
  p.timeSum = numberOf(partOf(predicted, "naive"), "time_sum");
  p.idleInside = numberOf(partOf(predicted, "naive"), "idle_inside");
  const Json &measured = partOf(json, "measured");
  CaseMeasurement &m = one.measured;
  m.stored = truthOf(measured, "stored");
  m.gain = numberOf(measured, "gain");
  m.low = numberOf(measured, "gain_low");
  m.high = numberOf(measured, "gain_high");
  m.badMs = numberOf(measured, "bad_ms");
  m.goodMs = numberOf(measured, "good_ms");
  if (measured.is_object())
    for (const Json &process : partOf(measured, "processes"))
      m.processes.push_back(
          {numbersOf(partOf(process, "bad_ms")), numbersOf(partOf(process, "good_ms"))});
  return one;
}

ProvedProgram readProgram(const Json &json) {
  ProvedProgram program;
  program.name = textOf(json, "name");
  program.group = textOf(json, "group");
  program.command = textOf(json, "command");
  program.unprofiledMs = numberOf(json, "t0_ms");
  program.recordedMs = numberOf(json, "recorded_ms");
  program.replayError = numberOf(json, "replay_error");
  program.hostBound = truthOf(json, "host_bound");
  program.device = truthOf(json, "device");
  program.steadySteps = static_cast<std::int64_t>(numberOf(json, "steady_steps"));
  program.failure = textOf(json, "failure");
  const Json &seal = partOf(json, "seal");
  program.seal = {textOf(seal, "sha256"), textOf(seal, "time"), textOf(seal, "text")};
  for (const Json &one : partOf(json, "cases"))
    if (one.is_object()) program.cases.push_back(readCase(one));
  return program;
}

} // namespace

std::string proveJson(const ProveReport &report) {
  Json programs = Json::array();
  for (const ProvedProgram &program : report.programs) programs.push_back(programJson(program));
  Json skipped = Json::array();
  for (const SkippedGroup &group : report.skipped)
    skipped.push_back({{"group", group.name}, {"reason", group.reason}});
  return dumpJson({{"schema", "hotloop.prove/1"},
                   {"suite", report.suite},
                   {"made", report.made},
                   {"tool_version", report.toolVersion},
                   {"machine", report.machine},
                   {"width", report.width},
                   {"seconds", rounded(report.seconds, 10)},
                   {"summary", summaryJson(summarize(report.programs))},
                   {"programs", std::move(programs)},
                   {"skipped", std::move(skipped)},
                   {"exit", exitJson(report.exit)}});
}

Result<ProveReport> readProveJson(const std::string &text, const std::string &path) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || textOf(json, "schema") != "hotloop.prove/1")
    return Unexpected(invalidInput(path + ": is no result of hotloop prove --json; name another "
                                          "file for --resume, or one that is not there yet"));
  ProveReport report;
  report.suite = textOf(json, "suite");
  report.made = textOf(json, "made");
  report.toolVersion = textOf(json, "tool_version");
  report.machine = textOf(json, "machine");
  report.width = numberOf(json, "width");
  report.seconds = numberOf(json, "seconds");
  for (const Json &program : partOf(json, "programs"))
    if (program.is_object()) report.programs.push_back(readProgram(program));
  for (const ProvedProgram &program : report.programs)
    if (!sealHolds(program))
      return Unexpected(invalidInput(fmt::format(
          "{}: the predictions of {} are not those that were sealed at {}; a prediction may not "
          "change after it was made, begin anew without --resume",
          path, program.name, program.seal.time)));
  return report;
}

} // namespace hotloop::cli

#include "analyzers/gate/run_profile.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <tuple>

#include "analyzers/compare/ownership.h"
#include "analyzers/gate/profile_counters.h"
#include "analyzers/steps/steps.h"
#include "core/base/stop.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

auto keyOf(const CounterSeries &series) {
  return std::tie(series.counter, series.level, series.phase, series.file, series.function);
}

std::int64_t numberOf(std::string_view text, std::int64_t fallback) {
  std::int64_t value = fallback;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : fallback;
}

std::string sourceOf(StepSource source) {
  switch (source) {
  case StepSource::kApi: return "api";
  case StepSource::kNvtx: return "nvtx";
  case StepSource::kProfiler: return "profiler";
  case StepSource::kDetected: return "detected";
  }
  return {};
}

Fingerprint fingerprintOf(const TraceView &trace, const Steps &steps) {
  Fingerprint print;
  const auto text = [&](std::string_view key) { return std::string(trace.meta(key)); };
  const bool device = trace.hasDeviceRecords();
  if (device && !trace->devices.name.empty())
    for (const StringId name : trace->devices.name)
      if (name && print.device.empty()) print.device = trace.text(name);
  print.deviceClass = device && print.device.empty() ? "gpu" : deviceClassOf(print.device);
  print.felt = device ? "measured" : "would";
  print.stepSource = steps.all.empty() ? "" : sourceOf(steps.source);
  print.source = text(meta_key::kSource);
  print.torch = text(meta_key::kTorchVersion);
  print.cuda = text(meta_key::kCudaVersion);
  print.driver = text(meta_key::kDriverVersion);
  print.python = text(meta_key::kPythonVersion);
  print.cpuModel = text(meta_key::kCpuModel);
  const std::string attachment = text(meta_key::kTorchAttachment);
  print.attachment = attachment.substr(0, attachment.find(':'));
  return print;
}

// Too low counts must not look like an improvement. Texts that were cut and stacks that were not
// taken change no count.
std::vector<std::string> lostRecords(const TraceView &trace) {
  std::vector<std::string> lost;
  const auto &rows = trace->quality;
  for (std::size_t i = 0; i < rows.name.size(); ++i) {
    const std::string_view name = trace.text(rows.name[i]);
    const bool counted =
        rows.severity[i] == Severity::kDataLoss || rows.severity[i] == Severity::kError;
    // Runs without steps have their own sentence; a skipped event of an importer may be of a kind
    // that nobody counts.
    if (counted && name != "no_steps" && name != "import_skipped_events" && name != "truncated_run")
      lost.emplace_back(trace.text(rows.message[i]));
  }
  return lost;
}

RunProfile makeProfile(const TraceView &trace, const StepChoice &choice) {
  const Steps steps = findSteps(trace, choice);
  RunProfile profile;
  profile.fingerprint = fingerprintOf(trace, steps);
  profile.command = trace.meta(meta_key::kCommand);
  profile.state = trace.meta(meta_key::kState);
  profile.exitStatus = numberOf(trace.meta(meta_key::kExitStatus), 0);
  profile.startRealtime = numberOf(trace.meta(meta_key::kStartRealtime), 0);
  profile.steps = static_cast<std::int64_t>(steps.all.size());
  profile.lost = lostRecords(trace);
  if (!steps.whyNone.empty()) {
    profile.whyNone = steps.whyNone;
    return profile;
  }
  for (const std::uint32_t step : steps.steady)
    profile.durations.push_back((steps.all[step].end - steps.all[step].start).count);

  const SiteTable sites(trace);
  RangePaths paths;
  OpFacts ops = computeOpFacts(trace, steps, sites, paths);
  AllocationFacts allocations = computeAllocationFacts(trace, steps, sites, ops, paths);
  placeByAllocations(trace, allocations, ops);
  countProfile({trace, steps, sites, paths, ops, allocations}, profile);
  TimeOwnership time = ownersOfTime({trace, steps, sites, paths, ops, allocations});
  profile.owners = std::move(time.owners);
  profile.phaseTimes = std::move(time.phases);
  return profile;
}

} // namespace

bool CounterSeries::sameKey(const CounterSeries &other) const {
  return keyOf(*this) == keyOf(other);
}
bool operator<(const CounterSeries &a, const CounterSeries &b) { return keyOf(a) < keyOf(b); }

bool RunProfile::counts(std::string_view counter) const {
  return std::ranges::find(counted, counter) != counted.end();
}

const CounterSeries *RunProfile::find(std::string_view counter) const {
  for (const CounterSeries &one : series)
    if (one.level == SeriesLevel::kStep && one.counter == counter) return &one;
  return nullptr;
}

std::string deviceClassOf(std::string_view deviceName) {
  std::string name(deviceName);
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return static_cast<char>(std::isalnum(c) != 0 ? std::tolower(c) : ' ');
  });
  // Maker and family say nothing; the class is the first word with a digit, with the letters before
  // it.
  std::string result;
  std::size_t begin = 0;
  while (begin < name.size()) {
    const std::size_t end = std::min(name.find(' ', begin), name.size());
    const std::string word = name.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty() || word == "nvidia" || word == "geforce" || word == "tesla" ||
        word == "quadro" || word == "graphics" || word == "device")
      continue;
    result += (result.empty() ? "" : "-") + word;
    if (word.find_first_of("0123456789") != std::string::npos) break;
  }
  return result.empty() ? "cpu" : result;
}

RunProfile profileRun(const TraceView &trace, const StepChoice &choice,
                      const std::stop_token &stop) {
  RunProfile profile;
  if (!runUntilStopped(stop, [&] { profile = makeProfile(trace, choice); }))
    profile.whyNone = "The profile was stopped before it was made.";
  return profile;
}

} // namespace hotloop

// analyze() on a made run of 10^6 events, every problem planted.
//   build/<preset>/bench/analyze_bench
// In memory, all rules: `trace_MB` is what the run itself takes, `extra_MB` what the analysis takes
// on top at its peak. fromFile: a run file is loaded, all rules look at it, and fifty changes are
// predicted with their intervals, on one thread; `bytes_per_event` is all that this takes at its
// peak, `loading_B` and its neighbours what there was at the peak of each phase.
// Run one benchmark at a time (--benchmark_filter) for figures of memory: the heap keeps what an
// earlier one used.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analyzers/analysis.h"
#include "analyzers/finding_edits.h"
#include "analyzers/timeline/transforms.h"
#include "analyzers/timeline/what_if.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "core/trace/trace_builder.h"
#include "tests/support/make_run.h"

namespace hotloop {
namespace {

using test_support::MakeRunOptions;

// A line "VmRSS:   1234 kB" of /proc/self/status, in MB.
double memory(const std::string &field) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (word == field + ":") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes / 1024;
    }
  return 0;
}

void forgetPeak() { std::ofstream("/proc/self/clear_refs") << 5; }

constexpr std::uint64_t kEvents = 1'000'000;

MakeRunOptions everyProblem(bool device, test_support::StepMarks marks) {
  MakeRunOptions options;
  options.events = kEvents;
  options.device = device;
  options.marks = marks;
  for (const auto &info : test_support::plantCatalogue()) options.plants.push_back(info.plant);
  return options;
}

TraceView makeTrace(bool device, test_support::StepMarks marks) {
  TraceBuilder builder;
  if (!test_support::makeRun(builder, everyProblem(device, marks)).has_value()) std::abort();
  return std::move(builder.build()).value();
}

void run(benchmark::State &state, bool device, test_support::StepMarks marks) {
  ::malloc_trim(0);
  const double before = memory("VmRSS");
  const TraceView trace = makeTrace(device, marks);
  ::malloc_trim(0); // what making the run took is not the analysis's
  const double loaded = memory("VmRSS");
  forgetPeak();
  std::size_t findings = 0;
  for (auto _ : state) {
    auto analysis = analyze(trace);
    findings = analysis.has_value() ? analysis->findings.size() : 0;
    benchmark::DoNotOptimize(analysis);
  }
  state.counters["trace_MB"] = loaded - before;
  state.counters["extra_MB"] = memory("VmHWM") - loaded;
  state.counters["operators"] = static_cast<double>(trace->ops.start.size());
  state.counters["allocations"] = static_cast<double>(trace->allocations.start.size());
  state.counters["findings"] = static_cast<double>(findings);
}

void markedSteps(benchmark::State &state) { run(state, false, test_support::StepMarks::kApi); }
void detectedSteps(benchmark::State &state) { run(state, false, test_support::StepMarks::kNone); }
void withDevice(benchmark::State &state) { run(state, true, test_support::StepMarks::kApi); }

class Stopwatch {
public:
  // Seconds of processor time since the last call; the clock counts what others use as well.
  double lap() {
    const double now = processor();
    return now - std::exchange(last_, now);
  }

private:
  static double processor() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
  }
  double last_ = processor();
};

// The highest memory in use in each phase of a loop, over what there was before, in bytes per
// event.
class Peaks {
public:
  explicit Peaks(std::uint64_t events) : events_(static_cast<double>(events)) {
    ::malloc_trim(0); // what making the run took is not the analysis's
    before_ = memory("VmRSS");
    forgetPeak();
  }
  void endPhase(const std::string &name) {
    double &peak = peaks_[name];
    peak = std::max(peak, (memory("VmHWM") - before_) * 1024 * 1024 / events_);
    forgetPeak();
  }
  const std::map<std::string, double> &all() const { return peaks_; }
  double highest() const {
    double highest = 0;
    for (const auto &[name, bytes] : peaks_) highest = std::max(highest, bytes);
    return highest;
  }

private:
  double events_ = 0;
  double before_ = 0;
  std::map<std::string, double> peaks_;
};

void fromFile(benchmark::State &state) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "hotloop_analyze_bench.hotloop").string();
  std::uint64_t events = 0;
  {
    RunWriterOptions options;
    options.overwrite = true;
    auto writer = RunWriter::create(path, options);
    if (!writer) std::abort();
    const auto made =
        test_support::makeRun(**writer, everyProblem(true, test_support::StepMarks::kApi));
    if (!made || !(*writer)->finalise(RunState::kClean)) std::abort();
    events = made->events;
  }
  constexpr std::size_t kWhatIfs = 50;
  double loading = 0, timeline = 0, rules = 0, predicting = 0;
  Peaks peaks(events);
  std::size_t anchors = 0, claimed = 0, findings = 0;
  for (auto _ : state) {
    Stopwatch watch;
    const auto trace = loadRun(path);
    if (!trace) std::abort();
    loading += watch.lap();
    peaks.endPhase("loading_B");
    const WhatIf whatIf(*trace, findSteps(*trace, -1));
    anchors = 0;
    for (const TemplateStep &step : whatIf.timeline().steps) anchors += step.last - step.first;
    timeline += watch.lap();
    peaks.endPhase("timeline_B");
    const auto found = findingEdits(whatIf);
    if (!found) std::abort();
    findings = found->findings.size();
    rules += watch.lap();
    peaks.endPhase("rules_B");
    // The findings' own changes, then the general ones, in turns until there were fifty.
    std::vector<Edit> edits = found->edits;
    for (Edit &edit : std::vector<Edit>{removeSyncs(whatIf), asyncCopies(whatIf),
                                        coalesceCopies(whatIf), removeAllocations(whatIf),
                                        removeHostGaps(whatIf), scaleKernels(whatIf, 0.5, "")})
      edits.push_back(std::move(edit));
    std::erase_if(edits, [](const Edit &edit) { return edit.empty() || !edit.whyNone.empty(); });
    if (edits.empty()) std::abort();
    claimed = 0;
    for (std::size_t i = 0; i < kWhatIfs; ++i)
      claimed += whatIf.predict(edits[i % edits.size()]).abstained.empty() ? 1 : 0;
    predicting += watch.lap();
    peaks.endPhase("what_ifs_B");
  }
  const auto mean = [](double sum) {
    return benchmark::Counter(sum, benchmark::Counter::kAvgIterations);
  };
  state.counters["loading_s"] = mean(loading);
  state.counters["timeline_s"] = mean(timeline);
  state.counters["rules_s"] = mean(rules);
  state.counters["what_ifs_s"] = mean(predicting);
  state.counters["anchors"] = static_cast<double>(anchors);
  state.counters["predicted"] = static_cast<double>(claimed);
  state.counters["findings"] = static_cast<double>(findings);
  for (const auto &[phase, bytes] : peaks.all()) state.counters[phase] = bytes;
  state.counters["bytes_per_event"] = peaks.highest();
  std::filesystem::remove(path);
}

BENCHMARK(fromFile)->Unit(benchmark::kMillisecond);
BENCHMARK(markedSteps)->Unit(benchmark::kMillisecond);
BENCHMARK(detectedSteps)->Unit(benchmark::kMillisecond);
BENCHMARK(withDevice)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hotloop

BENCHMARK_MAIN();

// analyze() on a made run of 10^6 events in memory: all rules, every problem planted.
//   build/<preset>/bench/analyze_bench
// `trace_MB` is what the run itself takes, `extra_MB` what the analysis takes on top at its peak.
// Run one benchmark at a time (--benchmark_filter) for figures of memory: the heap keeps what an
// earlier one used.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "analyzers/analysis.h"
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

TraceView makeTrace(bool device, test_support::StepMarks marks) {
  MakeRunOptions options;
  options.events = 1'000'000;
  options.device = device;
  options.marks = marks;
  for (const auto &info : test_support::plantCatalogue()) options.plants.push_back(info.plant);
  TraceBuilder builder;
  if (!test_support::makeRun(builder, options).has_value()) std::abort();
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

BENCHMARK(markedSteps)->Unit(benchmark::kMillisecond);
BENCHMARK(detectedSteps)->Unit(benchmark::kMillisecond);
BENCHMARK(withDevice)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hotloop

BENCHMARK_MAIN();

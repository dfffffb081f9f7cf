// The replay on a made run of 10^6 events, and on templates of at most 32,000 anchors.
//   build/<preset>/bench/whatif_bench
// `ns_per_anchor_and_pass` is the replay alone; fiftyWhatIfs is all that follows loading: steps,
// timeline, calibration, host factor, fifty changes with their intervals.

#include <benchmark/benchmark.h>

#include <cstdlib>

#include "analyzers/analysis.h"
#include "analyzers/timeline/calibration.h"
#include "analyzers/timeline/idle.h"
#include "analyzers/timeline/program.h"
#include "analyzers/timeline/replay.h"
#include "analyzers/timeline/transforms.h"
#include "analyzers/timeline/what_if.h"
#include "core/trace/trace_builder.h"
#include "tests/support/make_run.h"

namespace hotloop {
namespace {

const TraceView &madeRun() {
  static const TraceView trace = [] {
    test_support::MakeRunOptions options;
    options.events = 1'000'000;
    options.device = true;
    for (const auto &info : test_support::plantCatalogue()) options.plants.push_back(info.plant);
    TraceBuilder builder;
    if (!test_support::makeRun(builder, options).has_value()) std::abort();
    return std::move(builder.build()).value();
  }();
  return trace;
}

void buildingTheTimeline(benchmark::State &state) {
  const Steps steps = findSteps(madeRun(), -1);
  std::size_t anchors = 0;
  for (auto _ : state) {
    const Timeline timeline = buildTimeline(madeRun(), steps);
    anchors = timeline.anchors.size();
    benchmark::DoNotOptimize(timeline);
  }
  state.counters["anchors"] = static_cast<double>(anchors);
}

void replaying(benchmark::State &state) {
  const Timeline timeline = buildTimeline(madeRun(), findSteps(madeRun(), -1));
  const auto calibration = timeline::calibrate(madeRun(), timeline);
  const auto program = timeline::compile(timeline, calibration, nullptr);
  constexpr int kPasses = 5;
  for (auto _ : state) {
    benchmark::DoNotOptimize(timeline::replay(program, calibration, {.passes = kPasses}));
  }
  const auto passes = timeline::replay(program, calibration, {.passes = kPasses}).passes;
  state.counters["anchors"] = static_cast<double>(program.size());
  state.counters["passes"] = passes;
  state.counters["ns_per_anchor_and_pass"] = benchmark::Counter(
      static_cast<double>(program.size()) * passes * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void fiftyWhatIfs(benchmark::State &state) {
  const TraceView &trace = madeRun();
  std::size_t claimed = 0;
  for (auto _ : state) {
    const Steps steps = findSteps(trace, -1);
    const WhatIf whatIf(trace, steps);
    const std::vector<Edit> edits = {removeSyncs(whatIf), asyncCopies(whatIf), moveCopies(whatIf),
                                     deferSyncs(whatIf), removeHostGaps(whatIf)};
    claimed = 0;
    for (int i = 0; i < 50; ++i) {
      const Prediction prediction =
          whatIf.predict(edits[static_cast<std::size_t>(i) % edits.size()]);
      claimed += prediction.abstained.empty() ? 1 : 0;
    }
  }
  state.counters["predicted"] = static_cast<double>(claimed);
}

void rulesAlone(benchmark::State &state) {
  for (auto _ : state) benchmark::DoNotOptimize(analyze(madeRun()));
}

void idleAccount(benchmark::State &state) {
  const Steps steps = findSteps(madeRun(), -1);
  for (auto _ : state) benchmark::DoNotOptimize(accountIdle(madeRun(), steps));
}

BENCHMARK(buildingTheTimeline)->Unit(benchmark::kMillisecond);
BENCHMARK(replaying)->Unit(benchmark::kMillisecond);
BENCHMARK(fiftyWhatIfs)->Unit(benchmark::kMillisecond);
BENCHMARK(rulesAlone)->Unit(benchmark::kMillisecond);
BENCHMARK(idleAccount)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hotloop

BENCHMARK_MAIN();

// Damaged and meagre runs: graded down with a reason, never a wrong number with high trust.

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <functional>

#include "analyzers/analysis.h"
#include "analyzers/timeline/idle.h"
#include "analyzers/timeline/transforms.h"
#include "analyzers/timeline/what_if.h"
#include "core/trace/table_rows.h"
#include "core/trace/trace_builder.h"
#include "tests/unit/analyzers/timeline/random_program.h"

namespace hotloop {
namespace {

using namespace test_support;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

MachineOp launch(std::uint16_t stream, std::int64_t work, std::int64_t gap = 8'000) {
  return {.gap = gap, .call = 4'000, .stream = stream, .work = {work}};
}

// Steps of twenty launches and a wait.
std::vector<MachineStep> plainSteps(std::size_t count) {
  MachineStep step;
  for (int i = 0; i < 20; ++i) step.push_back(launch(0, 9'000));
  step.push_back({.kind = MachineOp::Kind::kSyncStream, .gap = 2'000, .call = 3'000});
  for (int i = 0; i < 20; ++i) step.push_back(launch(0, 9'000));
  step.push_back({.kind = MachineOp::Kind::kStep, .gap = 3'000});
  return std::vector<MachineStep>(count, step);
}

TraceView recorded(const std::vector<MachineStep> &steps, const Machine &machine = {}) {
  return record(machine, steps, runMachine(machine, steps));
}

// The run with `spoil` applied to its rows.
TraceView spoiled(const TraceView &trace, const std::function<void(TraceData &)> &spoil,
                  NormaliseCounts *counts = nullptr) {
  TraceBuilder rows;
  const TraceData &data = *trace;
  for (std::uint32_t id = 1; id < data.strings.size(); ++id) rows.intern(trace.text(StringId(id)));
  AllTables::forEach([&]<class Table>() {
    const auto &columns = data.columns<Table>();
    for (std::size_t i = 0; i < rowCount<Table>(columns); ++i) rows.add(rowAt<Table>(columns, i));
  });
  TraceData changed = rows.take();
  spoil(changed);
  return std::move(TraceBuilder(std::move(changed)).build(counts)).value();
}

// Everything that looks at a run, for crashes; what removing all waits is said to give.
Prediction looked(const TraceView &trace) {
  EXPECT_TRUE(analyze(trace).has_value());
  const Steps steps = findSteps(trace, 1);
  const IdleAccount account = accountIdle(trace, steps);
  for (const DeviceIdle &device : account.devices) {
    std::int64_t sum = 0;
    for (const std::int64_t part : device.byCause) sum += part;
    EXPECT_EQ(sum, device.idle());
  }
  const WhatIf whatIf(trace, steps);
  return whatIf.predict(removeSyncs(whatIf));
}

void expectAbstained(const TraceView &trace, const char *reason) {
  const Prediction prediction = looked(trace);
  EXPECT_THAT(prediction.abstained, HasSubstr(reason));
  EXPECT_EQ(prediction.trust, "");
  EXPECT_EQ(prediction.gain, 0);
}

void expectDoubt(const TraceView &trace, const char *doubt) {
  const Prediction prediction = looked(trace);
  if (!prediction.abstained.empty()) return;
  EXPECT_NE(prediction.trust, "high");
  EXPECT_THAT(prediction.warnings, Contains(HasSubstr(doubt)));
}

TEST(BadInput, ACleanRunIsTrusted) {
  const TraceView trace = recorded(plainSteps(8));
  WhatIfOptions options;
  options.unprofiled = Nanoseconds(WhatIf(trace, findSteps(trace, 1)).baseline().ms * 1e6);
  const WhatIf whatIf(trace, findSteps(trace, 1), options);
  const Prediction prediction = whatIf.predict(removeSyncs(whatIf));
  EXPECT_EQ(prediction.abstained, "");
  EXPECT_THAT(prediction.warnings, testing::SizeIs(testing::Le(1u))); // its interval may be wide
  EXPECT_THAT(whatIf.timeline().doubts, IsEmpty());
}

TEST(BadInput, NoStepsAndOneStep) {
  const TraceView trace = recorded(plainSteps(8));
  expectAbstained(spoiled(trace,
                          [](TraceData &data) {
                            data.steps = {};
                            data.kernels = {};
                            data.apis = {};
                          }),
                  "hotloop_step_begin");
  expectAbstained(recorded(plainSteps(1)), "step");
  expectAbstained(recorded(plainSteps(2)), "at least");
}

TEST(BadInput, NoDeviceRows) {
  expectAbstained(spoiled(recorded(plainSteps(8)), [](TraceData &data) { data.kernels = {}; }),
                  "no work of a GPU");
}

TEST(BadInput, NoCalls) {
  expectAbstained(spoiled(recorded(plainSteps(8)), [](TraceData &data) { data.apis = {}; }),
                  "no CUDA calls");
}

TEST(BadInput, MissingCorrelations) {
  const TraceView trace = recorded(plainSteps(8));
  expectAbstained(spoiled(trace,
                          [](TraceData &data) {
                            data.kernels.correlation.change(
                                [](std::uint32_t &id, std::size_t) { id = 0; });
                          }),
                  "correlation");
  expectDoubt(spoiled(trace,
                      [](TraceData &data) {
                        for (std::size_t i = 0; i < data.kernels.correlation.size(); i += 10)
                          data.kernels.correlation.set(i, 900'000);
                      }),
              "belong to no recorded call");
}

TEST(BadInput, NegativeDurations) {
  NormaliseCounts counts;
  const TraceView trace = spoiled(
      recorded(plainSteps(8)),
      [](TraceData &data) {
        for (std::size_t i = 0; i < data.kernels.duration.size(); i += 7)
          data.kernels.duration.set(i, Nanoseconds(-5'000));
        for (std::size_t i = 0; i < data.apis.duration.size(); i += 11)
          data.apis.duration.set(i, Nanoseconds(-1));
      },
      &counts);
  EXPECT_GT(counts.negativeDurations, 0);
  const Prediction prediction = looked(trace);
  EXPECT_NE(prediction.trust, "high");
}

// A damaged file may hold any 64 bits; built with -fsanitize=undefined this finds what runs over.
TEST(BadInput, TimesThatNoClockHas) {
  constexpr std::int64_t kOdd[] = {INT64_MAX, INT64_MAX - 1, INT64_MIN, std::int64_t{1} << 62,
                                   -(std::int64_t{1} << 62)};
  const TraceView clean = recorded(plainSteps(8));
  for (const std::int64_t odd : kOdd) {
    for (const bool starts : {false, true}) {
      NormaliseCounts counts;
      const TraceView trace = spoiled(
          clean,
          [&](TraceData &data) {
            const auto spoil = [&](auto &rows) {
              auto &column = starts ? rows.start : rows.duration;
              for (std::size_t i = 3; i < column.size(); i += 5) column.set(i, Nanoseconds(odd));
            };
            spoil(data.apis);
            spoil(data.kernels);
            spoil(data.steps);
            spoil(data.syncs);
            spoil(data.ops);
            spoil(data.ranges);
            spoil(data.allocations);
          },
          &counts);
      EXPECT_GT(counts.impossibleTimes + counts.negativeDurations, 0);
      const Prediction prediction = looked(trace);
      EXPECT_NE(prediction.trust, "high") << odd << ' ' << starts;
    }
  }
}

TEST(BadInput, ClockSteps) {
  const auto later = [](std::int64_t ns) {
    return spoiled(recorded(plainSteps(8)), [&](TraceData &data) {
      const Nanoseconds at = data.apis.start[data.apis.start.size() / 2];
      const auto move = [&](auto &rows) {
        rows.start.change([&](Nanoseconds &start, std::size_t) {
          if (start >= at) start += Nanoseconds(ns);
        });
      };
      move(data.apis);
      move(data.kernels);
      move(data.steps);
      move(data.syncs);
    });
  };
  expectDoubt(later(50'000'000), "steps differ");
  // The device's clock alone: its work begins before anyone asked for it.
  expectDoubt(spoiled(recorded(plainSteps(8)),
                      [](TraceData &data) {
                        data.kernels.start.change(
                            [](Nanoseconds &start, std::size_t) { start -= Nanoseconds(200'000); });
                      }),
              "clocks differ");
}

TEST(BadInput, OverlappingKernelsOnOneStream) {
  expectDoubt(spoiled(recorded(plainSteps(8)),
                      [](TraceData &data) {
                        for (std::size_t i = 0; i < data.kernels.duration.size(); i += 3)
                          data.kernels.duration.set(i, Nanoseconds(60'000));
                      }),
              "overlap on one stream");
}

TEST(BadInput, ACycleInEventWaits) {
  Machine machine;
  machine.deviceOfStream = {0, 0};
  MachineStep step;
  const auto add = [&](MachineOp::Kind kind, std::uint16_t stream, std::uint32_t event) {
    step.push_back({.kind = kind, .gap = 3'000, .call = 1'000, .stream = stream, .event = event});
  };
  for (int i = 0; i < 10; ++i) {
    step.push_back(launch(0, 9'000));
    add(MachineOp::Kind::kRecord, 0, 0);
    add(MachineOp::Kind::kWait, 1, 0);
    step.push_back(launch(1, 9'000));
    add(MachineOp::Kind::kRecord, 1, 1);
    add(MachineOp::Kind::kWait, 0, 1);
  }
  step.push_back({.kind = MachineOp::Kind::kStep, .gap = 3'000});
  // Each stream waits for the other, and yet both run at once: one wait at least is none.
  const TraceView trace =
      spoiled(recorded(std::vector<MachineStep>(8, step), machine), [](TraceData &data) {
        for (std::size_t i = 0; i < data.kernels.start.size(); ++i)
          if (data.kernels.lane[i] == StreamId(2))
            data.kernels.start.set(i, data.kernels.start[i] - Nanoseconds(16'000));
      });
  const Prediction prediction = looked(trace);
  EXPECT_NE(prediction.trust, "high");
  const WhatIf whatIf(trace, findSteps(trace, 1));
  EXPECT_THAT(whatIf.timeline().doubts, Contains(HasSubstr("before what it was told to wait for")));
}

TEST(BadInput, DroppedRecords) {
  expectDoubt(spoiled(recorded(plainSteps(8)),
                      [](TraceData &data) {
                        data.quality.name.push_back(data.strings.intern("dropped_events"));
                        data.quality.severity.push_back(Severity::kDataLoss);
                        data.quality.count.push_back(40);
                        data.quality.message.push_back(data.strings.intern("40 events"));
                      }),
              "data was lost");
}

// One lane with very many events; 10^7 of them with HOTLOOP_LONG_TESTS=1.
TEST(BadInput, ManyEventsOnOneLane) {
  const std::size_t events = std::getenv("HOTLOOP_LONG_TESTS") != nullptr ? 10'000'000 : 100'000;
  MachineStep step;
  for (int i = 0; i < 500; ++i) step.push_back(launch(0, 3'000, 1'000));
  step.push_back({.kind = MachineOp::Kind::kStep, .gap = 3'000});
  const TraceView trace = recorded(std::vector<MachineStep>(events / 1'000, step));
  const WhatIf whatIf(trace, findSteps(trace, 1));
  EXPECT_THAT(whatIf.whyNone(), IsEmpty());
  EXPECT_LE(whatIf.timeline().steps.size() * 501, 32'000u);
  EXPECT_EQ(whatIf.timeline().steadySteps, events / 1'000 - 1);
  EXPECT_NEAR(whatIf.baseline().error, 0, 0.01);
}

} // namespace
} // namespace hotloop

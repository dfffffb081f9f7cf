// What must hold of every timeline, whatever it is.

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "analyzers/steps/steps.h"
#include "analyzers/timeline/calibration.h"
#include "analyzers/timeline/idle.h"
#include "analyzers/timeline/program.h"
#include "analyzers/timeline/replay.h"
#include "analyzers/timeline/what_if.h"
#include "core/trace/table_rows.h"
#include "core/trace/trace_builder.h"
#include "tests/unit/analyzers/timeline/random_program.h"

namespace hotloop {
namespace {

using namespace test_support;

constexpr std::uint64_t kPrograms = 15; // of each set of traits

class EveryTimeline : public testing::TestWithParam<std::uint64_t> {
protected:
  template <class Check> void forEach(Check &&check) const {
    for (std::uint64_t seed = 0; seed < kPrograms; ++seed) {
      Random random(7'777 + 100 * GetParam() + seed);
      const RandomProgram program = randomProgram(random, traitsOf(GetParam()));
      const MachineRun run = runMachine(program.machine, program.steps);
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      check(program, record(program.machine, program.steps, run), random);
    }
  }
};

// Collectives end when the last member comes: what it waits for is a modelled rule of its own.
TEST_P(EveryTimeline, IsNotLongerWithLessWork) {
  forEach([](const RandomProgram &program, const TraceView &trace, Random &random) {
    const Timeline timeline = buildTimeline(trace, findSteps(trace, 1));
    const auto calibration = program.machine.calibration();
    // Enough passes for the steady state: the way there may be shorter or longer.
    const auto period = [&](const Edit *edit) {
      return timeline::replay(timeline::compile(timeline, calibration, edit), calibration,
                              {.passes = 24})
          .period;
    };
    Edit edit;
    double before = period(nullptr);
    for (int round = 0; round < 12; ++round) {
      const auto anchor = static_cast<std::uint32_t>(random.below(timeline.anchors.size()));
      const std::uint32_t first = timeline.anchors.workBegin[anchor];
      const bool member =
          first < timeline.work.size() && timeline.work.collective[first] != kNoIndex;
      if (timeline.anchors.kind[anchor] == AnchorKind::kStep || member) continue;
      switch (random.below(3)) {
      case 0: edit.drop.push_back(anchor); break;
      case 1: edit.unblock.push_back(anchor); break;
      default: edit.gap.emplace_back(anchor, 0);
      }
      if (timeline.anchors.kind[anchor] == AnchorKind::kPageable)
        edit.duration.emplace_back(anchor, 0);
      const double after = period(&edit);
      EXPECT_LE(after, before + 0.002 * before);
      before = std::min(before, after);
    }
  });
}

TEST_P(EveryTimeline, IsReplayedWithinAFewPerMille) {
  forEach([](const RandomProgram &, const TraceView &trace, Random &) {
    const WhatIf whatIf(trace, findSteps(trace, 1));
    EXPECT_EQ(whatIf.whyNone(), "");
    EXPECT_NEAR(whatIf.baseline().error, 0, 0.03);
  });
}

std::int64_t sumOf(const auto &values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

// The union of works of a device inside of a window, one border after the other.
std::int64_t naiveBusy(const TraceView &trace, DeviceId device, std::int64_t start,
                       std::int64_t end) {
  std::vector<std::pair<std::int64_t, std::int64_t>> works;
  const auto collect = [&](const auto &rows, bool communicates) {
    for (std::size_t i = 0; i < rows.start.size(); ++i) {
      if (trace->streams.device[rows.lane[i].value - 1] != device) continue;
      if (communicates && trace.text(rows.name[i]).starts_with("nccl")) continue;
      works.emplace_back(std::clamp(rows.start[i].count, start, end),
                         std::clamp((rows.start[i] + rows.duration[i]).count, start, end));
    }
  };
  collect(trace->kernels, true);
  collect(trace->memcpys, false);
  collect(trace->memsets, false);
  std::vector<std::int64_t> borders{start, end};
  for (const auto &[from, to] : works) borders.insert(borders.end(), {from, to});
  std::ranges::sort(borders);
  std::int64_t busy = 0;
  for (std::size_t i = 0; i + 1 < borders.size(); ++i)
    if (std::ranges::any_of(works, [&](const auto &work) {
          return work.first <= borders[i] && borders[i + 1] <= work.second;
        }))
      busy += borders[i + 1] - borders[i];
  return busy;
}

TEST_P(EveryTimeline, HasCausesThatAddUp) {
  forEach([&](const RandomProgram &program, const TraceView &trace, Random &) {
    const IdleAccount account = accountIdle(trace, findSteps(trace, 1));
    EXPECT_EQ(account.devices.size(),
              *std::ranges::max_element(program.machine.deviceOfStream) + 1u);
    for (const DeviceIdle &device : account.devices) {
      EXPECT_EQ(device.busy, naiveBusy(trace, device.device, device.start, device.end));
      EXPECT_EQ(sumOf(device.byCause), device.idle());
      std::array<std::int64_t, kIdleCauses> byCause{};
      std::int64_t end = device.start;
      for (const IdlePiece &piece : device.pieces) {
        EXPECT_LE(end, piece.start);
        EXPECT_LT(piece.start, piece.end);
        end = piece.end;
        byCause[static_cast<std::size_t>(piece.cause)] += piece.end - piece.start;
      }
      EXPECT_LE(end, device.end);
      EXPECT_EQ(byCause, device.byCause);
    }
    for (const HostWaiting &thread : account.threads) EXPECT_EQ(sumOf(thread.byWait), thread.total);
  });
}

// The same rows, handed over in a random order.
TraceView shuffled(const TraceView &trace, Random &random) {
  TraceBuilder builder;
  const TraceData &data = *trace;
  for (std::uint32_t id = 1; id < data.strings.size(); ++id)
    builder.intern(trace.text(StringId(id)));
  AllTables::forEach([&]<class Table>() {
    const auto &columns = data.columns<Table>();
    std::vector<std::size_t> order(rowCount<Table>(columns));
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    for (const std::size_t row : order) builder.add(rowAt<Table>(columns, row));
  });
  return std::move(builder.build()).value();
}

TEST_P(EveryTimeline, DoesNotDependOnTheOrderOfRows) {
  forEach([](const RandomProgram &, const TraceView &trace, Random &random) {
    const TraceView other = shuffled(trace, random);
    const Steps steps = findSteps(trace, 1);
    const Timeline a = buildTimeline(trace, steps);
    const Timeline b = buildTimeline(other, findSteps(other, 1));
    EXPECT_EQ(a.anchors.start, b.anchors.start);
    EXPECT_EQ(a.anchors.predecessor, b.anchors.predecessor);
    EXPECT_EQ(a.anchors.targetIndex, b.anchors.targetIndex);
    EXPECT_EQ(a.work.start, b.work.start);
    EXPECT_EQ(a.work.inferred, b.work.inferred);
    EXPECT_EQ(a.doubts, b.doubts);
    EXPECT_EQ(WhatIf(trace, steps).baseline().ms, WhatIf(other, findSteps(other, 1)).baseline().ms);
    const IdleAccount idle = accountIdle(trace, steps);
    const IdleAccount otherIdle = accountIdle(other, findSteps(other, 1));
    ASSERT_EQ(idle.devices.size(), otherIdle.devices.size());
    for (std::size_t d = 0; d < idle.devices.size(); ++d)
      EXPECT_EQ(idle.devices[d].byCause, otherIdle.devices[d].byCause);
  });
}

INSTANTIATE_TEST_SUITE_P(Programs, EveryTimeline, testing::Range<std::uint64_t>(0, kTraitSets));

} // namespace
} // namespace hotloop

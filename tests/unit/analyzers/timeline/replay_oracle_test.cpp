// The replay against a discrete-event simulation of the same program on the same machine: as it
// is, and changed.

#include <gtest/gtest.h>

#include <algorithm>

#include "analyzers/steps/steps.h"
#include "analyzers/timeline/program.h"
#include "analyzers/timeline/replay.h"
#include "tests/unit/analyzers/timeline/random_program.h"

namespace hotloop {
namespace {

using namespace test_support;
using Kind = MachineOp::Kind;

constexpr int kPasses = 5;
constexpr std::uint64_t kPrograms = 25; // of each set of traits
constexpr double kRounding = 2;         // ns per step

struct Case {
  RandomProgram program;
  TraceView trace;
  Steps steps;
  Timeline timeline;
  timeline::Calibration calibration;

  Case(std::uint64_t traits, std::uint64_t seed)
      : program([&] {
          Random random(1000 * traits + seed);
          return randomProgram(random, traitsOf(traits));
        }()),
        trace(record(program.machine, program.steps, runMachine(program.machine, program.steps))),
        steps(findSteps(trace, 1)), timeline(buildTimeline(trace, steps)),
        calibration(program.machine.calibration()) {}

  // The anchor of an op of a step; kNoIndex where its call is none.
  std::uint32_t anchorOf(std::size_t step, std::size_t place) const {
    std::uint32_t correlation = 1;
    for (std::size_t s = 0; s < step; ++s)
      correlation += static_cast<std::uint32_t>(program.steps[s].size());
    correlation += static_cast<std::uint32_t>(place);
    for (std::uint32_t i = 0; i < timeline.anchors.size(); ++i)
      if (timeline.anchors.api[i] != kNoIndex &&
          trace->apis.correlation[timeline.anchors.api[i]] == correlation)
        return i;
    return kNoIndex;
  }

  double replayed(const Edit *edit = nullptr) const {
    return timeline::replay(timeline::compile(timeline, calibration, edit), calibration,
                            {.passes = kPasses})
        .period;
  }

  // The same passes over the same steps, by the machine.
  double simulated(const std::vector<MachineStep> &changed) const {
    std::vector<MachineStep> repeated;
    for (int pass = 0; pass < kPasses; ++pass)
      for (const TemplateStep &step : timeline.steps) repeated.push_back(changed[step.step]);
    const MachineRun run = runMachine(program.machine, repeated);
    const std::size_t n = timeline.steps.size();
    const std::size_t from = kPasses / 2 - 1;
    return static_cast<double>(run.finished[kPasses * n - 1] - run.finished[(from + 1) * n - 1]) /
           static_cast<double>((kPasses - 1 - from) * n);
  }
};

class ReplayOracle : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ReplayOracle, TakesAsLongAsTheMachine) {
  for (std::uint64_t seed = 0; seed < kPrograms; ++seed) {
    const Case made(GetParam(), seed);
    ASSERT_EQ(made.timeline.whyNone, "");
    ASSERT_EQ(made.timeline.steps.size(), made.program.steps.size() - 1);
    EXPECT_NEAR(made.replayed(), made.simulated(made.program.steps), kRounding) << "seed " << seed;
  }
}

// `change` alters an op and says in the edit what it did, or leaves it and returns false.
template <class Change> void compareChanged(std::uint64_t traits, Change &&change) {
  int changes = 0;
  for (std::uint64_t seed = 0; seed < kPrograms; ++seed) {
    const Case made(traits, seed);
    std::vector<MachineStep> changed = made.program.steps;
    Edit edit;
    Random random(seed);
    for (const TemplateStep &step : made.timeline.steps)
      for (std::size_t p = 0; p < changed[step.step].size(); ++p) {
        MachineOp &op = changed[step.step][p];
        if (op.kind == Kind::kStep || random.below(2) == 0) continue;
        const std::uint32_t anchor = made.anchorOf(step.step, p);
        if (anchor != kNoIndex && change(made, op, anchor, edit)) ++changes;
      }
    EXPECT_NEAR(made.replayed(&edit), made.simulated(changed), kRounding) << "seed " << seed;
  }
  EXPECT_GT(changes, 0);
}

bool isWait(const MachineOp &op) {
  return op.kind == Kind::kSyncDevice || op.kind == Kind::kSyncStream ||
         op.kind == Kind::kSyncEvent;
}

TEST_P(ReplayOracle, WithoutSomeCalls) {
  compareChanged(GetParam(), [](const Case &, MachineOp &op, std::uint32_t anchor, Edit &edit) {
    // Who records what a stream waits for stays: the wait would mean another event.
    if (op.kind == Kind::kRecord || op.collective >= 0) return false;
    op.dropped = true;
    edit.drop.push_back(anchor);
    return true;
  });
}

TEST_P(ReplayOracle, WithOtherDeviceTimes) {
  compareChanged(GetParam(), [](const Case &made, MachineOp &op, std::uint32_t anchor, Edit &edit) {
    if (op.work.size() != 1 || op.collective >= 0) return false;
    op.work[0] /= 3;
    edit.workDuration.emplace_back(made.timeline.anchors.workBegin[anchor], op.work[0]);
    return true;
  });
}

TEST_P(ReplayOracle, WithMoreHostTime) {
  compareChanged(GetParam(), [](const Case &, MachineOp &op, std::uint32_t anchor, Edit &edit) {
    if (op.thread > 1) return false;
    op.gap += 7'000;
    edit.addedHost.emplace_back(anchor, 7'000);
    return true;
  });
}

TEST(ReplayOracleOfWaits, CanBeUnblockedOrPutOff) {
  for (const std::uint64_t traits : {1u, 2u, 3u, 10u})
    for (const bool deferred : {false, true})
      compareChanged(traits, [&](const Case &, MachineOp &op, std::uint32_t anchor, Edit &edit) {
        if (!isWait(op) || (deferred && op.kind == Kind::kSyncEvent)) return false;
        (deferred ? op.deferred : op.unblocked) = true;
        (deferred ? edit.deferred : edit.unblock).push_back(anchor);
        return deferred ? op.kind == Kind::kSyncDevice || op.kind == Kind::kSyncStream : true;
      });
}

TEST(ReplayOracleOfCopies, CanBecomePinned) {
  compareChanged(5, [](const Case &made, MachineOp &op, std::uint32_t anchor, Edit &edit) {
    if (op.kind != Kind::kPageable) return false;
    op.unblocked = true;
    op.call = 2'500;
    edit.unblock.push_back(anchor);
    edit.duration.emplace_back(anchor, 2'500);
    op.work[0] = 1'700;
    edit.workDuration.emplace_back(made.timeline.anchors.workBegin[anchor], 1'700);
    return true;
  });
}

INSTANTIATE_TEST_SUITE_P(Programs, ReplayOracle, testing::Range<std::uint64_t>(0, kTraitSets));

} // namespace
} // namespace hotloop

#include <gmock/gmock.h>

#include "tests/unit/inject/recorded_run.h"

namespace hotloop {
namespace {

using namespace hotloop::testing;

// Row ids of the processes whose exit status is this.
std::vector<std::uint32_t> withStatus(const TraceView &run, int status) {
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < run->processes.id.size(); ++i)
    if (run->processes.exitStatus[i] == status) found.push_back(run->processes.id[i].value);
  return found;
}

// The process that marked this step.
std::uint32_t processOf(const TraceView &run, std::int64_t step) {
  for (std::size_t i = 0; i < run->steps.number.size(); ++i)
    if (run->steps.number[i] == step)
      return run->threads.process[run->steps.lane[i].value - 1].value;
  return 0;
}

TEST(Processes, AForkedChildHasItsOwnRings) {
  const Recorded recorded = recordTarget({"fork"});
  EXPECT_EQ(recorded.outcome.exitStatus, 11);
  ASSERT_EQ(recorded.outcome.processes, 2u);
  const std::uint32_t parent = processOf(recorded.run, 0), child = processOf(recorded.run, 100);
  EXPECT_NE(parent, child);
  EXPECT_EQ(stepNumbers(recorded.run, parent), numbersFrom(0, 10));
  EXPECT_EQ(stepNumbers(recorded.run, child), numbersFrom(100, 7));
  EXPECT_EQ(recorded.run->processes.parent[child - 1].value, parent);
}

TEST(Processes, AChildOfABareForkCallDoesNotWriteIntoItsParentsRings) {
  const Recorded recorded = recordTarget({"bare-clone"});
  EXPECT_EQ(recorded.outcome.exitStatus, 12);
  const std::uint32_t parent = processOf(recorded.run, 0);
  EXPECT_EQ(stepNumbers(recorded.run, parent), numbersFrom(0, 10));
  EXPECT_EQ(stepNumbers(recorded.run, processOf(recorded.run, 100)), numbersFrom(100, 7));
  EXPECT_EQ(qualityCount(recorded.run, "lost_records"), 0);
}

TEST(Processes, AnExecutedChildIsRecorded) {
  const Recorded recorded = recordTarget({"fork-exec"});
  EXPECT_EQ(recorded.outcome.exitStatus, 13);
  ASSERT_EQ(recorded.outcome.processes, 2u);
  EXPECT_EQ(recorded.run->steps.number.size(), 12u);
}

TEST(Processes, ExecKeepsWhatTheOldImageRecorded) {
  const Recorded recorded = recordTarget({"exec"});
  EXPECT_EQ(recorded.outcome.exitStatus, 14);
  ASSERT_EQ(recorded.outcome.processes, 2u);
  EXPECT_EQ(recorded.run->processes.osPid[0], recorded.run->processes.osPid[1]);
  EXPECT_EQ(recorded.run->steps.number.size(), 12u);
}

TEST(Processes, ManyAtOnce) {
  const Recorded recorded = recordTarget({"many"});
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
  EXPECT_EQ(recorded.outcome.processes, 8u);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(stepNumbers(recorded.run, processOf(recorded.run, i * 100)),
              numbersFrom(i * 100, 10));
}

TEST(Processes, ADaemonIsWaitedFor) {
  const Recorded recorded = recordTarget({"daemonise"});
  EXPECT_EQ(recorded.outcome.exitStatus, 15);
  EXPECT_EQ(stepNumbers(recorded.run), numbersFrom(0, 7));
  EXPECT_EQ(withStatus(recorded.run, 16).size(), 1u);
}

TEST(Processes, ADaemonIsNotWaitedForWhenOnlyTheProgramCounts) {
  RecordOptions options;
  options.wait = WaitFor::kPrimary;
  const Recorded recorded = recordTarget({"daemonise"}, options);
  EXPECT_EQ(recorded.outcome.exitStatus, 15);
  EXPECT_LE(recorded.run->steps.number.size(), 3u);
  EXPECT_EQ(recorded.run.meta("state"), "clean");
}

} // namespace
} // namespace hotloop

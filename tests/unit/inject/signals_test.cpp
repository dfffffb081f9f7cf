#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <unistd.h>

#include "tests/unit/inject/recorded_run.h"

namespace hotloop {
namespace {

using namespace hotloop::testing;

TEST(Signals, TermIsPassedOn) {
  const TemporaryFolder folder;
  const int recorder = spawn({recorderProgram(), folder / "run.hotloop", injectedLibrary(), "--",
                              targetProgram(), "until-term", folder / "up"});
  waitForFile(folder / "up");
  ::kill(recorder, SIGTERM);
  EXPECT_EQ(waitFor(recorder), 42);
  const auto run = loadRun(folder / "run.hotloop");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(stepNumbers(*run), numbersFrom(0, 10));
  EXPECT_EQ(run->meta("state"), "clean");
}

TEST(Signals, ASecondRequestStopsWaitingForWhatIsLeft) {
  const TemporaryFolder folder;
  const int recorder =
      spawn({recorderProgram(), folder / "run.hotloop", injectedLibrary(), "--", "/bin/sh", "-c",
             "echo $$ > " + (folder / "up") + "; sleep 30 & exit 9"});
  waitForFile(folder / "up");
  ::usleep(300'000); // the shell is gone, the sleep is left
  ::kill(recorder, SIGINT);
  EXPECT_EQ(waitFor(recorder), 9);
}

TEST(Signals, AKilledRecorderHarmsNoProgramAndLeavesAReadableFile) {
  const TemporaryFolder folder;
  const int recorder = spawn({recorderProgram(), folder / "run.hotloop", injectedLibrary(), "--",
                              targetProgram(), "slow", folder / "up", folder / "end", "400"});
  waitForFile(folder / "up");
  ::usleep(600'000); // longer than a transaction lasts
  ::kill(recorder, SIGKILL);
  EXPECT_EQ(waitFor(recorder), 137);
  EXPECT_EQ(waitForFile(folder / "end"), "done");
  const auto run = loadRun(folder / "run.hotloop");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->meta("state"), "truncated");
  EXPECT_EQ(qualityCount(*run, "truncated_run"), 1);
  EXPECT_GE((*run)->steps.number.size(), 5u);
}

TEST(Signals, EverythingKilledLeavesAReadableFile) {
  const TemporaryFolder folder;
  const int recorder = spawn({recorderProgram(), folder / "run.hotloop", injectedLibrary(), "--",
                              targetProgram(), "slow", folder / "up", folder / "end", "4000"});
  const int target = std::stoi(waitForFile(folder / "up"));
  ::usleep(600'000);
  ::kill(recorder, SIGKILL);
  ::kill(target, SIGKILL);
  EXPECT_EQ(waitFor(recorder), 137);
  const auto run = loadRun(folder / "run.hotloop");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->meta("state"), "truncated");
  EXPECT_GE((*run)->steps.number.size(), 5u);
  EXPECT_FALSE(std::filesystem::exists(folder / "end"));
}

} // namespace
} // namespace hotloop

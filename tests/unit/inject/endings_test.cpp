#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/unit/inject/recorded_run.h"

namespace hotloop {
namespace {

using namespace hotloop::testing;
using ::testing::ElementsAre;

TEST(Endings, ReturnsTheExitCodeAndAllSteps) {
  const Recorded recorded = recordTarget({"steps", "20", "7"});
  EXPECT_EQ(recorded.outcome.exitStatus, 7);
  EXPECT_EQ(recorded.outcome.terminatingSignal, 0);
  EXPECT_EQ(recorded.outcome.processes, 1u);
  EXPECT_EQ(recorded.outcome.dropped, 0u);
  EXPECT_EQ(stepNumbers(recorded.run), numbersFrom(0, 20));
  EXPECT_EQ(recorded.run.meta("state"), "clean");
  EXPECT_EQ(recorded.run.meta("exit_status"), "7");
  EXPECT_EQ(recorded.run->processes.exitStatus[0], 7);
  EXPECT_EQ(recorded.run.text(recorded.run->processes.name[0]), "hotloop_test_target");
  EXPECT_TRUE(recorded.run->quality.name.empty());
}

TEST(Endings, StepsLieWithinTheRunAndInOrder) {
  const Recorded recorded = recordTarget({"steps", "50"});
  const StepColumns &steps = recorded.run->steps;
  ASSERT_EQ(steps.number.size(), 50u);
  const std::int64_t begin = std::stoll(std::string(recorded.run.meta("start_monotonic")));
  const std::int64_t end = std::stoll(std::string(recorded.run.meta("end_monotonic")));
  for (std::size_t i = 0; i < steps.number.size(); ++i) {
    EXPECT_GE(steps.duration[i].count, 0);
    EXPECT_GT(steps.start[i].count, begin);
    EXPECT_LT((steps.start[i] + steps.duration[i]).count, end);
    if (i > 0) {
      EXPECT_GE(steps.start[i], steps.start[i - 1] + steps.duration[i - 1]);
    }
  }
}

#ifdef HOTLOOP_HAVE_NVTX
TEST(Endings, RangesNestInTheirSteps) {
  const Recorded recorded = recordTarget({"steps", "10"});
  const RangeColumns &ranges = recorded.run->ranges;
  ASSERT_EQ(ranges.name.size(), 20u);
  for (std::size_t i = 0; i < 20; i += 2) {
    EXPECT_EQ(recorded.run.text(ranges.name[i]), "step " + std::to_string(i / 2));
    EXPECT_EQ(ranges.depth[i], 0);
    EXPECT_EQ(recorded.run.text(ranges.name[i + 1]), "work");
    EXPECT_EQ(ranges.depth[i + 1], 1);
    EXPECT_LE(ranges.start[i + 1] + ranges.duration[i + 1], ranges.start[i] + ranges.duration[i]);
  }
}
#endif

TEST(Endings, AProgramThatRecordsNothingStillRuns) {
  const Recorded recorded = recordTarget({"nothing"});
  EXPECT_EQ(recorded.outcome.exitStatus, 3);
  EXPECT_EQ(recorded.outcome.processes, 0u);
  EXPECT_EQ(recorded.outcome.events, 0u);
}

struct Ending {
  const char *mode;
  int exitStatus;
  int signal;
};
class AbruptEndings : public ::testing::TestWithParam<Ending> {};

TEST_P(AbruptEndings, KeepEveryPublishedStep) {
  const Recorded recorded = recordTarget({GetParam().mode});
  EXPECT_EQ(recorded.outcome.exitStatus, GetParam().exitStatus);
  EXPECT_EQ(recorded.outcome.terminatingSignal, GetParam().signal);
  EXPECT_EQ(recorded.run->processes.exitStatus[0], GetParam().exitStatus);
  EXPECT_EQ(stepNumbers(recorded.run), numbersFrom(0, 10));
  EXPECT_EQ(recorded.run.meta("state"), GetParam().signal == 0 ? "clean" : "truncated");
  EXPECT_EQ(qualityCount(recorded.run, "process_killed"), 1);
}
INSTANTIATE_TEST_SUITE_P(All, AbruptEndings,
                         ::testing::Values(Ending{"_exit", 4, 0}, Ending{"abort", 134, SIGABRT},
                                           Ending{"kill", 137, SIGKILL},
                                           Ending{"segv", 139, SIGSEGV}),
                         [](const auto &param) {
                           const std::string mode = param.param.mode;
                           return mode == "_exit" ? std::string("plain_exit") : mode;
                         });

TEST(Endings, ClosedDescriptorsDoNotMatter) {
  const Recorded recorded = recordTarget({"close-all"});
  EXPECT_EQ(recorded.outcome.exitStatus, 5);
  EXPECT_EQ(stepNumbers(recorded.run), numbersFrom(0, 10));
}

TEST(Endings, ClosedStandardOutputDoesNotMatter) {
  EXPECT_EQ(stepNumbers(recordTarget({"close-stdout"}).run), numbersFrom(0, 10));
}

TEST(Endings, ChangedFolderDoesNotMatter) {
  EXPECT_EQ(stepNumbers(recordTarget({"chdir"}).run), numbersFrom(0, 10));
}

std::string contents(const std::string &path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(Endings, OutputIsUnchangedToTheByte) {
  const TemporaryFolder folder;
  const std::string bytes = std::to_string(20 << 20);
  ASSERT_EQ(waitFor(spawn({targetProgram(), "output", bytes}, folder / "plain")), 0);
  ASSERT_EQ(waitFor(spawn({recorderProgram(), folder / "run.hotloop", injectedLibrary(), "--",
                           targetProgram(), "output", bytes},
                          folder / "recorded")),
            0);
  EXPECT_TRUE(contents(folder / "plain") == contents(folder / "recorded"));
  EXPECT_EQ(contents(folder / "plain").size(), 20u << 20);
}

TEST(Endings, ManyThreadsLoseNothingUncounted) {
  const Recorded recorded = recordTarget({"threads", "16", "20000"});
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
#ifdef HOTLOOP_HAVE_NVTX
  constexpr std::uint64_t kEvents = 16 * 20'000 * 3;
#else
  constexpr std::uint64_t kEvents = 16 * 20'000;
#endif
  // Dropped records may be definitions, whose events are counted as well.
  EXPECT_GE(recorded.outcome.events + recorded.outcome.dropped, kEvents);
  EXPECT_GT(recorded.outcome.events, 0u);
  EXPECT_EQ(qualityCount(recorded.run, "dropped_records"),
            static_cast<std::int64_t>(recorded.outcome.dropped));
  EXPECT_EQ(qualityCount(recorded.run, "lost_records"), 0);
}

TEST(Endings, MoreShortThreadsThanChunks) {
  const Recorded recorded = recordTarget({"short-threads", "1200", "2"});
  EXPECT_EQ(recorded.run->threads.id.size(), 1200u);
  EXPECT_EQ(recorded.run->steps.number.size(), 2400u);
  EXPECT_EQ(recorded.outcome.dropped, 0u);
}

TEST(Endings, ALostLiveFolderIsToldAndHarmsNothing) {
  const Recorded recorded = recordTarget({"remove-live-folder"});
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
  EXPECT_EQ(stepNumbers(recorded.run), numbersFrom(0, 10));
  EXPECT_EQ(qualityCount(recorded.run, "live_folder_lost"), 1);
}

TEST(Endings, OptionsReachTheProgram) {
  RecordOptions options;
  options.nvtx = false;
  const Recorded recorded = recordTarget({"steps", "10"}, options);
  EXPECT_EQ(stepNumbers(recorded.run), numbersFrom(0, 10));
  EXPECT_TRUE(recorded.run->ranges.name.empty());
}

} // namespace
} // namespace hotloop
